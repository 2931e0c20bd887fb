"""What scripts do that a cluster cares about: keys they were not given, and bodies the recording never shows.

A lua line belongs to the last script call of its connection. Redaction keeps script bodies and hashes, so a hash can be
held against the bodies seen anywhere in the recording.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter, defaultdict
from collections.abc import Iterator

import numpy as np

from engine.traces.annotating.annotation import SCRIPT_COMMANDS
from engine.traces.model import Flag
from engine.traces.profiling.scanning import Batch
from engine.traces.profiling.touches import Touches

MOST = 100_000  # hashes, functions and callers remembered
_BODIES = frozenset(("EVAL", "EVAL_RO", "SCRIPT LOAD"))
_HASHES = frozenset(("EVALSHA", "EVALSHA_RO"))
_FUNCTIONS = frozenset(("FCALL", "FCALL_RO"))
_LOADS = frozenset(("FUNCTION LOAD",))
_WATCHED = _BODIES | _HASHES | _FUNCTIONS | _LOADS
_REGISTERED = re.compile(rb"register_function\s*(?:\(|\{)?\s*(?:\{\s*)?(?:function_name\s*=\s*)?['\"](\w+)['\"]")


class Scripts:
    """Feed it batches in order."""

    def __init__(self) -> None:
        self._declared: dict[int, frozenset[int]] = {}  # connection -> hashes of the keys of its last call
        self._called: Counter[bytes] = Counter()
        self._shown: set[bytes] = set()
        self._functions: Counter[bytes] = Counter()
        self._registered: set[bytes] = set()

    def see(self, batch: Batch, found: Touches) -> Iterator[tuple[str, int]]:
        """(rule, row) of everything a script does that it should not."""
        names = batch.names.names
        self._see_bodies(batch, np.array([name in _WATCHED for name in names])[batch.cmd])
        calls = np.array([name in SCRIPT_COMMANDS for name in names])[batch.cmd]
        inner = batch.flagged(Flag.LUA)
        rows = np.flatnonzero(calls | inner)
        if not len(rows):
            return
        keys = _keys_of(found, rows)
        for row, conn, is_call in zip(rows.tolist(), batch.conn[rows].tolist(), calls[rows].tolist(), strict=True):
            if is_call:
                self._declare(conn, keys[row])
            elif any(key not in self._declared.get(conn, keys[row]) for key in keys[row]):
                yield "undeclared-key", row

    def unknown(self) -> dict[str, tuple[int, str]]:
        """Calls of scripts and functions that the recording never shows: rule -> how many, an example."""
        found = {}
        hashes = {name: count for name, count in self._called.items() if name not in self._shown}
        functions = {name: count for name, count in self._functions.items() if name not in self._registered}
        for rule, command, missing in (
            ("unknown-script", "EVALSHA", hashes),
            ("unknown-function", "FCALL", functions),
        ):
            if missing:
                first = next(iter(missing)).decode("ascii", "backslashreplace")
                found[rule] = (sum(missing.values()), f"{command} {first[:48]}")
        return found

    def _declare(self, conn: int, keys: frozenset[int]) -> None:
        if len(self._declared) >= MOST and conn not in self._declared:
            self._declared.clear()
        self._declared[conn] = keys

    def _see_bodies(self, batch: Batch, mask: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> None:
        rows = np.flatnonzero(mask)
        if not len(rows):
            return
        counted: Counter[tuple[str, bytes]] = Counter()
        for number, words in zip(batch.cmd[rows].tolist(), batch.words(rows), strict=True):
            if words:
                name = batch.names.names[number]
                counted[name, words[-1] if name in _LOADS else words[0]] += 1
        for (name, word), count in counted.items():
            self._see_body(name, word, count)

    def _see_body(self, name: str, word: bytes, count: int) -> None:
        if name in _BODIES:
            _put(self._shown, hashlib.sha1(word, usedforsecurity=False).hexdigest().encode())
        elif name in _HASHES:
            self._count(self._called, word.lower(), count)
        elif name in _FUNCTIONS:
            self._count(self._functions, word, count)
        else:
            for function in _REGISTERED.findall(word):
                _put(self._registered, function)

    @staticmethod
    def _count(counter: Counter[bytes], word: bytes, count: int) -> None:
        if len(counter) < MOST or word in counter:
            counter[word] += count


def _put(names: set[bytes], name: bytes) -> None:
    if len(names) < MOST:
        names.add(name)


def _keys_of(found: Touches, rows: np.ndarray[tuple[int], np.dtype[np.int64]]) -> dict[int, frozenset[int]]:
    """The hashes of the keys of each of these rows."""
    chosen = np.isin(found.rows, rows)
    keys: dict[int, set[int]] = defaultdict(set)
    for row, key in zip(found.rows[chosen].tolist(), found.keys.hashes[found.codes[chosen]].tolist(), strict=True):
        keys[row].add(key)
    return {row: frozenset(keys[row]) for row in rows.tolist()}
