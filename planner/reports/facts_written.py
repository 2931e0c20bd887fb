"""What is said of the data written beside its charts: predicted against measured, the burst against the cap, protocol bytes
apart, and what was replicated that nobody sent. Pure.
"""

from __future__ import annotations

from dataclasses import dataclass

from engine.measurement import Measurement
from planner.reports.facts import Facts
from planner.reports.facts_measured import REPLICATION_CAP_BYTES_PER_S
from planner.reports.facts_memory import Finding
from planner.reports.wording import UNKNOWN, billed_size, count, joined, share, size

BURST_CAP_BYTES = REPLICATION_CAP_BYTES_PER_S // 100  # in 10 ms, on one shard
_TRANSACTION = "MULTI"  # all commands of a transaction are sent as one
_PREDICTED = "Predicted from the recording alone"


@dataclass(frozen=True, slots=True)
class WrittenView:
    """Everything said of the data written beside its charts."""

    findings: tuple[Finding, ...]
    effects: Facts


def written_view(measurement: Measurement) -> WrittenView:
    """The card of data written."""
    return WrittenView(written_findings(measurement), effects_facts(measurement))


def written_findings(measurement: Measurement) -> tuple[Finding, ...]:
    """Each figure with its tag and how to read it."""
    return (_predicted(measurement), *_bursts(measurement), _protocol(measurement))


def effects_facts(measurement: Measurement) -> Facts:
    """Commands as sent beside commands as replicated: effects are billed, not requests."""
    title = "Sent and replicated"
    written, sent = measurement.data_written.by_command, measurement.operations_by_class
    if not written:
        return Facts(title, "The recording changed nothing: no data was written.")
    rows = tuple(
        (
            name,
            count(sent[name]) if name in sent else UNKNOWN,
            size(number),
            _each(number, None if name == _TRANSACTION else sent.get(name)),
        )
        for name, number in sorted(written.items(), key=lambda item: (-item[1], item[0]))
    )
    effects = tuple(name for name in written if name not in sent)
    summary = "Bytes of the replication streams by the command that stands in them."
    if effects:
        summary += (
            f" Not sent as such: {joined(effects)}. These are effects of scripts, transactions, times to live that are set, "
            "and expiry (DEL or UNLINK). A script itself is not replicated; what it wrote is."
        )
    if _TRANSACTION in sent:
        summary += " Commands inside transactions count as sent under MULTI."
    return Facts(title, summary, ("Command", "Sent", "Replicated", "For each sent"), rows)


def difference(measurement: Measurement) -> float | None:
    """Predicted / measured - 1; None without a prediction or with nothing written."""
    found, written = measurement.written_predicted, measurement.data_written.bytes
    return found.bytes / written - 1 if found and written else None


def _each(number: int, sent: int | None) -> str:
    return f"{number / sent:,.0f} B" if sent else UNKNOWN


def _predicted(measurement: Measurement) -> Finding:
    found, apart = measurement.written_predicted, difference(measurement)
    if found is None:
        words = (
            "Recordings of more than 200,000 operations are predicted by `profile --written-as`; closed loops are not."
        )
        return Finding(_PREDICTED, "not predicted in this run", "derived", words)
    beside = f"{count(measurement.data_written.bytes)} bytes were measured" + (
        f": {apart:+.2%}" if apart else ", the same to the byte" if apart is not None else ""
    )
    silent = (
        f" {count(found.silent_scripts)} scripts of which it shows no command are missing."
        if found.silent_scripts
        else ""
    )
    return Finding(
        _PREDICTED,
        f"{count(found.bytes)} bytes",
        "derived",
        f"{beside}. Effects played in the words of {found.engine}, for services that let no replica attach.{silent}",
    )


def _bursts(measurement: Measurement) -> tuple[Finding, ...]:
    burst, found = measurement.data_written.bytes_peak_10ms, measurement.written_predicted
    cap = f"of the {billed_size(BURST_CAP_BYTES)} that 100 MB/s allow a shard in 10 ms"
    measured = Finding(
        "Largest burst of 10 ms",
        size(burst),
        "measured",
        UNKNOWN
        if burst is None
        else f"{share(burst / BURST_CAP_BYTES)} {cap}; busiest shard, at the pace of the replay",
    )
    if found is None:
        return (measured,)
    used = share(found.peak_10ms_bytes / BURST_CAP_BYTES)
    words = f"{used} {cap}, were all keys on one; without what a busy machine sends late"
    return (measured, Finding("The same, predicted", size(found.peak_10ms_bytes), "derived", words))


def _protocol(measurement: Measurement) -> Finding:
    written = measurement.data_written
    parts = tuple(f"{name} {size(number)}" for name, number in written.protocol_by_command.items())
    return Finding(
        "Protocol, apart",
        size(written.protocol_bytes),
        "measured",
        f"{joined(parts) or 'none'}: bytes of replication itself, which are not the workload's and in no figure above.",
    )
