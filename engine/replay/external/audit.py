"""The last look before anything is sent: every command of a finished plan is read back from its bytes and judged again.

What counts is what would be sent, not what was meant, whatever made the plan.
"""

from __future__ import annotations

import mmap
from collections.abc import Iterator
from typing import Any

import hiredis

from engine.errors import HeadroomError
from engine.replay.external.admission import is_safe
from engine.replay.external.keys import Prefix
from engine.replay.plan import PlanFiles

_PIECE = 1 << 20


class Unsafe(HeadroomError):
    """A plan holds what must not be sent; nothing was."""


def require_safe(files: PlanFiles, prefix: Prefix) -> int:
    """How many commands the plan holds, all of them admitted and under the prefix. Raises Unsafe at the first other one."""
    count = 0
    for words in _commands(files):
        if not is_safe(words, prefix):
            raise Unsafe(f"Command {count + 1:,} of the plan ({words[0][:40]!r}) must not be sent. Nothing was sent.")
        count += 1
    return count


def _commands(files: PlanFiles) -> Iterator[list[bytes]]:
    if not files.payload.stat().st_size:
        return
    nothing: Any = object()
    reader = hiredis.Reader(notEnoughData=nothing)
    with files.payload.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
        for start in range(0, len(mapped), _PIECE):
            reader.feed(mapped[start : start + _PIECE])
            while (words := reader.gets()) is not nothing:
                yield words
    if reader.has_data():
        raise Unsafe("The plan ends inside a command. Nothing was sent.")
