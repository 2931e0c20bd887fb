"""From a recording, whatever its format, to a stored trace: streaming, in constant memory, all or nothing.

The format is recognised by content, never by name. Keys and values are redacted on the way (DESIGN §3), unless the
options say not to. Bad input raises InputError that names the file and the line or byte; the trace file then does not
exist.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from engine.progress import Report, ShouldStop, ignore, never
from engine.traces.formats.reader import About, Options
from engine.traces.formats.registry import reader_of
from engine.traces.intake import Intake
from engine.traces.model import TraceHeader
from engine.traces.redaction import KEY_BYTES, REDACTION, Redactor
from engine.traces.store import TraceWriter
from engine.traces.wrapping import Unwrapped, unwrap

NOT_REDACTED = "none"
_DEFAULTS = Options()


def read_recording(
    source: Path | Sequence[tuple[Path, str]],
    target: Path,
    *,
    source_name: str = "",
    options: Options = _DEFAULTS,
    report: Report = ignore,
    should_stop: ShouldStop = never,
) -> TraceHeader:
    """Read a recording into the trace file `target` and return its header.

    `source`: one file, or several with the names the person knows them by: the files of several nodes, or the parts of
    one. `source_name` is what the person calls the input (default: its own name). Reports phase `read` in bytes of the
    input. Raises InputError, or Cancelled when `should_stop` says so.
    """
    sources = [(source, source_name or source.name)] if isinstance(source, Path) else list(source)
    options = _with_key(options)
    with unwrap(sources, report=report, should_stop=should_stop) as unwrapped:
        reader = reader_of(unwrapped.members, options)
        with TraceWriter(target) as writer:
            intake = Intake(writer, _redactor(options))
            for block in reader.blocks():
                intake.take(block)
            intake.check(source_name or unwrapped.name)
            writer.header = _header(unwrapped, source_name, reader.about, intake, redacted=options.redact)
    return writer.header


def _with_key(options: Options) -> Options:
    """One redaction key for the readers and the words: random unless it is given."""
    return replace(options, redaction_key=options.redaction_key or secrets.token_bytes(KEY_BYTES))


def _redactor(options: Options) -> Redactor | None:
    return Redactor(options.redaction_key or b"", options.keep_words) if options.redact else None


def _header(unwrapped: Unwrapped, name: str, about: About, intake: Intake, *, redacted: bool) -> TraceHeader:
    groups, group_of = intake.groups.of(about.clients)
    return TraceHeader(
        format=about.format,
        source_name=name or unwrapped.name,
        source_sha256=unwrapped.sha256,
        source_bytes=unwrapped.size,
        operations=intake.operations,
        connections=max(intake.connections, len(about.clients)),
        duration_us=intake.duration_us,
        clock_resolution_us=about.clock_resolution_us,
        first_wall_clock_us=intake.first_us if about.has_clock else None,
        engine_version=about.engine_version,
        key_sampling=about.key_sampling,
        redaction=REDACTION if redacted else NOT_REDACTED,
        skipped=dict(about.skipped),
        notes=about.notes,
        population=intake.population,
        groups=groups,
        group_of=group_of,
        writes_only=about.writes_only,
        keyspace=about.keyspace,
    )
