"""Plays operations over what is known of each key and counts what a primary would stream to its replicas.

Effects, not requests: what changes nothing costs nothing, scripts and transactions cost the writes they made (inside
MULTI and EXEC when there are several), and every expiry costs a deletion. Databases are taken as one. A command or
transaction whose keys lie in different slots is refused, as every cluster does.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache

from engine import commands, slots
from engine.replication.call import Call, Effects
from engine.replication.dialect import Dialect
from engine.replication.effects import RULES, effects
from engine.replication.tally import Tally
from engine.replication.values import Keys
from engine.traces.keyspace import is_script
from engine.traces.model import Flag, Operation

_ASSUMED_START_MS = 1_700_000_000_000  # of a recording without time of day: as many digits as any time of our days
_WAITING = frozenset(("BLPOP", "BRPOP", "BLMOVE", "BRPOPLPUSH", "BLMPOP", "BZPOPMIN", "BZPOPMAX", "BZMPOP"))
_EDGES = frozenset(("MULTI", "EXEC", "DISCARD"))


class Predictor:
    """Feed operations in order of time, then `close`. `tally` holds what was counted until then.

    `speed`: how many times as fast the operations are played (moves the curve, not the bytes). `silent_scripts` counts
    scripts after which the recording shows no command they ran, `refused` operations left out because of their slots.
    """

    def __init__(self, dialect: Dialect, start_us: int | None = None, speed: float = 1.0) -> None:
        self.tally = Tally()
        self.silent_scripts = 0
        self.refused = 0
        self._dialect = dialect
        self._start_ms = _ASSUMED_START_MS if start_us is None else start_us // 1000
        self._unknown_clock = start_us is None
        self._speed = speed
        self._keys = Keys()
        self._open: dict[int, list[Operation]] = {}
        self._script: list[Operation] | None = None  # a script that was called last, and the lines it has run
        self._lines: list[Operation] | None = None  # where further lines of a script belong
        self._waiting: dict[int, Operation] = {}  # blocked clients, longest waiting first

    def populate(self, name: str, args: tuple[bytes, ...], t_us: int = 0) -> None:
        """A command that stood before the recording: it leaves keys and costs nothing."""
        effects(self._call(name, args, t_us))

    def feed(self, operation: Operation) -> None:
        """The next operation of the recording."""
        if operation.flags & Flag.LUA:
            self._script_line(operation)
            return
        self._end_script()
        self._waiting.pop(operation.conn, None)  # it goes on, so its wait is over
        if operation.cmd in _EDGES:
            self._edge(operation)
        elif is_script(operation.cmd):
            self._call_script(operation)
        elif (queue := self._open.get(operation.conn)) is not None:
            queue.append(operation)
        elif _matters(operation.cmd):
            self._run([operation], operation.t_us)

    def close(self, t_us: int) -> None:
        """The recording ends at `t_us`; what expires until then is counted."""
        self._end_script()
        self._expire(t_us)

    # -- scripts and transactions -----------------------------------------------------------------------------------

    def _call_script(self, operation: Operation) -> None:
        queue = self._open.get(operation.conn)
        if queue is None:
            self._script = self._lines = []
        else:
            self._lines = queue

    def _script_line(self, operation: Operation) -> None:
        if self._lines is not None:
            self._lines.append(operation)
        else:
            self._run([operation], operation.t_us)

    def _end_script(self) -> None:
        lines, self._script, self._lines = self._script, None, None
        if lines:
            self._run(lines, lines[0].t_us)
        elif lines is not None:
            self.silent_scripts += 1

    def _edge(self, operation: Operation) -> None:
        queue = self._open.pop(operation.conn, None)
        if operation.cmd == "MULTI":
            self._open[operation.conn] = []
        elif operation.cmd == "EXEC" and queue:
            self._run(queue, operation.t_us)

    # -- what is executed in one piece ------------------------------------------------------------------------------

    def _run(self, operations: Sequence[Operation], t_us: int) -> None:
        self._expire(t_us)
        if _crosses_slots(operations):
            self.refused += len(operations)
            return
        found: Effects = []
        for operation in operations:
            found += effects(self._call(operation.cmd, operation.args or (), t_us))
        if found:
            self._count(found, t_us)
            self._serve(t_us)
        elif len(operations) == 1 and _waits(operations[0]):
            self._waiting[operations[0].conn] = operations[0]

    def _serve(self, t_us: int) -> None:
        """Clients that wait for one of the keys get what is there now, the longest waiting first."""
        served = True
        while served and self._waiting:
            served = False
            for conn, operation in list(self._waiting.items()):
                found = effects(self._call(operation.cmd, operation.args or (), t_us))
                if found:
                    del self._waiting[conn]
                    self._count(found, t_us)
                    served = True

    def _expire(self, t_us: int) -> None:
        for deadline_ms, key in self._keys.due(self._now_ms(t_us)):
            moment_us = max((deadline_ms - self._start_ms) * 1000, 0)
            self.tally.add(moment_us / self._speed, (self._dialect.dropped, key))

    def _count(self, found: Effects, t_us: int) -> None:
        framed: Iterable[tuple[bytes, ...]] = found
        if len(found) > 1:
            framed = [(b"MULTI",), *found, (b"EXEC",)]
        for words in framed:
            self.tally.add(t_us / self._speed, words)

    def _call(self, name: str, args: tuple[bytes, ...], t_us: int) -> Call:
        return Call(name, args, self._now_ms(t_us), self._keys, self._dialect, self._unknown_clock)

    def _now_ms(self, t_us: int) -> int:
        return self._start_ms + t_us // 1000


@cache
def _matters(name: str) -> bool:
    """Whether the command may write."""
    command = commands.find(name)
    return name in RULES or (command is not None and command.write)


def _waits(operation: Operation) -> bool:
    if operation.cmd != "XREADGROUP":
        return operation.cmd in _WAITING
    return any(word.upper() == b"BLOCK" for word in operation.args or ())


def _crosses_slots(operations: Sequence[Operation]) -> bool:
    keys = {key for each in operations for key in commands.key_values(each.cmd, each.args or ())}
    return len(keys) > 1 and len({slots.key_slot(key) for key in keys}) > 1
