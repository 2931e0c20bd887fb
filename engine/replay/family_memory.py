"""How the memory of the keys divides among key families, types and encodings: sampled keys are weighed (MEMORY USAGE) and
asked for their type and encoding, and the answers scaled to all keys of their family."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from math import sqrt

from engine.cluster.binaries import Engine
from engine.cluster.local import LocalCluster
from engine.cluster.node import Node
from engine.measurement import EncodingMemory, FamilyMemory
from engine.memory.allocators import JEMALLOC_8
from engine.memory.correction import Corrected, of_key
from engine.memory.layout import layout_of
from engine.traces.families import family

SAMPLED_PER_SHARD = 4_000
_SCAN = 1_000
_WHOLE = b"0"  # MEMORY USAGE … SAMPLES 0 looks at every element instead of five


@dataclass(frozen=True, slots=True)
class Weighed:
    """What weighing found. `deviation_bytes`: standard deviation of single keys' bytes over the keyspace (None below two).
    `corrected`: all keys as measured, and as a production build's allocator would count them."""

    families: tuple[FamilyMemory, ...]
    encodings: tuple[EncodingMemory, ...]
    deviation_bytes: float | None
    corrected: Corrected = field(default_factory=Corrected)


@dataclass(slots=True)
class _Scale:
    """Running sums. `kinds` divides a family's weighed keys into (type, encoding): how many, how heavy."""

    keys: Counter[str] = field(default_factory=Counter)
    weighed: Counter[str] = field(default_factory=Counter)
    bytes: Counter[str] = field(default_factory=Counter)
    squares: Counter[str] = field(default_factory=Counter)
    kinds: defaultdict[tuple[str, str, str], list[int]] = field(default_factory=lambda: defaultdict(lambda: [0, 0]))
    corrected: defaultdict[str, Corrected] = field(default_factory=lambda: defaultdict(Corrected))

    def factor(self, pattern: str) -> float:
        """Keys of a family for each one weighed."""
        return self.keys[pattern] / self.weighed[pattern]

    def known(self) -> Iterator[str]:
        """Families of which a key was weighed."""
        return (pattern for pattern in self.keys if self.weighed[pattern])


def weigh(cluster: LocalCluster, target: str = JEMALLOC_8) -> Weighed:
    """Families and encodings by bytes, largest first. Every key is counted; at most 4,000 keys a shard are weighed, spread
    evenly. `target`: the allocator to work the bytes out for."""
    scale = _Scale()
    for shard in cluster.shards:
        _weigh(shard.primary, scale, _Allocation(cluster.spec.engine, target))
    corrected = Corrected()
    for pattern in scale.known():
        corrected = corrected.plus(scale.corrected[pattern], scale.factor(pattern))
    return Weighed(_families(scale), _encodings(scale), _deviation(scale), corrected)


@dataclass(frozen=True, slots=True)
class _Allocation:
    """Which engine's keys are weighed, and for which other allocator they are worked out."""

    engine: Engine
    target: str

    def of(self, key: bytes, encoding: bytes, size: int) -> Corrected:
        layout = layout_of(self.engine.name, self.engine.version)
        return of_key(encoding.decode(), size, len(key), layout, self.engine.allocator, self.target)


def _weigh(node: Node, scale: _Scale, allocation: _Allocation) -> None:
    every = max(int(node.client.dbsize()) // SAMPLED_PER_SHARD, 1)
    seen = 0
    for batch in node.key_batches(_SCAN):
        chosen = []
        for key in batch:
            pattern = family(key)
            scale.keys[pattern] += 1
            # The first of a family is always weighed: a lone large key must not be missed.
            if seen % every == 0 or not scale.weighed[pattern]:
                scale.weighed[pattern] += 1
                chosen.append((pattern, key))
            seen += 1
        _ask(node, chosen, scale, allocation)


def _ask(node: Node, chosen: list[tuple[str, bytes]], scale: _Scale, allocation: _Allocation) -> None:
    questions = []
    for _, key in chosen:
        questions += [("MEMORY USAGE", key, b"SAMPLES", _WHOLE), ("TYPE", key), ("OBJECT ENCODING", key)]
    answers = node.ask_all(questions)
    for number, (pattern, key) in enumerate(chosen):
        size, kind, encoding = answers[3 * number : 3 * number + 3]
        if not isinstance(size, int) or not isinstance(encoding, bytes):  # expired since the scan
            scale.weighed[pattern] -= 1
            continue
        scale.bytes[pattern] += size
        scale.squares[pattern] += size * size
        scale.corrected[pattern] = scale.corrected[pattern].plus(allocation.of(key, encoding, size))
        found = scale.kinds[pattern, kind.decode(), encoding.decode()]
        found[0] += 1
        found[1] += size


def _families(scale: _Scale) -> tuple[FamilyMemory, ...]:
    found = [
        FamilyMemory(
            pattern, scale.keys[pattern], round(scale.bytes[pattern] * scale.factor(pattern)), scale.weighed[pattern]
        )
        for pattern in scale.known()
    ]
    return tuple(sorted(found, key=lambda each: (-each.bytes, each.pattern)))


def _encodings(scale: _Scale) -> tuple[EncodingMemory, ...]:
    totals: defaultdict[tuple[str, str], list[float]] = defaultdict(lambda: [0.0, 0.0, 0])
    for (pattern, kind, encoding), (many, heavy) in scale.kinds.items():
        total = totals[kind, encoding]
        total[0] += many * scale.factor(pattern)
        total[1] += heavy * scale.factor(pattern)
        total[2] += many
    found = [
        EncodingMemory(kind, encoding, round(keys), round(heavy), int(sampled))
        for (kind, encoding), (keys, heavy, sampled) in totals.items()
    ]
    return tuple(sorted(found, key=lambda each: (-each.bytes, each.type, each.encoding)))


def _deviation(scale: _Scale) -> float | None:
    """From the sums of squares, each family scaled to all its keys."""
    keys = sum(scale.keys[pattern] for pattern in scale.known())
    if keys < 2:
        return None
    mean = sum(scale.bytes[pattern] * scale.factor(pattern) for pattern in scale.known()) / keys
    square = sum(scale.squares[pattern] * scale.factor(pattern) for pattern in scale.known()) / keys
    return sqrt(max(square - mean * mean, 0.0))
