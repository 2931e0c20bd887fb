"""Which commands may reach somebody else's cluster: those that work on keys they name, and no others.

An allow-list: a command must be in the engines' table, work on data, and name its keys where the table says, so that all of
them can be put under the prefix. What the engines themselves call dangerous or administration is refused (FLUSHALL, KEYS,
CONFIG, DEBUG, SHUTDOWN, MIGRATE, SORT, RESTORE …), and so are scripts (they can compute names of keys) and messages (others
may listen). A transaction is sent without the commands of it that are refused.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Container, Iterable, Iterator, Sequence

from engine import commands
from engine.replay import sized
from engine.replay.external.keys import Prefix
from engine.traces.model import Flag, Operation

_TRANSACTION = frozenset(["MULTI", "EXEC", "DISCARD", "WATCH", "UNWATCH"])
_REFUSED_CLASSES = frozenset(["dangerous", "admin"])
SCRIPT = "script (it could touch keys outside the prefix; the commands it ran are sent instead)"
MESSAGE = "message or subscription (others may listen)"
DANGEROUS = "command that the engines call dangerous"
OTHER_DATABASE = "command for another database"
NO_KEY = "command without a key (it would work on everybody's keys)"
NOT_DATA = "administration or connection command"
UNKNOWN = "unknown command"


def why_refused(cmd: str, args: Sequence[bytes] | None) -> str | None:
    """Why a command must not be sent, None when it may. `args` None: they are made later, and looked at then."""
    if cmd in _TRANSACTION:
        return None
    command = commands.find(cmd)
    if command is None:
        return UNKNOWN
    if command.group == "scripting":
        return SCRIPT
    if command.group == "pubsub":
        return MESSAGE
    if not command.data_path:
        return NOT_DATA
    if command.acl & _REFUSED_CLASSES:
        return DANGEROUS
    if cmd == "MOVE" or (cmd == "COPY" and args is not None and any(word.upper() == b"DB" for word in args[2:])):
        return OTHER_DATABASE
    if not command.key_specs or (args is not None and not commands.key_indexes(cmd, args)):
        return NO_KEY
    return None


def rewritten(cmd: str, args: Sequence[bytes], prefix: Prefix) -> tuple[bytes, ...]:
    """The arguments with every key under the prefix."""
    words = list(args)
    for place in commands.key_indexes(cmd, args):
        words[place] = prefix.key(words[place])
    return tuple(words)


def is_safe(words: Sequence[bytes], prefix: Prefix) -> bool:
    """Whether a command as it would be sent may be: admitted, and every key it names is under the prefix."""
    cmd, args = commands.split(words)
    return why_refused(cmd, args) is None and all(prefix.owns(key) for key in commands.key_values(cmd, args))


def admitted(operations: Iterable[Operation], refused: Counter[str]) -> Iterator[Operation]:
    """The operations that may be sent, with their keys as recorded; the others are counted by reason.

    The lines that a script ran stand for the script.
    """
    for operation in operations:
        reason = why_refused(operation.cmd, operation.args)
        if reason is not None:
            refused[reason] += 1
        elif operation.flags & Flag.LUA:
            yield dataclasses.replace(operation, flags=operation.flags & ~Flag.LUA)
        else:
            yield operation


def under(prefix: Prefix, operations: Iterable[Operation], counted: Container[bytes]) -> Iterator[Operation]:
    """The operations with every key under the prefix; those of which only sizes are recorded are given words first
    (`counted`: see `sized.spoken`), so that lengths are of the recorded keys."""
    for recorded in operations:
        operation = sized.spoken(recorded, counted)
        args = None if operation.args is None else rewritten(operation.cmd, operation.args, prefix)
        key = None if operation.key is None else prefix.key(operation.key)
        yield dataclasses.replace(operation, key=key, args=args)
