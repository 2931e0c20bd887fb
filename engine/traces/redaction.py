"""Redaction: keys, names and values are replaced in place by keyed tokens of the same length, before anything is stored.

Delimiters, hash tags, glob signs and generic schema words of a key stay; a number stays a number of as many digits. With one
key the replacement is a permutation: equal words stay equal and different ones different. Without the key it cannot be undone,
and traces redacted with different keys cannot be linked by their words. How compressible a value is may change.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path

import numpy as np

from engine.errors import InputError
from engine.traces import roles as role
from engine.traces.block import I64, U8
from engine.traces.redacting.text import word_hash
from engine.traces.redacting.word_kernels import redact_words

REDACTION = "keyed tokens, same length"
KEY_BYTES = 16
SCHEMA_WORDS = Path(__file__).parent / "redacting" / "schema_words.txt"
_CONTENT_BYTES = 1 << 20
_DELIMITERS = re.compile(rb"[!-/:-@\[-`{-~ ]+")


class Redactor:
    """Replaces words by their roles (`engine.traces.roles`) with one key.

    `keep_words`: segments of keys that are schema and not data, beside the built-in list; they are compared without case,
    and one with delimiters in it stands for its parts.
    """

    def __init__(self, key: bytes, keep_words: frozenset[bytes] = frozenset()) -> None:
        if len(key) != KEY_BYTES:
            raise ValueError(f"a redaction key has {KEY_BYTES} bytes, this one {len(key)}")
        self._key0, self._key1 = (np.uint64(each) for each in np.frombuffer(key, "<u8"))
        self._kept, self._ends, self._slots = _word_table(schema_words() | _segments(keep_words))

    def redact(self, data: U8, offsets: I64, roles: U8) -> None:
        """Replace in place; word j is `data[offsets[j]:offsets[j + 1]]`, its role `roles[j]`."""
        redact_words(data, offsets, roles, self._key0, self._key1, self._kept, self._ends, self._slots)

    def redact_keys(self, data: U8, offsets: I64) -> None:
        """Replace in place; every word is a key."""
        self.redact(data, offsets, np.full(len(offsets) - 1, role.KEY, np.uint8))

    def redacted(self, word: bytes, kind: int = role.KEY) -> bytes:
        """One word, for what is rare: a key in a message, a field of a report."""
        data = np.frombuffer(word, np.uint8).copy()
        self.redact(data, np.array([0, len(word)], np.int64), np.array([kind], np.uint8))
        return data.tobytes()


def key_from_content(sources: Sequence[Path]) -> bytes:
    """A key that the same files give again: from the size and the first MiB of each. Raises InputError."""
    digest = hashlib.blake2s(digest_size=KEY_BYTES, person=b"redact")
    for source in sources:
        try:
            with source.open("rb") as file:
                beginning = file.read(_CONTENT_BYTES)
            size = source.stat().st_size
        except OSError as error:
            raise InputError(f"cannot be read ({error.strerror}).", source=source.name) from error
        digest.update(b"%d %d " % (size, len(beginning)) + beginning)
    return digest.digest()


@cache
def schema_words() -> frozenset[bytes]:
    """The generic words that stay in keys, in lower case."""
    lines = SCHEMA_WORDS.read_bytes().splitlines()
    return frozenset(word for line in lines if not line.startswith(b"#") for word in line.split())


def _segments(words: Iterable[bytes]) -> frozenset[bytes]:
    return frozenset(segment.lower() for word in words for segment in _DELIMITERS.split(word) if segment)


def _word_table(words: Iterable[bytes]) -> tuple[U8, I64, I64]:
    """Words as the kernels look them up: their bytes, where each begins, and a table of their numbers by hash."""
    listed = sorted(words)
    starts = np.zeros(len(listed) + 1, np.int64)
    starts[1:] = np.cumsum([len(word) for word in listed])
    data = np.frombuffer(b"".join(listed), np.uint8).copy()
    slots = np.full(1 << (2 * len(listed) + 1).bit_length(), -1, np.int64)
    for number in range(len(listed)):
        slot = int(word_hash(data, starts[number], starts[number + 1])) % len(slots)
        while slots[slot] >= 0:
            slot = (slot + 1) % len(slots)
        slots[slot] = number
    return data, starts, slots
