"""Writes the recording of a workload: what stands there at the start, then what clients do, in order of time.

Streaming: a block of actions is drawn at a time. The same workload, parameters and seed give the same bytes.
"""

from __future__ import annotations

import hashlib
import heapq
import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np

from engine.errors import InputError
from engine.progress import Progress, Report, ShouldStop, stop_if_asked
from engine.traces.block import Command, block_of
from engine.traces.generation import mixing
from engine.traces.generation.arrivals import arrivals
from engine.traces.generation.drawing import START_US, Drawing
from engine.traces.generation.performing import Groups, Line, Performer, Rows, performers
from engine.traces.generation.variables import Index
from engine.traces.generation.workload import Population, Slider, Workload
from engine.traces.intake import Intake
from engine.traces.model import TraceHeader
from engine.traces.store import TraceWriter

FORMAT = "generated"
VERSION = 1  # of the generator: another one gives other bytes for the same seed
_BLOCK = 8_192  # actions, or values of a population, drawn at a time
_BLOCK_BYTES = 8 << 20  # of words: large values close a block early


def write_trace(
    workload: Workload,
    parameters: Mapping[str, float],
    *,
    seed: int,
    target: Path,
    report: Report,
    should_stop: ShouldStop,
    notes: tuple[str, ...] = (),
    key_sampling: float = 1.0,
) -> TraceHeader:
    """Generate the whole trace. `parameters` has a value for each slider. Raises InputError, Cancelled."""
    if seed < 0:
        raise InputError(f"{seed} is no seed.", source="seed", expected="a whole number from 0 on.")
    drawing = Drawing(np.random.Generator(np.random.PCG64(seed)), parameters)
    with TraceWriter(target) as writer:
        generator = _Generator(workload, drawing, writer, report, should_stop)
        population = generator.populate()
        generator.play()
        header = _header(workload, parameters, seed, population)
        writer.header = replace(header, notes=(*header.notes, *notes), key_sampling=key_sampling)
    return writer.header


class _BlockWriter:
    """Gathers lines into blocks for the pipeline every recording takes."""

    def __init__(self, writer: TraceWriter) -> None:
        self._intake = Intake(writer, None)
        self._intake.first_us = START_US
        self._lines: list[Command] = []
        self._bytes = 0
        self.populating = False

    def write(self, line: Line) -> None:
        """Add one line; times must not go backwards."""
        time_us, conn, lua, words = line
        self._lines.append((START_US + time_us, conn, 0, lua, words))
        self._bytes += sum(map(len, words))
        if len(self._lines) >= _BLOCK or self._bytes >= _BLOCK_BYTES:
            self.flush()

    def flush(self) -> None:
        """Hand on what is gathered."""
        self._intake.take(block_of(self._lines, population=self.populating))
        self._lines, self._bytes = [], 0


class _Generator:
    def __init__(
        self, workload: Workload, drawing: Drawing, writer: TraceWriter, report: Report, should_stop: ShouldStop
    ) -> None:
        self.workload = workload
        self.drawing = drawing
        self.writer = _BlockWriter(writer)
        self.report = report
        self.should_stop = should_stop
        self.duration_us = round(drawing.parameters["duration_s"] * 1e6)

    # -- what stands there at the start ------------------------------------------------------------------------------

    def populate(self) -> int:
        """Write the commands that make the starting keyspace; answers how many."""
        count = 0
        self.writer.populating = True
        for population in self.workload.population:
            for words in self._creations(population):
                self.writer.write((0, 0, False, words))
                count += 1
        self.writer.flush()
        self.writer.populating = False
        return count

    def _creations(self, population: Population) -> Iterator[list[bytes]]:
        variables = {one.name: one for one in self.workload.variables}
        rows = Rows(self.drawing, variables, sorted({name for one in population.commands for name in one.names}))
        fills = [one.compiled(rows.places) for one in population.commands]
        each = variables.get(population.each or "")
        total = population.repeat * (self.drawing.count(each.count) if isinstance(each, Index) else 1)
        for start in range(0, total, _BLOCK):
            self._pause("population", start, total, "keys")
            ranks = np.arange(start, min(start + _BLOCK, total), dtype=np.int64) // population.repeat
            for values in rows.draw(np.zeros(len(ranks), np.int64), (population.each or "", ranks)):
                for fill in fills:
                    yield fill(values)

    # -- what clients do ---------------------------------------------------------------------------------------------

    def play(self) -> None:
        """Write every action in order of time; an action's later commands find their place among others'."""
        groups = Groups.of(self.workload)
        acting = performers(self.workload, self.drawing, groups)
        loads = {performer.load: performer.connections.first for performer in reversed(acting) if performer.load}
        for load, connection in reversed(loads.items()):
            self.writer.write((0, connection, False, list(load)))
        waiting: list[tuple[int, int, list[Line]]] = []
        turn = 0
        for time_us, performer, conn, values in self._actions(acting):
            self._release(waiting, time_us)
            for lines in performer.perform(time_us, conn, values):
                heapq.heappush(waiting, (lines[0][0], turn, lines))
                turn += 1
        self._release(waiting, self.duration_us + (1 << 40))
        self.writer.flush()

    def _release(self, waiting: list[tuple[int, int, list[Line]]], until_us: int) -> None:
        while waiting and waiting[0][0] <= until_us:
            for time_us, conn, lua, words in heapq.heappop(waiting)[2]:
                self.writer.write((min(time_us, self.duration_us), conn, lua, words))

    def _actions(self, acting: list[Performer]) -> Iterator[tuple[int, Performer, int, list[bytes]]]:
        """Time, who, on which connection, and the values of the action's variables, in order of time."""
        parameters, random = self.drawing.parameters, self.drawing.random
        shares = mixing.probabilities(self.workload, parameters["read_share"])
        per_s = parameters["rate"] / mixing.commands_per_action(self.workload, shares)
        times = arrivals(
            random, per_s=per_s, duration_s=parameters["duration_s"], peak=self.workload.peak, block=_BLOCK
        )
        for block in times:
            if len(block):
                self._pause("generate", int(block[0]) // 1000, self.duration_us // 1000, "ms of workload")
            chosen = random.choice(len(acting), len(block), p=shares)
            columns = [one.columns(block[chosen == place]) for place, one in enumerate(acting)]
            for time_us, place in zip(block.tolist(), chosen.tolist(), strict=True):
                yield time_us, acting[place], *next(columns[place])

    def _pause(self, phase: str, done: int, total: int, unit: str) -> None:
        stop_if_asked(self.should_stop)
        self.report(Progress(phase, done, total, unit))


def _header(workload: Workload, parameters: Mapping[str, float], seed: int, population: int) -> TraceHeader:
    about = workload.about
    described = {"workload": repr(workload), "parameters": dict(parameters), "seed": seed, "version": VERSION}
    canonical = json.dumps(described, sort_keys=True, separators=(",", ":")).encode()
    groups = Groups.of(workload)
    return TraceHeader(
        format=FORMAT,
        source_name=about.id,
        source_sha256=hashlib.sha256(canonical).hexdigest(),
        source_bytes=len(canonical),
        operations=0,
        connections=workload.connections,
        duration_us=round(parameters["duration_s"] * 1e6),
        clock_resolution_us=1,
        first_wall_clock_us=START_US,
        notes=_notes(workload, parameters, seed),
        population=population,
        groups=groups.names,
        group_of=groups.group_of(),
    )


def _notes(workload: Workload, parameters: Mapping[str, float], seed: int) -> tuple[str, ...]:
    about = workload.about
    shown = ", ".join(_shown(slider, parameters[slider.name]) for slider in about.sliders)
    sentences = [f"Generated, not recorded: {about.title}, seed {seed}, with {shown}."]
    return (*sentences, about.attribution) if about.attribution else tuple(sentences)


def _shown(slider: Slider, value: float) -> str:
    """`rate 1,000 commands/s`; keys by their unit alone, which says what they are."""
    number = f"{value:,.6g} {slider.unit}".rstrip()
    return number if slider.name == "keys" else f"{slider.label[0].lower()}{slider.label[1:]} {number}"
