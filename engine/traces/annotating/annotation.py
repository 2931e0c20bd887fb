"""From blocks of commands to columns of a trace: name, key, sizes, time to live, flags, and a role for every word.

What is worth knowing of a shape of command is worked out once (`layout.py`); compiled loops do the rest. Passwords
(AUTH, HELLO … AUTH, MIGRATE … AUTH) are replaced here, whatever the options say.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from engine import commands
from engine.traces.annotating import kernels
from engine.traces.annotating.grammar import vocabulary
from engine.traces.annotating.layout import Layout, layout_of, shape_of
from engine.traces.block import I32, I64, U8, Block
from engine.traces.hash_table import HashTable, hash_of, mixed
from engine.traces.roles import SECRET

REDACTED = b"(redacted)"
SCRIPT_COMMANDS = frozenset(("EVAL", "EVALSHA", "EVAL_RO", "EVALSHA_RO", "FCALL", "FCALL_RO"))
OTHER = "(OTHER)"  # a command beyond the first `MOST_NAMES` different ones
MOST_NAMES = 1 << 16
MOST_LAYOUTS = 1 << 17
MOST_MARKS = 1 << 22  # words of all layouts together
_COUNTS = 2
_LEARNED_AT_ONCE = 64  # names: most rows of a block lack the same few


@dataclass(frozen=True, slots=True)
class Annotated:
    """A block with what its commands mean, row by row; `block` may be a changed copy.

    `names` is everything `cmd` may point to. `key`: the word that is the first key, -1 for none. `name_words`: words of
    each row's name. `ttl_ms`: UNKNOWN where none is set. `roles`: one for each word.
    """

    block: Block
    names: list[str]
    cmd: I32
    layouts: I32
    name_words: I64
    key: I64
    value_len: I32
    ttl_ms: I64
    flags: U8
    roles: U8


class Annotator:
    """Annotates blocks in order; remembers which connections are inside a transaction."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self._name_ids: dict[str, int] = {}
        self._counts = np.zeros(1024, np.int64)  # operations by name
        self._entries = _Entries()
        self._layouts = _Layouts()
        self._in_transaction: U8 = np.zeros(1024, np.uint8)

    @property
    def commands_seen(self) -> Counter[str]:
        """Operations by canonical name."""
        return Counter({name: int(self._counts[at]) for at, name in enumerate(self.names) if self._counts[at]})

    @property
    def data_operations(self) -> int:
        """Operations that work on keys or messages."""
        return sum(
            count for name, count in self.commands_seen.items() if (found := commands.find(name)) and found.data_path
        )

    def annotate(self, block: Block) -> Annotated:
        """The meaning of every command of the block; connections are numbered from 0."""
        layouts = self._layouts_of(block)
        table = self._layouts
        rows, words = len(block), len(block.offsets) - 1
        key, ttl_ms = np.empty(rows, np.int64), np.empty(rows, np.int64)
        value_len, flags, roles = np.empty(rows, np.int32), np.empty(rows, np.uint8), np.empty(words, np.uint8)
        kernels.apply(
            block.data, block.offsets, block.first, block.conn, block.t_us, layouts,
            table.numbers, table.starts, table.sizes, table.roles, table.payload, self._transactions(block),
            key, value_len, ttl_ms, flags, roles,
        )  # fmt: skip
        cmd = table.name_ids[layouts]
        if not block.population:
            self._count(cmd)
        return Annotated(
            block=_without_secrets(block, roles) if table.any_secret else block,
            names=self.names,
            cmd=cmd,
            layouts=layouts,
            name_words=table.name_words,
            key=key,
            value_len=value_len,
            ttl_ms=ttl_ms,
            flags=flags | (block.lua << np.uint8(1)).astype(np.uint8),
            roles=roles,
        )

    def name_id(self, name: str) -> int:
        """The number of a name in `names`; a new one is added."""
        if name not in self._name_ids:
            self._name_ids[name] = len(self.names)
            self.names.append(name)
        return self._name_ids[name]

    def count_names(self, cmd: I32) -> None:
        """Count operations that were annotated elsewhere (sized ones)."""
        self._count(cmd)

    def _count(self, cmd: I32) -> None:
        counts = np.bincount(cmd, minlength=len(self._counts))
        counts[: len(self._counts)] += self._counts
        self._counts = counts

    def _transactions(self, block: Block) -> U8:
        most = int(block.conn.max(initial=0)) + 1
        if most > len(self._in_transaction):
            self._in_transaction = np.concatenate((self._in_transaction, np.zeros(most, np.uint8)))
        return self._in_transaction

    def _layouts_of(self, block: Block) -> I32:
        rows = np.arange(len(block), dtype=np.int64)
        shape, layouts = np.empty(len(block), np.uint64), np.empty(len(block), np.int32)
        missing = np.empty(len(block), np.int64)
        if self._layouts.is_full:
            self._layouts = _Layouts()
        while len(rows):
            table, entries = self._layouts, self._entries
            count = kernels.shapes(
                block.data, block.offsets, block.first, rows,
                entries.table.keys, entries.table.values, entries.bits, entries.counts,
                entries.options.keys, entries.options.values, table.table.keys, table.table.values,
                shape, layouts, missing,
            )  # fmt: skip
            rows = missing[:count].copy()
            self._learn(block, rows, shape)
        return layouts

    def _learn(self, block: Block, rows: I64, shape: np.ndarray[tuple[int], np.dtype[np.uint64]]) -> None:
        """Add what the rows lack: the entry of a name, or the layout of a shape. Called again until nothing lacks."""
        nameless = rows[shape[rows] == 0]
        for row in nameless[:_LEARNED_AT_ONCE].tolist():
            self._entries.learn(_words(block, row))
        _, once = np.unique(shape[rows], return_index=True)
        for row in rows[np.sort(once)].tolist():
            if shape[row] != 0:
                words = _words(block, row)
                layout = layout_of(words)
                name = layout.name if len(self.names) < MOST_NAMES or layout.name in self._name_ids else OTHER
                self._layouts.add(int(shape[row]), layout, self.name_id(name))


class _Entries:
    """What is known of each spelling of a name: whether its second word belongs to it, whether options decide."""

    def __init__(self) -> None:
        self.table = HashTable()
        self.options = HashTable()
        for number, word in enumerate(sorted(vocabulary())):
            self.options.add(hash_of(word), number)
        self.bits: U8 = np.zeros(256, np.uint8)
        self.counts: I32 = np.zeros((256, _COUNTS), np.int32)
        self._used = 0

    def learn(self, words: list[bytes]) -> None:
        """Add the entries of this command's name."""
        key = hash_of(words[0], upper=True)
        if commands.is_container(commands.canonical(words[0])):
            self._add(key, kernels.CONTAINER, ())
            second = hash_of(words[1], upper=True) if len(words) > 1 else 0
            key = int(mixed(np.uint64(key), np.uint64(second)))
        shape = shape_of(commands.split(words)[0])
        self._add(key, kernels.OPTIONS if shape.options else 0, shape.counts)

    def _add(self, key: int, bits: int, counts: tuple[int, ...]) -> None:
        if self.table.get(key) >= 0:
            return
        if self._used == len(self.bits):
            self.bits = np.concatenate((self.bits, np.zeros_like(self.bits)))
            self.counts = np.concatenate((self.counts, np.zeros_like(self.counts)))
        self.bits[self._used] = bits
        self.counts[self._used, : len(counts)] = counts
        self.table.add(key, self._used)
        self._used += 1


class _Layouts:
    """All layouts found so far, as arrays for the kernels."""

    def __init__(self) -> None:
        self.table = HashTable()
        self.any_secret = False
        self.numbers: I64 = np.zeros((256, 6), np.int64)
        self.name_ids: I32 = np.zeros(256, np.int32)
        self.name_words: I64 = np.zeros(256, np.int64)
        self.starts: I64 = np.zeros(256, np.int64)
        self.sizes: I64 = np.zeros(256, np.int64)
        self.roles: U8 = np.zeros(1 << 12, np.uint8)
        self.payload: U8 = np.zeros(1 << 12, np.uint8)
        self._used = self._marks = 0

    @property
    def is_full(self) -> bool:
        """Whether so many shapes were met that it is better to start anew."""
        return self._used > MOST_LAYOUTS or self._marks > MOST_MARKS

    def add(self, shape: int, layout: Layout, name_id: int) -> None:
        """Remember the layout of a shape."""
        self._make_room(len(layout.roles))
        at, start, stop = self._used, self._marks, self._marks + len(layout.roles)
        self.numbers[at] = (
            layout.key, layout.ttl, layout.ttl_unit_ms, layout.ttl_absolute, layout.flags, layout.state,
        )  # fmt: skip
        self.name_ids[at], self.name_words[at] = name_id, layout.name_words
        self.starts[at], self.sizes[at] = start, stop - start
        self.roles[start:stop] = np.frombuffer(layout.roles, np.uint8)
        self.payload[start:stop] = np.frombuffer(layout.payload, np.uint8)
        self.any_secret |= layout.has_secret
        self.table.add(shape, at)
        self._used, self._marks = at + 1, stop

    def _make_room(self, marks: int) -> None:
        if self._used == len(self.name_ids):
            for name in ("numbers", "name_ids", "name_words", "starts", "sizes"):
                setattr(self, name, np.concatenate((getattr(self, name), np.zeros_like(getattr(self, name)))))
        if self._marks + marks > len(self.roles):
            more = np.zeros(max(marks, len(self.roles)), np.uint8)
            self.roles, self.payload = np.concatenate((self.roles, more)), np.concatenate((self.payload, more))


def _words(block: Block, row: int) -> list[bytes]:
    offsets = block.offsets[block.first[row] : block.first[row + 1] + 1].tolist()
    data = block.data[offsets[0] : offsets[-1]].tobytes()
    return [data[start - offsets[0] : stop - offsets[0]] for start, stop in pairwise(offsets)]


def _without_secrets(block: Block, roles: U8) -> Block:
    if not (roles == SECRET).any():
        return block
    text = np.frombuffer(REDACTED, np.uint8).copy()
    offsets = kernels.replaced_lengths(block.offsets, roles, SECRET, len(text))
    data = kernels.with_replaced(block.data, block.offsets, roles, SECRET, text, offsets)
    return Block(
        t_us=block.t_us, conn=block.conn, db=block.db, lua=block.lua, first=block.first, offsets=offsets, data=data,
        reply_len=block.reply_len, population=block.population,
    )  # fmt: skip
