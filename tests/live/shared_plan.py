"""Plans of given commands, what a player is told and says of them, and what they leave in a cluster."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from engine.cluster.local import LocalCluster
from engine.replay import resp
from engine.replay.plan import READ, WRITE, PlanFacts, PlanFiles, PlanWriter
from engine.replay.team import Speaker
from engine.slots import key_slot

CLIENTS, UNITS = 7, 2000
COUNTS = ("sent", "ok", "errors", "dropped", "unanswered", "redirected", "bytes_in", "bytes_out")


def plan_of(folder: Path, commands: Sequence[Sequence[bytes]], *, clients: int, over_ns: int = 0) -> PlanFiles:
    """The commands, each of one key, evenly over that time; clients take turns."""
    files, units = PlanFiles(folder), len(commands)
    writer = PlanWriter(files)
    for number, words in enumerate(commands):
        role, slot, due_ns = READ if words[0] == b"GET" else WRITE, key_slot(words[1]), over_ns * number // units
        writer.append(resp.command(words), due_ns=due_ns, client=number % clients, slot=slot, kind=0, role=role)
    writer.flush()
    files.write_facts(PlanFacts(units, units, clients, over_ns, ("ALL",), {}, None, None, None, 1.0, 0))
    return files


def turns(keys: Sequence[bytes]) -> list[list[bytes]]:
    """Every turn is appended to its key; now and then the key is read, or asked for what cannot be."""
    commands = [[b"APPEND", key, b"%d," % number] for number, key in enumerate(keys)]
    commands[::5] = [[b"GET", key] for key in keys[::5]]
    commands[99::100] = [[b"LPUSH", key, b"x"] for key in keys[99::100]]
    return commands


def write_plan(folder: Path, *, over_ns: int = 300_000_000) -> PlanFiles:
    """Turns of connections that have keys of their own."""
    keys = [b"key:%d:%d" % (number % CLIENTS, number % 3) for number in range(UNITS)]
    return plan_of(folder, turns(keys), clients=CLIENTS, over_ns=over_ns)


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
