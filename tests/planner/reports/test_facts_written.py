"""What is said of the data written: predicted beside measured, bursts against the cap, effects nobody sent."""

from __future__ import annotations

from dataclasses import replace

from engine.measurement import Measurement, WrittenPrediction
from planner.reports.facts_written import difference, effects_facts, written_findings
from tests.planner.reports.factories import make_measurement


def predicted(share: float) -> Measurement:
    plain = make_measurement()
    total = round(plain.data_written.bytes * share)
    return replace(plain, written_predicted=WrittenPrediction("valkey-9", total, 90_000, 52_428, 0, {}))


def test_the_prediction_stands_beside_the_measurement_with_the_difference() -> None:
    first = written_findings(predicted(1.01))[0]
    assert first.tag == "derived"
    assert "+1.00%" in first.words
    assert "the same to the byte" in written_findings(predicted(1.0))[0].words
    assert difference(make_measurement()) is None


def test_bursts_are_held_against_a_megabyte_in_ten_milliseconds() -> None:
    plain = predicted(1.0)
    found = written_findings(replace(plain, data_written=replace(plain.data_written, bytes_peak_10ms=250_000)))
    assert (found[1].value, found[1].tag) == ("244 KiB", "measured")
    assert found[1].words.startswith("25 % of the 1 MB")
    assert (found[2].value, found[2].tag) == ("51.2 KiB", "derived")


def test_what_was_replicated_and_never_sent_is_called_an_effect() -> None:
    plain = make_measurement(operations_by_class={"SET": 100, "EVALSHA": 10})
    facts = effects_facts(
        replace(
            plain, data_written=replace(plain.data_written, by_command={"SET": 13_200, "PEXPIREAT": 500, "DEL": 40})
        )
    )
    assert facts.rows == (
        ("SET", "100", "12.9 KiB", "132 B"),
        ("PEXPIREAT", "–", "500 B", "–"),
        ("DEL", "–", "40 B", "–"),
    )
    assert "Not sent as such: PEXPIREAT and DEL." in facts.summary


def test_protocol_bytes_are_apart() -> None:
    plain = make_measurement()
    last = written_findings(plain)[-1]
    assert last.name == "Protocol, apart"
    assert "in no figure above" in last.words
