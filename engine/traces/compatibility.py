"""What in a recorded workload a managed cluster refuses or does differently, held against `compatibility_rules`.

Feed batches and their keys in order; `findings` lists each rule that something breaks, for each target, worst first.
Examples are operations as they are stored, so redacted when the recording is: a command and its keys, never a value.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from engine import commands
from engine.traces.annotating.annotation import SCRIPT_COMMANDS
from engine.traces.compatibility_rules import SEVERITIES, Finding, Rule, rules, rules_by_name, words_of
from engine.traces.compatibility_scripts import Scripts
from engine.traces.families import printable
from engine.traces.model import Flag
from engine.traces.profiling.key_tally import SlotTally
from engine.traces.profiling.model import HotKey
from engine.traces.profiling.scanning import Batch, Mask
from engine.traces.profiling.touches import Touches

HOT_SHARE = 0.10  # of keyed operations on one key or in one slot
HOT_OPERATIONS = 1000  # fewer say nothing
HOT_RATE_SHARE = 0.5  # of what a shard is published to do
LARGE_VALUE = 1 << 20
EXAMPLE = 80  # characters
_EXAMPLE_KEYS = 4
# Operations a second one shard is published to do, per slot (FACTS: the paper's table, and the Serverless quota).
_SHARD_RATES = {
    "memorydb": (200_000, "MemoryDB, SIGMOD 2024 (doi 10.1145/3626246.3653380): reads of nodes below 2xlarge"),
    "elasticache": (200_000, "MemoryDB, SIGMOD 2024 (doi 10.1145/3626246.3653380): Redis on nodes below 2xlarge"),
    "serverless": (
        30_000,
        "ElastiCache Serverless quota: 30,000 ECPU a second and slot, 90,000 with reads of replicas",
    ),
}


@dataclass(slots=True)
class _Broken:
    count: int = 0
    example: str = ""


class Compatibility:
    """Collects findings; memory does not grow with the recording."""

    def __init__(self) -> None:
        self._broken: dict[str, _Broken] = {}
        self._by_name: dict[str, _Broken] = {}
        self._transactions: dict[int, int | None] = {}  # connection -> its slot, None once it has crossed
        self._scripts = Scripts()

    def see(self, batch: Batch, found: Touches) -> None:
        """Judge a batch; `found` are its keys."""
        names, counts = np.unique(batch.cmd, return_counts=True)
        for number, count in zip(names.tolist(), counts.tolist(), strict=True):
            self._see_name(batch, number, count)
        self._see_rows("blocking", batch, batch.flagged(Flag.BLOCKING))
        self._see_rows("database", batch, batch.has_key & (batch.db > 0))
        self._see_rows("large-value", batch, batch.value_len >= LARGE_VALUE)
        self._see_slots(batch, found)
        self._see_transactions(batch, found)
        for rule, row in self._scripts.see(batch, found):
            self._add(rule, 1, batch, row)

    def findings(self, slots: SlotTally, hottest: Sequence[HotKey]) -> tuple[Finding, ...]:
        """All findings, worst first, then the most frequent."""
        found = [
            rule.finding(broken.count, broken.example, **words_of(name))
            for name, broken in self._by_name.items()
            for rule in rules_by_name(name)
        ]
        for ident, (count, example) in self._scripts.unknown().items():
            self._broken[ident] = _Broken(count, example)
        for ident, broken in self._broken.items():
            found += [rule.finding(broken.count, broken.example, limit="1 MiB") for rule in rules(ident)]
        found += [*_hot_share(slots, hottest), *_hot_rate(slots)]
        found.sort(key=lambda one: (SEVERITIES.index(one.severity), -one.count, one.rule))
        return tuple(found)

    def _see_name(self, batch: Batch, number: int, count: int) -> None:
        name = batch.names.names[number]
        if not rules_by_name(name):
            return
        broken = self._by_name.setdefault(name, _Broken())
        broken.count += count
        broken.example = broken.example or example_of(batch, int(np.argmax(batch.cmd == number)))

    def _see_rows(self, rule: str, batch: Batch, mask: Mask) -> None:
        if count := int(mask.sum()):
            self._add(rule, count, batch, int(np.argmax(mask)))

    def _see_slots(self, batch: Batch, found: Touches) -> None:
        """A command counts once, whatever the number of its slots."""
        slots = found.keys.slots[found.codes]
        starts = np.flatnonzero(found.first)
        if len(starts) == len(slots):
            return
        crossing = np.maximum.reduceat(slots, starts) != np.minimum.reduceat(slots, starts)
        mask = np.zeros(len(batch), bool)
        mask[found.rows[starts[crossing]]] = True
        script = np.array([name in SCRIPT_COMMANDS for name in batch.names.names])[batch.cmd]
        self._see_rows("cross-slot-script", batch, mask & script)
        self._see_rows("cross-slot", batch, mask & ~script)

    def _see_transactions(self, batch: Batch, found: Touches) -> None:
        """A transaction counts once, at the first key that leaves its slot."""
        inside = batch.flagged(Flag.TRANSACTION) & ~batch.flagged(Flag.LUA)
        if not inside.any():
            return
        slots = np.full(len(batch), -1, np.int64)
        slots[found.rows[::-1]] = found.keys.slots[found.codes[::-1]]  # the first key's slot is written last
        border = np.array([name in ("MULTI", "EXEC", "DISCARD") for name in batch.names.names])[batch.cmd]
        rows = np.flatnonzero(inside & (border | (slots >= 0)))
        columns = (rows, batch.conn[rows], slots[rows], border[rows])
        for row, conn, slot, ends in zip(*(column.tolist() for column in columns), strict=True):
            if ends:
                self._transactions.pop(conn, None)
            elif self._transactions.setdefault(conn, slot) not in (None, slot):
                self._transactions[conn] = None
                self._add("cross-slot-transaction", 1, batch, row)

    def _add(self, rule: str, count: int, batch: Batch, row: int) -> None:
        broken = self._broken.setdefault(rule, _Broken())
        broken.count += count
        broken.example = broken.example or example_of(batch, row)


def example_of(batch: Batch, row: int) -> str:
    """The command and its first keys, printable and cut."""
    name = batch.names.names[int(batch.cmd[row])]
    (words,) = batch.words(np.array([row]))
    first = batch.key[row].as_py()
    keys = list(commands.key_values(name, words))[:_EXAMPLE_KEYS] or ([first] if first is not None else [])
    text = " ".join([name, *(printable(key[:EXAMPLE]) for key in keys)])
    return text if len(text) <= EXAMPLE else text[: EXAMPLE - 1] + "…"


def _hot_share(slots: SlotTally, hottest: Sequence[HotKey]) -> list[Finding]:
    """The hottest key when it alone passes the threshold, else the hottest slot."""
    total = int(slots.counts.sum())
    if total < HOT_OPERATIONS:
        return []
    limit = f"{HOT_SHARE:.0%}"
    if hottest and hottest[0].share >= HOT_SHARE:
        key = hottest[0]
        return [_hot(rule, key.operations, key.key, key.share, limit) for rule in rules("hot-key-share")]
    (slot,) = slots.hottest(1)
    if slot.share < HOT_SHARE:
        return []
    return [_hot(rule, slot.operations, f"slot {slot.slot}", slot.share, limit) for rule in rules("hot-slot-share")]


def _hot(rule: Rule, count: int, example: str, share: float, limit: str) -> Finding:
    return rule.finding(count, example, share=f"{share:.0%}", limit=limit)


def _hot_rate(slots: SlotTally) -> list[Finding]:
    slot, rate = slots.busiest()
    found = []
    for rule in rules("hot-slot-rate"):
        limit, source = _SHARD_RATES[rule.target]
        if rate >= HOT_RATE_SHARE * limit:
            figures = {"rate": f"{rate:,}", "limit": f"{limit:,}", "limit_source": source}
            found.append(rule.finding(rate, f"slot {slot}", **figures))
    return found
