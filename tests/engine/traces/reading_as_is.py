"""Reading a recording without redaction, for tests that look at the words of what they wrote."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from engine.progress import Report, ShouldStop, ignore, never
from engine.traces import reading
from engine.traces.formats.reader import Options
from engine.traces.model import TraceHeader

AS_IS = Options(redact=False)


def read_recording(
    source: Path | Sequence[tuple[Path, str]],
    target: Path,
    *,
    source_name: str = "",
    options: Options = AS_IS,
    report: Report = ignore,
    should_stop: ShouldStop = never,
) -> TraceHeader:
    """As `engine.traces.reading.read_recording`, words kept as they are."""
    return reading.read_recording(
        source, target, source_name=source_name, options=options, report=report, should_stop=should_stop
    )
