"""Removes own keys from somebody else's cluster: found by the prefix, unlinked one by one, never by a flush."""

from __future__ import annotations

import time

import hiredis

from engine.cluster.external.cluster import ExternalCluster
from engine.progress import Progress, Report, ShouldStop, ignore, never, stop_if_asked
from engine.recording.connection import Refused
from engine.replay.external.keys import Prefix

_SCAN = 500
_LEAST_BATCH = 10


def count_own(cluster: ExternalCluster, prefix: Prefix, *, per_s: float, should_stop: ShouldStop = never) -> int:
    """Keys under the prefix that are there now."""
    found = 0
    for shard in cluster.shards:
        for keys in shard.primary.scan(prefix.text, _SCAN, per_s=per_s):
            stop_if_asked(should_stop)
            found += len(keys)
    return found


def remove_own(cluster: ExternalCluster, prefix: Prefix, *, per_s: float, report: Report = ignore) -> int:
    """Unlink every key under the prefix, no faster than the limit; answers how many were removed.

    Raises Refused when the server allows neither SCAN nor UNLINK. A stop that was asked for does not end it: what was
    written is removed first.
    """
    removed = 0
    for shard in cluster.shards:
        for keys in shard.primary.scan(prefix.text, _batch(per_s), per_s=per_s):
            report(
                Progress("clean up", removed, unit="keys", message=f"Removing the keys under {prefix.text.decode()}")
            )
            started = time.monotonic()
            own = [key for key in keys if prefix.owns(key)]
            replies = shard.primary.ask_all([(b"UNLINK", key) for key in own])
            removed += sum(int(reply) for reply in replies if isinstance(reply, int))
            _raise_refusal(replies)
            time.sleep(max(len(own) / per_s - (time.monotonic() - started), 0.0))
    return removed


def _batch(per_s: float) -> int:
    return max(min(_SCAN, int(per_s / 10)), _LEAST_BATCH)


def _raise_refusal(replies: list[object]) -> None:
    refusal = next((reply for reply in replies if isinstance(reply, hiredis.ReplyError)), None)
    if refusal is not None:
        raise Refused(str(refusal))
