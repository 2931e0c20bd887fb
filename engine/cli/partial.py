"""What `replay` prints of a run that was ended: what had been measured until then, as text and as JSON."""

from __future__ import annotations

import sys

from engine.cli.terminal import latency_rows, table, write_json
from engine.partial import Partial, to_json
from engine.units import format_bytes


def tell_partial(partial: Partial, json_file: str | None) -> None:
    """The JSON to `json_file` where one was asked for, the text to standard output unless the JSON goes there."""
    if json_file:
        write_json(to_json(partial), json_file)
    if json_file != "-":
        sys.stdout.write(as_text(partial))


def as_text(partial: Partial) -> str:
    """The partial result for people."""
    rows = _facts(partial)
    width = max(len(name) for name, _ in rows)
    facts = "".join(f"  {name:<{width}}  {value}\n" for name, value in rows)
    latency = latency_rows(partial.latency_us)
    times = f"Latency of what was answered\n{table(latency)}\n" if latency else ""
    return f"PARTIAL RESULT: {partial.ended_by.kind}. Nothing is estimated from it.\n{facts}\n{times}"


def _facts(partial: Partial) -> list[tuple[str, str]]:
    operations, memory, written = partial.operations, partial.memory, partial.data_written
    reached = "the replay had not begun" if partial.replayed_s is None else f"{partial.replayed_s:.1f} s of the replay"
    errors = ", ".join(f"{count:,} {kind}" for kind, count in operations.errors.items()) or "none"
    rows = [(each.kind, each.sentence) for each in partial.incidents]
    rows += [
        ("reached", f"{reached}, in phase {partial.phase}; recorded are {partial.recorded_s:.1f} s"),
        ("operations", f"{operations.sent:,} of {operations.planned:,} sent, {operations.answered:,} answered"),
        ("errors", errors),
    ]
    if memory is not None:
        rows.append(
            ("memory of the keys", f"{format_bytes(memory.keyspace_bytes)} in {memory.keys:,} keys, not settled")
        )
    if written is not None:
        rows.append(("data written", f"{format_bytes(written.bytes)} ({written.bytes:,} bytes) until then"))
    return rows
