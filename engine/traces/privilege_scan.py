"""What each group of clients does with which keys and channels: one pass over a stored trace.

Rows that look alike (group, command, number of words, pattern of the key and its turn) are looked at once, so a trace of
any size costs little. A few whole calls of each kind are kept to be tried on a server; their values are cut.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from engine import commands
from engine.progress import Report, ShouldStop
from engine.traces.acl_patterns import ANY, literal, pattern_of
from engine.traces.annotating.annotation import SCRIPT_COMMANDS
from engine.traces.model import Flag, TraceHeader
from engine.traces.profiling.group_tally import ClientGroups
from engine.traces.profiling.key_hashing import I64
from engine.traces.profiling.scanning import Batch, Mask, batches
from engine.traces.profiling.touches import Touches, touches

Call = tuple[bytes, ...]
SAMPLES = 2000  # of one group
_SAMPLE_BYTES = 256  # of a word that is no key
_BODIES = frozenset(("EVAL", "EVAL_RO", "SCRIPT LOAD", "FUNCTION LOAD"))
_CALLED = re.compile(rb"(?:redis|server)\s*\.\s*p?call\s*\(\s*['\"]([A-Za-z.]+)['\"](?:\s*,\s*['\"]([A-Za-z]+)['\"])?")
_LISTENS = {"SUBSCRIBE": False, "SSUBSCRIBE": False, "PSUBSCRIBE": True}
_ODD = np.uint64(0x9E3779B97F4A7C15)
_SPEAKS = frozenset(("PUBLISH", "SPUBLISH"))


@dataclass(slots=True)
class Use:
    """What one group does. `keys`: pattern -> (read, changed). `inside`: commands its scripts call."""

    operations: int = 0
    commands: Counter[str] = field(default_factory=Counter)
    keys: dict[str, tuple[bool, bool]] = field(default_factory=dict)
    channels: set[str] = field(default_factory=set)
    inside: set[str] = field(default_factory=set)
    unseen_scripts: bool = False
    samples: list[Call] = field(default_factory=list)


def scan(path: Path, header: TraceHeader, *, report: Report, should_stop: ShouldStop) -> dict[int, Use]:
    """What each group (its number in `ClientGroups`) does in the trace at `path`."""
    scanner = _Scanner(header)
    for batch in batches(path, "privileges", report=report, should_stop=should_stop):
        if not batch.population:
            scanner.see(batch)
    return scanner.uses


class _Scanner:
    def __init__(self, header: TraceHeader) -> None:
        self.uses: dict[int, Use] = defaultdict(Use)
        self._groups = ClientGroups(header)
        self._patterns: dict[str, int] = {}
        self._seen: set[int] = set()

    def see(self, batch: Batch) -> None:
        groups = self._groups.of(batch.conn)
        self._count(batch, groups)
        found = touches(batch)
        for row in self._new_rows(batch, groups, found):
            self._look(self.uses[int(groups[row])], batch, row)

    def _count(self, batch: Batch, groups: I64) -> None:
        """Operations, and by command those that clients sent; scripts send none."""
        sent = ~batch.flagged(Flag.LUA)
        pairs, counts = np.unique((groups << 32 | batch.cmd << 1 | ~sent).astype(np.int64), return_counts=True)
        for pair, count in zip(pairs.tolist(), counts.tolist(), strict=True):
            use, name = self.uses[pair >> 32], batch.names.names[(pair & 0xFFFFFFFF) >> 1]
            use.operations += count
            if pair & 1:
                use.inside.add(name)
            else:
                use.commands[name] += count

    def _new_rows(self, batch: Batch, groups: I64, found: Touches) -> list[int]:
        """One row of every kind not met before."""
        lengths = np.minimum(np.diff(batch.args.offsets.to_numpy()), 64)
        kinds = _mixed(groups, batch.cmd, lengths, _reads_too(batch))
        names = found.keys.names.to_pylist()
        patterns = np.array([self._number(pattern_of(key)) for key in names], np.int64)
        of_keys = _mixed(kinds[found.rows], patterns[found.codes], np.minimum(_turns(found), 8))
        special = _special(batch)
        rest = np.flatnonzero(~batch.has_key | special)
        texts = np.full(len(rest), -1, np.int64)  # bodies and channels: every different one is looked at
        texts[special[rest]] = [self._text_number(batch, row) for row in rest[special[rest]].tolist()]
        of_rest = _mixed(kinds[rest], texts)
        return sorted({*self._new(of_keys, found.rows), *self._new(of_rest, rest)})

    def _new(self, kinds: I64, rows: I64) -> Iterator[int]:
        unique, first = np.unique(kinds, return_index=True)
        for kind, row in zip(unique.tolist(), rows[first].tolist(), strict=True):
            if kind not in self._seen:
                self._seen.add(kind)
                yield row

    def _number(self, pattern: str) -> int:
        return self._patterns.setdefault(pattern, len(self._patterns))

    def _text_number(self, batch: Batch, row: int) -> int:
        (words,) = batch.words(np.array([row]))
        return self._number(" " + hashlib.sha1(b"\0".join(words), usedforsecurity=False).hexdigest())

    def _look(self, use: Use, batch: Batch, row: int) -> None:
        name = batch.names.names[int(batch.cmd[row])]
        (words,) = batch.words(np.array([row]))
        key = batch.key[row].as_py()
        places = commands.key_uses(name, words) or _first_key(name, key, words)
        for place, reads, writes in places:
            _add_key(use, pattern_of(words[place] if place < len(words) else key), reads, writes)
        if name == "SORT" and any(word.upper() in (b"BY", b"GET") for word in words[1:]):
            _add_key(use, ANY, True, False)  # the engines ask for every key then
        _add_channels(use, name, words)
        if name in _BODIES and words:
            use.inside |= set(_called_in(words[-1] if name == "FUNCTION LOAD" else words[0]))
        use.unseen_scripts |= name in SCRIPT_COMMANDS and name not in _BODIES
        if words and len(use.samples) < SAMPLES:
            keys = {place for place, *_ in places}
            cut = (word if at in keys or name in _BODIES else word[:_SAMPLE_BYTES] for at, word in enumerate(words))
            use.samples.append((*name.encode().split(b" "), *cut))


def _first_key(name: str, key: bytes | None, words: Call) -> tuple[tuple[int, bool, bool], ...]:
    """The one key of a sized trace, used as the command uses its first key."""
    command = commands.find(name)
    if key is None or words or command is None or not command.key_specs:
        return ()
    spec = command.key_specs[0]
    return ((0, spec.reads and name != "SET", spec.writes),)


def _add_key(use: Use, pattern: str, reads: bool, writes: bool) -> None:
    before = use.keys.get(pattern, (False, False))
    use.keys[pattern] = before[0] or reads, before[1] or writes


def _add_channels(use: Use, name: str, words: Call) -> None:
    if name in _SPEAKS:
        use.channels.update(pattern_of(word) for word in words[:1])
    elif name in _LISTENS:
        use.channels.update(literal(word) if _LISTENS[name] else pattern_of(word) for word in words)


def _called_in(body: bytes) -> Iterator[str]:
    """Commands that a script's text calls by name."""
    for name, word in _CALLED.findall(body):
        found, _ = commands.split([name, word] if word else [name])
        if commands.find(found):
            yield found


def _mixed(*columns: np.ndarray[Any, Any]) -> I64:
    """One 64-bit number for each row of the columns; different rows have different ones but for a chance in 10**12."""
    mixed = np.zeros(len(columns[0]), np.uint64)
    for column in columns:
        mixed = (mixed ^ column.astype(np.uint64)) * _ODD
        mixed ^= mixed >> np.uint64(29)
    return mixed.view(np.int64)


def _turns(found: Touches) -> I64:
    """The how-manyeth key of its row each one is, from 0."""
    places = np.arange(len(found))
    turns: I64 = places - np.maximum.accumulate(np.where(found.first, places, 0))
    return turns


def _special(batch: Batch) -> Mask:
    """Rows whose words, not only their keys, decide what is needed."""
    names = [name in _BODIES or name in _SPEAKS or name in _LISTENS for name in batch.names.names]
    return np.array(names, bool)[batch.cmd]


def _reads_too(batch: Batch) -> Mask:
    """SET … GET and SORT with BY or GET: the words decide what is needed. False for everything else."""
    mask = np.zeros(len(batch), bool)
    chosen = np.array([name in ("SET", "SORT") for name in batch.names.names], bool)[batch.cmd]
    offsets = batch.args.offsets.to_numpy().astype(np.int64)
    chosen &= np.diff(offsets) > 2
    rows = np.flatnonzero(chosen)
    if not len(rows):
        return mask
    counts = offsets[rows + 1] - offsets[rows] - 1
    owners = np.repeat(rows, counts)
    places = (
        np.repeat(offsets[rows] + 1, counts) + np.arange(len(owners)) - np.repeat(np.cumsum(counts) - counts, counts)
    )
    words = batch.args.values.take(pa.array(places))
    short = np.flatnonzero(pc.binary_length(words).to_numpy(zero_copy_only=False) <= 3)
    for at, word in zip(short.tolist(), words.take(pa.array(short)).to_pylist(), strict=True):
        if word.upper() in (b"GET", b"BY"):
            mask[owners[at]] = True
    return mask
