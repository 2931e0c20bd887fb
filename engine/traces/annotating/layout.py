"""What stands where in a call: key, payload, time to live, and what each word is to redaction.

Calls with the same name, the same number of words and the same option words are laid out alike; the layout is worked
out once for such a shape (here, in Python) and applied to every call of it by compiled loops (`kernels.py`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from engine import commands, expiry
from engine.traces.annotating.grammar import has_options, roles_of
from engine.traces.model import Flag
from engine.traces.payload import payload_places, rule_of
from engine.traces.roles import KEEP, SECRET

PAYLOAD = 1
PAYLOAD_UNLESS_INTEGER = 2  # the words of commands that the engines do not know

PLAIN, MULTI, ENDS_TRANSACTION, LEAVES_TRANSACTION = range(4)

_BLOCKS_ON_REQUEST = frozenset(("XREAD", "XREADGROUP"))
_STATES = {
    "MULTI": MULTI,
    **dict.fromkeys(("EXEC", "DISCARD"), ENDS_TRANSACTION),
    **dict.fromkeys(("QUIT", "RESET"), LEAVES_TRANSACTION),
}


@dataclass(frozen=True, slots=True)
class Layout:
    """Places count words from the name's first. `key`, `ttl`: -1 when there is none. One role, one payload mark a word."""

    name: str
    name_words: int
    key: int
    ttl: int
    ttl_unit_ms: int
    ttl_absolute: bool
    flags: int
    state: int
    roles: bytes
    payload: bytes

    @property
    def has_secret(self) -> bool:
        return SECRET in self.roles


@dataclass(frozen=True, slots=True)
class Shape:
    """What of a command's words decides its layout, beside their number. `counts`: places whose text decides."""

    name: str
    options: bool
    counts: tuple[int, ...]


def shape_of(name: str) -> Shape:
    """The rule for a canonical name."""
    command = commands.find(name)
    counts = (
        {spec.index + spec.count_at for spec in command.key_specs if spec.count_at is not None} if command else set()
    )
    if name == "RESTORE":
        counts.add(2)  # a time of 0 means none
    return Shape(name, has_options(name) or expiry.has_ttl_rule(name), tuple(sorted(counts))[:2])


def layout_of(words: Sequence[bytes]) -> Layout:
    """The layout of every call shaped like this one."""
    name, args = commands.split(words)
    shift = len(words) - len(args)
    keys = commands.key_indexes(name, args)
    time = expiry.time_place(name, args)
    return Layout(
        name=name,
        name_words=shift,
        key=keys[0] + shift if keys else -1,
        ttl=time.place + shift if time else -1,
        ttl_unit_ms=time.unit_ms if time else 1,
        ttl_absolute=time is not None and time.absolute,
        flags=int(_flags(name, args)),
        state=_STATES.get(name, PLAIN),
        roles=bytes([KEEP]) * shift + roles_of(name, args),
        payload=bytes(shift) + _payload(name, args),
    )


def _payload(name: str, args: Sequence[bytes]) -> bytes:
    if commands.find(name) is None and rule_of(name) is not None:
        return bytes([0, *[PAYLOAD_UNLESS_INTEGER] * (len(args) - 1)])[: len(args)]
    marks = bytearray(len(args))
    for place in payload_places(name, args):
        marks[place] = PAYLOAD
    return bytes(marks)


def _flags(name: str, args: Sequence[bytes]) -> Flag:
    command = commands.find(name)
    flags = Flag.WRITE if command and command.write else Flag(0)
    blocks = command is not None and command.blocking
    if name in _BLOCKS_ON_REQUEST:
        blocks = any(arg.upper() == b"BLOCK" for arg in args[:8])
    if blocks:
        flags |= Flag.BLOCKING
    return flags | Flag.TRANSACTION if _STATES.get(name) in (MULTI, ENDS_TRANSACTION) else flags
