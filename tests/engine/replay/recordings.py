"""Small recordings for tests, written as MONITOR prints them and read as a user's would be."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from engine.replay.plan import Index, PlanFacts, PlanFiles
from engine.replay.planning import compile_plan
from engine.replay.survey import Survey
from engine.traces.store import iter_operations, read_header
from tests.engine.traces.reading_as_is import read_recording

START_S = 1_700_000_000


def line(at_s: float, command: str, *, client: str = "127.0.0.1:5000", db: int = 0) -> str:
    """One MONITOR line; the words of `command` are parted by blanks."""
    words = " ".join(f'"{word}"' for word in command.split())
    return f"{START_S + at_s:.6f} [{db} {client}] {words}"


def read(folder: Path, lines: Sequence[str]) -> Path:
    """The lines as a stored trace."""
    source = folder / "monitor.txt"
    source.write_text("OK\n" + "".join(f"{each}\n" for each in lines))
    target = folder / "trace.parquet"
    read_recording(source, target)
    return target


def surveyed(trace: Path) -> Survey:
    """The survey of a trace."""
    survey = Survey()
    for operation in iter_operations(trace):
        survey.look_at(operation)
    survey.close()
    return survey


def planned(folder: Path, lines: Sequence[str], *, speed: float = 1.0) -> tuple[PlanFacts, Index, bytes]:
    """The plan of a recording: its facts, index and payload."""
    trace = read(folder, lines)
    files = PlanFiles(folder / "plan")
    facts = compile_plan(iter_operations(trace), read_header(trace), surveyed(trace), files, speed=speed)
    return facts, files.read_index(), files.payload.read_bytes()


def sent(index: Index, payload: bytes) -> list[bytes]:
    """What each unit sends."""
    return [payload[row["start"] : row["start"] + row["length"]] for row in index]
