"""What a snapshot says of itself before its first key: version, producer, when it was made.

Layout: `REDIS` and four digits or `VALKEY` and three, then auxiliary fields (0xFA, name, value), each a string in the
length encoding of rdb.c. Everything behind them is the engine's to read.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from engine.errors import InputError
from engine.traces.limits import HEAD_BYTES

EXPECTED = "an RDB file, which begins with REDIS and four digits or VALKEY and three."
_MAGIC = re.compile(rb"REDIS(\d{4})|VALKEY(\d{3})")
_FIELD = 0xFA
_MOST_FIELDS = 64
_LONGEST_SHOWN = 40


@dataclass(frozen=True, slots=True)
class Head:
    """`magic` as it stands (`REDIS0011`), `version` its number, `fields` the auxiliary fields that are text."""

    magic: str
    version: int
    fields: Mapping[str, str]

    @property
    def producer(self) -> str | None:
        """`Valkey 9.0.1`, None when it does not say."""
        for field, title in (("valkey-ver", "Valkey"), ("redis-ver", "Redis")):
            if version := self.fields.get(field):
                return f"{title} {version}"
        return None

    @property
    def taken_unix_s(self) -> int | None:
        """When it was made, None when it does not say."""
        text = self.fields.get("ctime", "")
        return int(text) if text.isdigit() and int(text) > 0 else None


def begins_snapshot(head: bytes) -> bool:
    """Whether these bytes begin a snapshot (or an append-only file that begins with one)."""
    return _MAGIC.match(head) is not None


def read_head(path: Path, name: str) -> Head:
    """The head of a snapshot. Raises InputError when it is none."""
    with path.open("rb") as file:
        data = file.read(HEAD_BYTES)
    match = _MAGIC.match(data)
    if match is None:
        raise InputError("not an RDB snapshot.", source=name, offset=0, expected=EXPECTED)
    return Head(match[0].decode(), int(match[1] or match[2]), _fields(data, match.end()))


def _fields(data: bytes, at: int) -> dict[str, str]:
    found: dict[str, str] = {}
    while len(found) < _MOST_FIELDS and data[at : at + 1] == bytes([_FIELD]):
        field, at = _string(data, at + 1)
        value, at = _string(data, at)
        if field is None or value is None:
            break
        found[field] = value
    return found


def _string(data: bytes, at: int) -> tuple[str | None, int]:
    """A string or a small number as text, and where it ends; None for what is encoded otherwise or cut off."""
    first = data[at] if at < len(data) else 0xFF
    kind, low = first >> 6, first & 0x3F
    at += 1
    if kind == 3:  # a number of 1, 2 or 4 bytes
        size = 1 << low
        if low > 2 or at + size > len(data):
            return None, at
        return str(int.from_bytes(data[at : at + size], "little", signed=True)), at + size
    if kind == 1:
        low, at = low << 8 | int.from_bytes(data[at : at + 1], "big"), at + 1
    elif kind == 2:
        low, at = int.from_bytes(data[at : at + 4], "big"), at + 4
    text = data[at : at + low].decode("utf-8", "replace")[:_LONGEST_SHOWN]
    return ("".join(char for char in text if char.isprintable()), at + low) if at + low <= len(data) else (None, at)
