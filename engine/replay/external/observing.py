"""What the servers of somebody else's cluster say of themselves before and after a replay; None where they do not."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import hiredis

from engine.cluster.external.cluster import ExternalCluster
from engine.cluster.external.node import ExternalNode
from engine.measurement import EngineIdentity, FamilyMemory
from engine.recording.connection import Lost
from engine.replay.external.keys import Prefix
from engine.traces.families import family

_SCAN = 500
_ELEMENTS = b"50"  # of each collection, where a cluster of our own looks at all: a large one would keep others waiting
_WEIGHED = 2_000  # keys a shard, at most: on somebody else's cluster MEMORY USAGE is asked sparingly


@dataclass(frozen=True, slots=True)
class State:
    """Running totals and levels of one node. `calls`: calls and execution µs by command."""

    used_bytes: int | None
    free_bytes: int | None
    keys: int | None
    offset: int | None
    main_thread_us: float | None
    calls: Mapping[str, tuple[int, int]] | None


UNKNOWN = State(None, None, None, None, None, None)


def observe(node: ExternalNode) -> State:
    """The node now; nothing is known of one that is gone. `free_bytes` is what is left under its `maxmemory`, None where it
    has none."""
    try:
        return _observed(node)
    except Lost:
        return UNKNOWN


def _observed(node: ExternalNode) -> State:
    memory, cpu = node.info("memory"), node.info("cpu")
    used, limit = _int(memory.get("used_memory")), _int(memory.get("maxmemory"))
    spent = [_float(cpu.get(f"used_cpu_{kind}_main_thread")) for kind in ("user", "sys")]
    return State(
        used_bytes=used,
        free_bytes=limit - used if used is not None and limit else None,
        keys=node.keys(),
        offset=_int(node.info("replication").get("master_repl_offset")),
        main_thread_us=None if None in spent else sum(each or 0.0 for each in spent) * 1e6,
        calls=_calls(node.info("commandstats")),
    )


def identity(node: ExternalNode) -> EngineIdentity | None:
    """Which server it is, None when it does not say."""
    server, memory = node.info("server"), node.info("memory")
    name = "valkey" if "valkey_version" in server else "redis"
    version = server.get(f"{name}_version")
    return None if version is None else EngineIdentity(name, str(version), str(memory.get("mem_allocator", "unknown")))


def total(values: Sequence[int | None]) -> int | None:
    """The sum, None when one is not known."""
    known = [value for value in values if value is not None]
    return sum(known) if len(known) == len(values) else None


def execution_us(before: Sequence[State], after: Sequence[State]) -> Mapping[str, float] | None:
    """Mean execution time by command between two looks at the same nodes."""
    calls: Counter[str] = Counter()
    spent: Counter[str] = Counter()
    for first, last in zip(before, after, strict=True):
        if first.calls is None or last.calls is None:
            return None
        for cmd, (count, usec) in last.calls.items():
            earlier = first.calls.get(cmd, (0, 0))
            calls[cmd] += count - earlier[0]
            spent[cmd] += usec - earlier[1]
    return {cmd: spent[cmd] / count for cmd, count in calls.most_common() if count > 0}


def families(
    cluster: ExternalCluster, prefix: Prefix, per_s: float
) -> tuple[int, int, tuple[FamilyMemory, ...] | None]:
    """Own keys, the bytes the prefix adds to their names, and their memory by family (None where MEMORY USAGE is refused).

    Every own key is counted, at most 2,000 a shard are weighed: the first ones that SCAN shows, an order by hash.
    """
    keys: Counter[str] = Counter()
    weighed: Counter[str] = Counter()
    weight: Counter[str] = Counter()
    added, permitted = 0, True
    for shard in cluster.shards:
        left = _WEIGHED
        for own in shard.primary.scan(prefix.text, _batch(per_s), per_s=per_s):
            originals = [prefix.original(key) for key in own]
            names = [family(key) for key in originals]
            added += sum(map(len, own)) - sum(map(len, originals))
            keys.update(names)
            chosen = own[:left] if permitted else []
            left -= len(chosen)
            replies = shard.primary.ask_all([(b"MEMORY", b"USAGE", key, b"SAMPLES", _ELEMENTS) for key in chosen])
            time.sleep(len(chosen) / per_s)
            permitted = permitted and not any(isinstance(reply, hiredis.ReplyError) for reply in replies)
            for name, size in zip(names, replies, strict=False):
                if isinstance(size, int):
                    weighed[name] += 1
                    weight[name] += size
    found = [
        FamilyMemory(name, count, round(weight[name] / weighed[name] * count), weighed[name])
        for name, count in keys.items()
        if weighed[name]
    ]
    ordered = tuple(sorted(found, key=lambda each: (-each.bytes, each.pattern)))
    return keys.total(), added, ordered if permitted else None


def _batch(per_s: float) -> int:
    return max(min(_SCAN, int(per_s / 10)), 10)


def _calls(stats: Mapping[str, Any]) -> Mapping[str, tuple[int, int]] | None:
    found = {
        name.removeprefix("cmdstat_").replace("|", " ").upper(): (int(each["calls"]), int(each["usec"]))
        for name, each in stats.items()
        if isinstance(each, Mapping) and {"calls", "usec"} <= each.keys()
    }
    return found or None


def _int(value: Any) -> int | None:
    return int(value) if isinstance(value, str) and value.isdigit() else None


def _float(value: Any) -> float | None:
    try:
        return float(value)
    except (TypeError, ValueError):
        return None
