"""Is an acknowledged write still there after its primary was killed? Tried again and again on one shard of three copies.

The real player writes in closed loop; a moment later the primary gets SIGKILL, the replica with most of the stream is
promoted, and every key whose write the player had counted as acknowledged is looked for. In durable mode none may be
missing. In cache mode what is missing is counted: only what lay in the killed process itself can be lost here, since
what it had handed to the kernel still arrives; a machine that dies loses more.
"""

from __future__ import annotations

import contextlib
import random
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from engine.cluster import durability
from engine.cluster.binaries import Engine
from engine.cluster.failover import fail_over, revive
from engine.cluster.local import ClusterSpec, LocalCluster, boot
from engine.errors import Interrupted
from engine.progress import Progress, Report, ShouldStop, ignore, never, stop_if_asked
from engine.replay import resp
from engine.replay.compiled.player import CompiledPlayer
from engine.replay.plan import WRITE, PlanFacts, PlanFiles, PlanWriter
from engine.replay.records import read_records
from engine.replay.task import Task
from engine.slots import SLOTS, key_slot

WRITES = 60_000  # more than are answered before the kill
CLIENTS = 32
DEPTH = 4
_VALUE = b"x" * 100
_KILL_AFTER_S = (0.0, 0.08)  # from the first answer on
_POLL_S = 0.001
_BATCH = 10_000


@dataclass(frozen=True, slots=True)
class Tally:
    """What became of the writes of all tries. `lossy_tries`: in how many of them an acknowledged write was missing.

    `found` counts all keys read back, acknowledged or not: a write may be kept whose answer never came."""

    engine: str
    mode: str
    tries: int
    acknowledged: int
    missing: int
    lossy_tries: int
    found: int


def drill(
    engine: Engine,
    mode: str,
    tries: int,
    *,
    seed: int = 1,
    report: Report = ignore,
    should_stop: ShouldStop = never,
) -> Tally:
    """Kill, promote, read back and mend `tries` times. Raises Interrupted when the shard cannot be mended."""
    replicas = durability.COPIES - 1
    durability.require_available(mode, replicas)
    chance = random.Random(seed)
    spec = ClusterSpec(engine, shards=1, replicas=replicas, durable=mode == durability.DURABLE)
    acknowledged = missing = lossy = found = 0
    with (
        tempfile.TemporaryDirectory(prefix="headroom-drill-") as folder,
        boot(spec, should_stop=should_stop) as cluster,
    ):
        keys = write_plan(PlanFiles(Path(folder)))
        for number in range(tries):
            stop_if_asked(should_stop)
            report(Progress("drill", number, tries, "tries", f"Killing primaries in {mode} mode"))
            answered = _write_until_killed(PlanFiles(Path(folder)), cluster, chance.uniform(*_KILL_AFTER_S))
            dead = fail_over(cluster)
            kept = _keys(cluster)
            lost = sum(keys[unit] not in kept for unit in answered)
            acknowledged, missing, found = acknowledged + len(answered), missing + lost, found + len(kept)
            lossy += bool(lost)
            if number + 1 < tries:
                cluster.shards[0].primary.ask("FLUSHALL")
                revive(cluster, dead, should_stop=should_stop)
    return Tally(engine.title, mode, tries, acknowledged, missing, lossy, found)


def write_plan(files: PlanFiles) -> list[bytes]:
    """A plan of one SET for each of many keys, all over the slots; answers the keys in the order of the units."""
    keys = [b"drill:%06d" % number for number in range(WRITES)]
    writer = PlanWriter(files)
    for number, key in enumerate(keys):
        payload = resp.command([b"SET", key, _VALUE])
        writer.append(payload, due_ns=0, client=number % CLIENTS, slot=key_slot(key), kind=0, role=WRITE)
    writer.flush()
    files.write_facts(PlanFacts(WRITES, WRITES, CLIENTS, 0, ("SET",), {}, None, None, None, 1.0, 0))
    return keys


def _write_until_killed(files: PlanFiles, cluster: LocalCluster, after_s: float) -> list[int]:
    """Play, kill the primary a moment after the first answers; answers the units that were acknowledged."""
    primary = cluster.shards[0].primary
    copies = durability.WAIT_REPLICAS if cluster.spec.durable else 0
    task = Task(str(files.folder), (primary.port,), ((0, SLOTS - 1),), cluster.password, depth=DEPTH, copies=copies)
    player = CompiledPlayer(task)
    playing = threading.Thread(target=_play, args=(player,), daemon=True)
    playing.start()
    while playing.is_alive() and not player.state["answered"]:
        time.sleep(_POLL_S)
    time.sleep(after_s)
    primary.process.kill()
    primary.process.wait()
    playing.join()
    player.close()
    answered = np.flatnonzero(read_records(files, closed=True).done_ns > 0)
    if not len(answered):
        raise Interrupted("Nothing was answered before the primary was killed.")
    return [int(unit) for unit in answered]


def _play(player: CompiledPlayer) -> None:
    with contextlib.suppress(Interrupted):  # the primary is killed while it answers
        player.play()


def _keys(cluster: LocalCluster) -> set[bytes]:
    return {key for batch in cluster.shards[0].primary.key_batches(_BATCH) for key in batch}
