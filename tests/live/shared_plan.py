"""A plan whose connections have keys of their own, a cluster for it, and what is left there afterwards."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from engine.cluster.local import LocalCluster
from engine.replay import resp
from engine.replay.plan import READ, WRITE, PlanFacts, PlanFiles, PlanWriter
from engine.replay.team import Speaker
from engine.slots import key_slot

CLIENTS, UNITS = 7, 2000
COUNTS = ("sent", "ok", "errors", "dropped", "unanswered", "redirected", "bytes_in", "bytes_out")


def write_plan(folder: Path, *, over_ns: int = 300_000_000) -> PlanFiles:
    """Every connection appends its turn to keys of its own, reads them, and now and then asks for what cannot be."""
    files = PlanFiles(folder)
    writer = PlanWriter(files)
    for number in range(UNITS):
        client = number % CLIENTS
        key = b"key:%d:%d" % (client, number % 3)
        words, role = [b"APPEND", key, b"%d," % number], WRITE
        if number % 5 == 0:
            words, role = [b"GET", key], READ
        if number % 100 == 99:
            words, role = [b"LPUSH", key, b"x"], WRITE
        due = over_ns * number // UNITS
        writer.append(resp.command(words), due_ns=due, client=client, slot=key_slot(key), kind=0, role=role)
    writer.flush()
    files.write_facts(PlanFacts(UNITS, UNITS, CLIENTS, over_ns, ("ALL",), {}, None, None, None, 1.0, 0))
    return files


def told(cluster: LocalCluster, **more: Any) -> dict[str, Any]:
    """What a player is told, but for the folder."""
    ranges = [(shard.first, shard.last) for shard in cluster.shards]
    ports = [shard.primary.port for shard in cluster.shards]
    return {"ports": ports, "ranges": ranges, "password": cluster.password, **more}


def heard(player: Speaker) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The outcome, and the progress before it."""
    progress, deadline = [], time.monotonic() + 120
    while time.monotonic() < deadline:
        for said in player.hear(0.5):
            if "progress" in said:
                progress.append(said["progress"])
            if "outcome" in said:
                return dict(said["outcome"]), progress
    raise TimeoutError


def values(cluster: LocalCluster) -> dict[bytes, Any]:
    """What the keys hold; they are deleted."""
    found = {}
    for shard in cluster.shards:
        for key in list(shard.primary.client.scan_iter()):
            found[key] = shard.primary.client.get(key)
            shard.primary.client.delete(key)
    return found


def counts(outcome: dict[str, Any]) -> list[Any]:
    """What does not depend on how fast it went."""
    return [outcome[name] for name in COUNTS]
