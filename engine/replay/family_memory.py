"""How the memory of the keys divides among key families: MEMORY USAGE of sampled keys, scaled to all keys."""

from __future__ import annotations

from collections import Counter, defaultdict

from engine.cluster.local import LocalCluster
from engine.cluster.node import Node
from engine.measurement import FamilyMemory
from engine.traces.families import family

SAMPLED_PER_SHARD = 4_000
_SCAN = 1_000
_WHOLE = b"0"  # MEMORY USAGE … SAMPLES 0 looks at every element instead of five


def by_family(cluster: LocalCluster) -> tuple[FamilyMemory, ...]:
    """Families by bytes, largest first. Every key is counted; at most 4,000 keys a shard are weighed, spread evenly."""
    keys: Counter[str] = Counter()
    weighed: Counter[str] = Counter()
    weight: defaultdict[str, int] = defaultdict(int)
    for shard in cluster.shards:
        _weigh(shard.primary, keys, weighed, weight)
    found = [
        FamilyMemory(pattern, count, round(weight[pattern] / weighed[pattern] * count), weighed[pattern])
        for pattern, count in keys.items()
        if weighed[pattern]
    ]
    return tuple(sorted(found, key=lambda each: (-each.bytes, each.pattern)))


def _weigh(node: Node, keys: Counter[str], weighed: Counter[str], weight: defaultdict[str, int]) -> None:
    every = max(int(node.client.dbsize()) // SAMPLED_PER_SHARD, 1)
    seen = 0
    for batch in node.key_batches(_SCAN):
        chosen = []
        for key in batch:
            pattern = family(key)
            keys[pattern] += 1
            # The first of a family is always weighed: a lone large key must not be missed.
            if seen % every == 0 or not weighed[pattern]:
                weighed[pattern] += 1
                chosen.append((pattern, key))
            seen += 1
        _ask(node, chosen, weighed, weight)


def _ask(node: Node, chosen: list[tuple[str, bytes]], weighed: Counter[str], weight: defaultdict[str, int]) -> None:
    sizes = node.ask_all(("MEMORY USAGE", key, b"SAMPLES", _WHOLE) for _, key in chosen)
    for (pattern, _), size in zip(chosen, sizes, strict=True):
        if not isinstance(size, int):  # expired since the scan
            weighed[pattern] -= 1
        else:
            weight[pattern] += int(size)
