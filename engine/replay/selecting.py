"""Which recorded operations are sent, with what is known of each of them, and why the others are not. Pure."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass

from engine import commands, slots
from engine.replay import scripts, sized, watched
from engine.replay.plan import NO_SLOT, ORDERED, OTHER, READ, WRITE
from engine.traces.model import Operation

KEYS_APART = "keys in different slots"
_EXTRA_DATA_PATH = frozenset(["PING", "ECHO", "DBSIZE", "TIME"]) | {"MEMORY USAGE"}
_NOT_DATA_PATH = frozenset(["MOVE", "MIGRATE", "WAIT", "WAITAOF", "SWAPDB"]) | {"SCRIPT KILL", "FUNCTION KILL"}


@dataclass(frozen=True, slots=True)
class Item:
    """One command ready to be placed: its words and what is known of it."""

    cmd: str
    args: tuple[bytes, ...]
    slot: int
    role: int
    operation: Operation


@dataclass(slots=True)
class Selection:
    """Judges operations one by one. `counted`: keys that are counted up or down (`sized.spoken`); `alone`: clients whose
    watched keys are replayed. `folded` counts what is sent and was recorded in a database other than 0.
    """

    counted: Container[bytes]
    alone: frozenset[int]
    folded: int = 0

    def item(self, operation: Operation) -> Item | str:
        """The command to send, or why there is none."""
        operation = sized.spoken(operation, self.counted)
        command = commands.find(operation.cmd)
        if command is None:
            return "unknown command"
        if operation.args is None:
            return "arguments not recorded"
        if (reason := scripts.why_left_out(operation.cmd)) is not None:
            return reason
        if operation.cmd in watched.COMMANDS and operation.conn not in self.alone:
            return watched.TOO_MANY
        allowed = command.data_path and operation.cmd not in _NOT_DATA_PATH
        if not allowed and operation.cmd not in _EXTRA_DATA_PATH | watched.COMMANDS:
            return "administration or connection command"
        keys = commands.key_indexes(operation.cmd, operation.args)
        touched = {slots.key_slot(operation.args[place]) for place in keys}
        if len(touched) > 1:
            return KEYS_APART
        self.folded += operation.db != 0
        slot = touched.pop() if touched else NO_SLOT
        if operation.cmd == "SPUBLISH" and operation.args:  # a channel is no key, and lies in a slot all the same
            slot = slots.key_slot(operation.args[0])
        return Item(operation.cmd, operation.args, slot, _role(command), operation)


def may_block(item: Item) -> bool:
    """Whether a command may have its client wait for others."""
    command = commands.find(item.cmd)
    if command is None or not command.blocking:
        return False
    if item.cmd in ("XREAD", "XREADGROUP"):
        return any(arg.upper() == b"BLOCK" for arg in item.args)
    return True


def _role(command: commands.Command) -> int:
    if command.name == "WATCH":
        return ORDERED
    if command.write or (command.group == "scripting" and not command.name.endswith("_RO")):
        return WRITE
    return READ if command.readonly or command.group == "scripting" else OTHER
