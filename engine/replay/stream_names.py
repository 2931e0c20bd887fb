"""What a recording says of its streams' entries and groups: the IDs it names, and groups it uses without making them. Pure.

An entry added with `XADD *` gets its ID from the server's clock, which a recording of requests does not show; later commands
(XACK, XDEL, XCLAIM) do. Memory: eight bytes an ID, four million of them at most.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field

from engine.traces.model import Flag, Operation

SEQUENCE_BITS = 22
_MOST_IDS = 4_000_000
_MOST_MS = 1 << 41
_FIRST_ID = {
    "XACK": 2,
    "XDEL": 1,
    "XCLAIM": 4,
}  # where IDs begin among the arguments; they go on to the first other word
_GROUP_AT = {"XACK": 1, "XCLAIM": 1, "XAUTOCLAIM": 1, "XPENDING": 1, "XGROUP CREATECONSUMER": 1}


@dataclass(slots=True)
class StreamNames:
    """IDs by stream, each as `ms << SEQUENCE_BITS | sequence`; streams that scripts add to; groups by stream."""

    ids: dict[bytes, array[int]] = field(default_factory=dict)
    scripted: set[bytes] = field(default_factory=set)
    groups: dict[tuple[bytes, bytes], None] = field(default_factory=dict)
    _made: set[tuple[bytes, bytes]] = field(default_factory=set)
    _kept: int = 0

    def populate(self, operation: Operation) -> None:
        """Take in what makes the keyspace the recording starts from."""
        if operation.cmd == "XGROUP CREATE" and operation.args and len(operation.args) > 1:
            self._made.add((operation.args[0], operation.args[1]))

    def look_at(self, operation: Operation) -> None:
        """Take in one operation, in recorded order."""
        args = operation.args
        if not operation.cmd.startswith("X") or not args:
            return
        if operation.cmd == "XADD" and operation.flags & Flag.LUA:
            self.scripted.add(args[0])
        elif operation.cmd == "XGROUP CREATE":
            self.populate(operation)
        self._keep_ids(operation.cmd, args)
        for key, group in _groups_used(operation.cmd, args):
            if (key, group) not in self._made:
                self.groups[key, group] = None

    def _keep_ids(self, cmd: str, args: Sequence[bytes]) -> None:
        for word in args[_FIRST_ID.get(cmd, len(args)) :]:
            number = packed(word)
            if number is None or self._kept >= _MOST_IDS:
                return
            self.ids.setdefault(args[0], array("q")).append(number)
            self._kept += 1


def packed(word: bytes) -> int | None:
    """A whole ID as one number that sorts like it; None for what is no ID a server's clock made."""
    ms, dash, sequence = word.partition(b"-")
    if not ms.isdigit() or (dash and not sequence.isdigit()) or len(word) > 30:
        return None
    time, count = int(ms), int(sequence or b"0")
    return time << SEQUENCE_BITS | count if time < _MOST_MS and count < 1 << SEQUENCE_BITS else None


def unpacked(number: int) -> bytes:
    """The inverse of `packed`."""
    return b"%d-%d" % (number >> SEQUENCE_BITS, number & (1 << SEQUENCE_BITS) - 1)


def _groups_used(cmd: str, args: Sequence[bytes]) -> list[tuple[bytes, bytes]]:
    if cmd == "XREADGROUP":
        words = [word.upper() for word in args]
        if len(args) < 2 or words[0] != b"GROUP" or b"STREAMS" not in words:
            return []
        after = args[words.index(b"STREAMS") + 1 :]
        return [(key, args[1]) for key in after[: len(after) // 2]]
    at = _GROUP_AT.get(cmd)
    return [(args[0], args[at])] if at is not None and len(args) > at else []
