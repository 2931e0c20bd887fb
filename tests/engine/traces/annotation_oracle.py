"""The annotation of one command, word by word in plain Python: what the compiled columns must agree with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from engine import commands, expiry
from engine.traces.model import Flag
from engine.traces.payload import value_len

_TRANSACTION_COMMANDS = frozenset(("MULTI", "EXEC", "DISCARD"))
_LEAVES = frozenset(("QUIT", "RESET"))


class Meaning(NamedTuple):
    """What a trace keeps of a command beside its words."""

    name: str
    key: bytes | None
    value_len: int
    ttl_ms: int | None
    flags: Flag


class Oracle:
    """Remembers which connections are inside a transaction."""

    def __init__(self) -> None:
        self._open: set[int] = set()

    def meaning(self, conn: int, words: Sequence[bytes], now_us: int, *, lua: bool = False) -> Meaning:
        """The meaning of the next command."""
        name, args = commands.split(words)
        keys = commands.key_indexes(name, args)
        return Meaning(
            name=name,
            key=args[keys[0]] if keys else None,
            value_len=value_len(name, args),
            ttl_ms=expiry.relative_ttl_ms(name, args, now_us // 1000) if len(args) > 1 else None,
            flags=self._flags(name, args, conn) | (Flag.LUA if lua else Flag(0)),
        )

    def _flags(self, name: str, args: Sequence[bytes], conn: int) -> Flag:
        command = commands.find(name)
        flags = Flag.WRITE if command and command.write else Flag(0)
        if _blocks(name, args):
            flags |= Flag.BLOCKING
        if conn in self._open or name in _TRANSACTION_COMMANDS:
            flags |= Flag.TRANSACTION
        if name == "MULTI":
            self._open.add(conn)
        elif name in _TRANSACTION_COMMANDS or name in _LEAVES:
            self._open.discard(conn)
        return flags


def _blocks(name: str, args: Sequence[bytes]) -> bool:
    if name in ("XREAD", "XREADGROUP"):
        return any(arg.upper() == b"BLOCK" for arg in args[:8])
    command = commands.find(name)
    return command is not None and command.blocking
