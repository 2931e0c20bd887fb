"""From a recording, whatever its format, to a stored trace: streaming, in constant memory, all or nothing.

The format is recognised by content, never by name. Bad input raises InputError that names the file and the line or
byte; the trace file then does not exist.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from pathlib import Path

from engine.errors import InputError
from engine.progress import Report, ShouldStop, ignore, never
from engine.traces.formats import monitor
from engine.traces.model import TraceHeader
from engine.traces.source import Source, lines
from engine.traces.store import TraceWriter

_UTF16 = (b"\xff\xfe", b"\xfe\xff")  # what some Windows shells write when output goes to a file


def read_recording(
    source: Path,
    target: Path,
    *,
    source_name: str = "",
    report: Report = ignore,
    should_stop: ShouldStop = never,
) -> TraceHeader:
    """Read a recording (MONITOR, plain or gzip) into the trace file `target` and return its header.

    `source_name` is what the person calls the file (default: its own name). Reports phase `read` in bytes of the file.
    Raises InputError, or Cancelled when `should_stop` says so.
    """
    stream = Source(source, source_name or source.name, report, should_stop)
    with TraceWriter(target) as writer:
        reader = monitor.MonitorReader(writer, stream.name)
        for complete, unfinished in _recognised(stream):
            reader.take(complete, unfinished)
        reader.finish()
        header = _header(stream, reader)
        writer.header = header
    return writer.header


def _recognised(stream: Source) -> Iterator[tuple[list[bytes], bool]]:
    """All lines, once the first ones look like a format that is known."""
    groups = lines(stream)
    first = next(groups, None)
    if first is None or not monitor.recognised(first[0]):
        raise _not_a_recording(stream, first[0] if first else [])
    yield from chain([first], groups)


def _not_a_recording(stream: Source, head: list[bytes]) -> InputError:
    telling = next((line for line in head if line.strip() not in (b"", b"OK", b"+OK")), None)
    if telling is None:
        return InputError("there is no command in the file.", source=stream.name, expected=monitor.EXPECTED)
    return InputError(
        f"not a MONITOR recording; it has {_shown(telling)}.",
        source=stream.name,
        line=head.index(telling) + 1,
        expected=monitor.EXPECTED,
        remedy="The file is UTF-16: save it as UTF-8." if head[0].startswith(_UTF16) else "",
    )


def _shown(line: bytes, longest: int = 60) -> str:
    """The beginning of a line, printable."""
    text = line[:longest].decode("utf-8", "backslashreplace")
    printable = "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text)
    return f"“{printable[:longest]}{'…' if len(line) > longest else ''}”"


def _header(stream: Source, reader: monitor.MonitorReader) -> TraceHeader:
    return TraceHeader(
        format=monitor.FORMAT,
        source_name=stream.name,
        source_sha256=stream.sha256,
        source_bytes=stream.size,
        operations=reader.operations,
        connections=reader.connections,
        duration_us=reader.duration_us,
        clock_resolution_us=monitor.CLOCK_RESOLUTION_US,
        first_wall_clock_us=reader.first_us,
        skipped=dict(reader.skipped),
        notes=reader.notes(),
    )
