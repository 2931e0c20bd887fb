"""Turns actions into lines: which connection, at which moment, with which words."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha1
from itertools import pairwise, repeat

from engine.traces.block import I64
from engine.traces.generation.drawing import Drawing, written
from engine.traces.generation.template import Template
from engine.traces.generation.variables import Counter, Index, Variable
from engine.traces.generation.workload import SCRIPT, Action, Workload

STEP_US = 500  # between commands of one action that wait for each other's reply
Line = tuple[int, int, bool, list[bytes]]
"""Microseconds, connection, whether a script ran it, words."""


@dataclass(frozen=True, slots=True)
class Connections:
    """The connections of one group of clients: `count` of them from `first` on."""

    first: int
    count: int


@dataclass(frozen=True, slots=True)
class Groups:
    """The groups of clients by name, and the connections each has: even parts of all."""

    names: tuple[str, ...]
    connections: tuple[Connections, ...]

    @classmethod
    def of(cls, workload: Workload) -> Groups:
        """The groups in the order in which the workload names them."""
        names = tuple(dict.fromkeys(action.client for action in workload.actions))
        edges = [workload.connections * place // len(names) for place in range(len(names) + 1)]
        parts = [Connections(a, b - a) for a, b in pairwise(edges)]
        return cls(names, tuple(parts))

    def group_of(self) -> tuple[int, ...]:
        """The group of each connection."""
        return tuple(place for place, part in enumerate(self.connections) for _ in range(part.count))


class Rows:
    """Values of the variables a few templates use, row by row; counters count on as each row is taken."""

    def __init__(self, drawing: Drawing, variables: Mapping[str, Variable], names: Sequence[str]) -> None:
        self._drawing = drawing
        self._variables = _complete(variables, names)
        self.places = {name: place for place, name in enumerate(self._variables)}
        self._counters = [
            (place, one, self.places.get(one.per or ""))
            for place, one in enumerate(self._variables.values())
            if isinstance(one, Counter)
        ]

    def draw(self, times_us: I64, swept: tuple[str, I64] | None = None) -> Iterator[list[bytes]]:
        """One row for each time. `swept`: an index variable and the ranks it is to take instead of drawn ones."""
        columns = []
        for name, one in self._variables.items():
            if swept is not None and name == swept[0] and isinstance(one, Index):
                columns.append(written(one, swept[1]))
            else:
                columns.append(self._drawing.column(one, times_us))
        rows = zip(*columns, strict=True) if columns else repeat((), len(times_us))
        return self._counted(rows) if self._counters else map(list, rows)

    def _counted(self, rows: Iterator[tuple[bytes, ...]]) -> Iterator[list[bytes]]:
        for row in rows:
            values = list(row)
            for place, counter, per in self._counters:
                values[place] = self._drawing.step(counter, b"" if per is None else values[per])
            yield values


def _complete(variables: Mapping[str, Variable], names: Sequence[str]) -> dict[str, Variable]:
    """The named variables and those they are counted by, in the workload's order."""
    wanted = set(names)
    for name in names:
        one = variables.get(name)
        if isinstance(one, Counter) and one.per:
            wanted.add(one.per)
    return {name: one for name, one in variables.items() if name in wanted}


class Performer:
    """One action, ready to be done. `load` is the command that makes its script known."""

    def __init__(self, action: Action, drawing: Drawing, variables: Mapping[str, Variable], part: Connections) -> None:
        self.connections = part
        self.load: tuple[bytes, ...] | None = None
        used = {name for one in (*action.commands, *action.runs) for name in one.names} - {SCRIPT}
        if action.connection_by is not None:
            used.add(action.connection_by)
        self._rows = Rows(drawing, variables, sorted(used))
        self._random = drawing.random
        self._by = None if action.connection_by is None else self._rows.places[action.connection_by]
        self._commands = self._fills(action, action.commands)
        self._runs = self._fills(action, action.runs)
        self._together = action.transaction
        if action.script is not None:
            self.load = (b"SCRIPT", b"LOAD", action.script.encode())

    def _fills(self, action: Action, templates: Sequence[Template]) -> list[Callable[[Sequence[bytes]], list[bytes]]]:
        places = self._rows.places
        if action.script is not None:
            digest = sha1(action.script.encode(), usedforsecurity=False).hexdigest().encode()
            templates = [one.with_fixed(SCRIPT, digest) for one in templates]
        return [one.compiled(places) for one in templates]

    def columns(self, times_us: I64) -> Iterator[tuple[int, list[bytes]]]:
        """For each time: the connection and the values."""
        rows = self._rows.draw(times_us)
        first, count = self.connections.first, self.connections.count
        if self._by is None:
            numbers = self._random.integers(first, first + count, len(times_us)).tolist()
            return zip(numbers, rows, strict=True)
        return ((first + zlib.crc32(values[self._by]) % count, values) for values in rows)

    def perform(self, time_us: int, conn: int, values: list[bytes]) -> Iterator[list[Line]]:
        """Groups of lines that stay together, each with its own time."""
        if self._together:
            inside = [(time_us, conn, False, fill(values)) for fill in self._commands]
            yield [(time_us, conn, False, [b"MULTI"]), *inside, (time_us, conn, False, [b"EXEC"])]
            return
        for turn, fill in enumerate(self._commands):
            at = time_us + turn * STEP_US
            lines: list[Line] = [(at, conn, False, fill(values))]
            if turn == 0:
                lines += [(at, conn, True, run(values)) for run in self._runs]
            yield lines


def performers(workload: Workload, drawing: Drawing, groups: Groups) -> list[Performer]:
    """One for each action."""
    variables = {one.name: one for one in workload.variables}
    parts = dict(zip(groups.names, groups.connections, strict=True))
    return [Performer(action, drawing, variables, parts[action.client]) for action in workload.actions]
