"""After the last operation: let expiry finish before anything is read, and choose *when* to read.

Keys that expire after the end go on adding deletes to the replication stream. So that the same recording gives the same
bytes again, the offsets are read at a moment near which no key of the recording is due to expire; what was due before is
touched first, so that nothing depends on how far the engine's own expiry cycle happened to get.
"""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np

from engine.cluster.local import LocalCluster
from engine.cluster.node import Node
from engine.progress import Progress, Report, ShouldStop, stop_if_asked

LONGEST_NS = 5_000_000_000
_STEP_NS = 10_000_000
_LONELY_NS = 500_000_000  # a moment this far from every expiry is good enough
_REST_NS = 300_000_000  # at least this long after the end, for replies, replicas and incremental rehashing
_SCAN = 2_000


def quiet_moment(deadlines_ns: np.ndarray[tuple[int], np.dtype[np.int64]], end_ns: int) -> int:
    """When to read the offsets (ns since the start of the replay): the first moment from `end_ns` + 0.3 s to + 5 s with no
    deadline within half a second, else the one farthest from any."""
    moments = np.arange(end_ns + _REST_NS, end_ns + LONGEST_NS, _STEP_NS, dtype=np.int64)
    if not len(deadlines_ns):
        return int(moments[0])
    right = np.searchsorted(deadlines_ns, moments)
    padded = np.concatenate(([-(1 << 62)], deadlines_ns, [1 << 62]))
    distance = np.minimum(moments - padded[right], padded[right + 1] - moments)
    lonely = np.flatnonzero(distance >= _LONELY_NS)
    return int(moments[lonely[0] if len(lonely) else distance.argmax()])


def settle(
    cluster: LocalCluster,
    deadlines: Path,
    *,
    started_clock_ns: int,
    end_ns: int,
    report: Report,
    should_stop: ShouldStop,
) -> None:
    """Wait for the quiet moment, then have every key that is past its time removed."""
    moment = quiet_moment(np.load(deadlines), end_ns)
    while (left := started_clock_ns + moment - time.perf_counter_ns()) > 0:
        stop_if_asked(should_stop)
        cluster.require_primaries()
        report(Progress("settle", message="Letting expiry and rehashing finish"))
        time.sleep(min(left / 1e9, 0.2))
    for shard in cluster.shards:
        expire_what_is_due(shard.primary)


def expire_what_is_due(node: Node) -> None:
    """Look at every key once: the engine deletes, and replicates as deleted, what it finds past its time."""
    if not node.info("keyspace").get("db0", {}).get("expires", 0):
        return
    for keys in node.key_batches(_SCAN):
        node.ask_all(("PTTL", key) for key in keys)
