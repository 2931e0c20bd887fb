"""The load a trace would put on Amazon DynamoDB, by its published unit rules, if every operation reached it.

One streaming pass. Memory grows with distinct keys and their named parts, not with operations. A collection is known
only as far as the recording shows it, so its units are a lower bound.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from engine.progress import Progress, Report, ShouldStop, ignore, never, stop_if_asked
from engine.traces.entry import Entry, Items
from engine.traces.keyspace import Effect, Key, Keyspace
from engine.traces.model import Flag, Operation
from engine.traces.sizes import FamilyMeans
from engine.traces.store import iter_operations, read_header

WRITE_UNIT_BYTES = 1024
READ_UNIT_BYTES = 4096
TRANSACTION_FACTOR = 2
KB = 1024
_REPORT_EVERY = 20_000


@dataclass(frozen=True, slots=True)
class CommandMoved:
    """What the calls of one command moved: payload of keys and arguments, and of the values they read where those are known.
    `started_kb`: Σ max(1, bytes / 1,024) over the calls, the units a serverless cache counts for simple commands."""

    command: str
    calls: int
    bytes: int
    started_kb: float


@dataclass(frozen=True, slots=True)
class ItemStatistics:
    """A trace counted in DynamoDB's units (its documentation: read and write capacity, transactions, time to live).

    `writes`, `reads`: commands that wrote or read at least one key. `write_units`, `read_units`: request units of the
    whole trace; read units are for strongly consistent reads (half of them when eventual). `items`: items at the end of
    the trace, keys that were only read included. `item_bytes`: their mean, keys included. `duration_us`: of the trace.

    `moved`: what each command moved; commands that a script ran are the script's.

    Rules:
    - A string and a hash are one item of key + payload (a hash: field names and values). Each element of a list, set,
      sorted set or stream is an item of key + element (+ 8 bytes of score).
    - A write costs ⌈item / 1 KiB⌉ for each item touched, at least 1, of the larger of the item before and after. A
      change of a part or of the time to live is a write of the item; on a collection, of one item. A conditional write
      that fails costs what the item that is there costs. Deleting a collection deletes each known element. A hash of
      more than 400 KiB, the most an item holds, would be split: a change of a part costs at most 400 units.
    - A read costs ⌈item / 4 KiB⌉ for each item; a range read is one query whose elements are summed and rounded up
      once, over all known elements where the command does not bound it. A missing or unknown item costs 1.
    - GETEX with an option and GETDEL write and return the item in one request: no read units.
    - A script costs what the commands it ran cost. MULTI, EXEC and commands without keys cost nothing; what stands
      between them costs twice its units, reads and writes alike.
    - Expiry costs nothing, and an expired item is gone. So does the population the trace starts from: it is there.
    """

    writes: int
    reads: int
    write_units: int
    read_units: int
    items: int
    item_bytes: int
    duration_us: int
    moved: tuple[CommandMoved, ...] = ()


def item_load(path: Path, *, report: Report = ignore, should_stop: ShouldStop = never) -> ItemStatistics:
    """Count the stored trace at `path`. Raises InputError when it is no trace, Cancelled when asked to stop."""
    header = read_header(path)
    counter = _Counter()
    for done, operation in enumerate(iter_operations(path)):
        if done % _REPORT_EVERY == 0:
            stop_if_asked(should_stop)
            report(Progress("items", done, header.operations, "operations"))
        if done < header.population:
            counter.keyspace.apply(operation)
        else:
            counter.count(operation)
    report(Progress("items", header.operations, header.operations, "operations"))
    return counter.statistics(header.duration_us)


def count_items(operations: Iterable[Operation], duration_us: int) -> ItemStatistics:
    """The same over operations in memory."""
    counter = _Counter()
    for operation in operations:
        counter.count(operation)
    return counter.statistics(duration_us)


class _Counter:
    def __init__(self) -> None:
        self.keyspace = Keyspace()
        self.writes = self.reads = self.write_units = self.read_units = 0
        self.moved: dict[str, list[float]] = defaultdict(lambda: [0, 0, 0.0])  # calls, bytes, started KB

    def count(self, operation: Operation) -> None:
        effects = self.keyspace.apply(operation)
        factor = TRANSACTION_FACTOR if operation.flags & Flag.TRANSACTION else 1
        for effect in effects:
            self.write_units += factor * units(effect.touch.written, WRITE_UNIT_BYTES)
            self.read_units += factor * units(effect.touch.read, READ_UNIT_BYTES)
        if not operation.flags & Flag.LUA:
            self._count_moved(operation, effects)
        self.writes += any(effect.touch.written for effect in effects)
        self.reads += any(effect.touch.read for effect in effects)

    def _count_moved(self, operation: Operation, effects: Sequence[Effect]) -> None:
        moved = _request_bytes(operation)
        if operation.reply_len is not None:
            moved += operation.reply_len
        else:
            moved += sum(_reply_bytes(effect) for effect in effects)
        tally = self.moved[operation.cmd]
        tally[0] += 1
        tally[1] += moved
        tally[2] += max(1.0, moved / KB)

    def statistics(self, duration_us: int) -> ItemStatistics:
        count, size = _stored(self.keyspace, duration_us)
        return ItemStatistics(
            writes=self.writes,
            reads=self.reads,
            write_units=self.write_units,
            read_units=self.read_units,
            items=count,
            item_bytes=round(size / count) if count else 0,
            duration_us=duration_us,
            moved=tuple(
                CommandMoved(name, int(calls), int(size), kb) for name, (calls, size, kb) in sorted(self.moved.items())
            ),
        )


def _request_bytes(operation: Operation) -> int:
    if operation.args is not None:
        return sum(map(len, operation.args))
    return (operation.key_len or 0) + (operation.value_len or 0)


def _reply_bytes(effect: Effect) -> int:
    """Values without the key that each item repeats."""
    own = len(effect.key[1])
    return sum(max(0, size - own) * times for size, times in effect.touch.read) if effect.touch.wanted else 0


def units(items: Items, unit_bytes: int) -> int:
    """Σ max(1, ⌈bytes / unit⌉) over the items."""
    return sum(max(1, -(-size // unit_bytes)) * times for size, times in items)


def _stored(keyspace: Keyspace, now_us: int) -> tuple[int, int]:
    """Items and their bytes when the trace ends; unknown sizes are the mean of their family."""
    alive = [(key, entry) for key, entry in keyspace.entries.items() if not _is_gone(entry, now_us)]
    means = FamilyMeans((key[1], entry.size) for key, entry in alive if entry.known and not entry.many)
    count = size = 0
    for key, entry in alive:
        items = max(1, entry.count)
        count += items
        size += items * len(key[1]) + _payload(key, entry, means)
    return count, size


def _is_gone(entry: Entry, now_us: int) -> bool:
    return entry.gone or (entry.deadline_us is not None and entry.deadline_us <= now_us)


def _payload(key: Key, entry: Entry, means: FamilyMeans) -> int:
    return entry.size if entry.known else means.payload(key[1]) or 0
