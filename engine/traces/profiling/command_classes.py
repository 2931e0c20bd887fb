"""What each command is for a profile: its class in the mix, and whether it reads, calls a script or ends a transaction."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine import commands
from engine.traces.annotating.annotation import SCRIPT_COMMANDS
from engine.traces.model import Flag
from engine.traces.profiling.scanning import Batch, Mask, Names

READ, WRITE, SCRIPT, TRANSACTION, BLOCKING, PUBSUB, OTHER = range(7)
CLASSES = ("read", "write", "script", "transaction", "blocking", "pub/sub", "other")


class CommandClasses:
    """The classes of the commands of one trace, by their numbers in `names`."""

    def __init__(self, names: Names) -> None:
        self._names = names
        self._classes = np.empty(0, np.int64)
        self._readonly = np.empty(0, bool)

    def reads(self, batch: Batch) -> Mask:
        """Operations that read a key: flagged readonly by the engines, with a key, and no write."""
        self._grow()
        found: Mask = self._readonly[batch.cmd] & batch.has_key & ~batch.flagged(Flag.WRITE)
        return found

    def counts(self, batch: Batch, reads: Mask) -> NDArray[np.int64]:
        """Operations of each class, each in one: blocking first, then by the command."""
        self._grow()
        classes = self._classes[batch.cmd]
        classes[(classes == OTHER) & batch.flagged(Flag.WRITE)] = WRITE
        classes[(classes == READ) & ~reads] = OTHER
        classes[batch.flagged(Flag.BLOCKING)] = BLOCKING
        return np.bincount(classes, minlength=len(CLASSES))

    def _grow(self) -> None:
        new = self._names.names[len(self._classes) :]
        if new:
            self._classes = np.append(self._classes, [_class(name) for name in new])
            self._readonly = np.append(self._readonly, [_is_readonly(name) for name in new])


def _is_readonly(name: str) -> bool:
    command = commands.find(name)
    return command is not None and command.readonly


def _class(name: str) -> int:
    command = commands.find(name)
    if name in SCRIPT_COMMANDS or name.startswith(("SCRIPT", "FUNCTION")):
        return SCRIPT
    if command is None:
        return OTHER
    if command.group == "transactions":
        return TRANSACTION
    if command.group == "pubsub":
        return PUBSUB
    return WRITE if command.write else READ if command.readonly else OTHER
