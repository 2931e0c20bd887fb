"""What is said of snapshots under load: a row for each case, and a plain word where it was not measured."""

from __future__ import annotations

from dataclasses import replace

from engine.measurement import Measurement, SnapshotCase, SnapshotImpact
from planner.reports.facts_snapshot import COLUMNS, headroom_bytes, snapshot_facts
from tests.planner.reports.factories import make_measurement, quantiles


def with_impact() -> Measurement:
    """Quiet 100 µs at the median; twice that on a replica, ten times on the primary."""
    cases = (
        SnapshotCase("quiet", 900, 0, quantiles(100, 900), 0, None, None, None),
        SnapshotCase("primary", 300, 4, quantiles(1_000, 300), 9, 0.12, 4_684, 6_815_744),
        SnapshotCase("replica", 310, 1, quantiles(200, 310), 10, 0.11, 956, 7_340_032),
    )
    plain = make_measurement()
    return replace(plain, snapshot=replace(plain.snapshot, impact=SnapshotImpact(1.0, 2, cases)))


def test_each_case_is_a_row_with_its_units() -> None:
    facts = snapshot_facts(with_impact())
    assert len(facts.columns) == len(COLUMNS)
    assert facts.rows[0] == ("no snapshot", "900", "100 µs", "420 µs", "4.10 ms", "0", "–", "–", "–")
    assert facts.rows[1][0:3] == ("on the primary", "300", "1 ms")
    assert facts.rows[1][5:] == ("9", "0.12 s", "4.68 ms", "6.50 MiB")


def test_the_sentence_compares_the_99th_percentiles_and_names_what_is_shared() -> None:
    summary = snapshot_facts(with_impact()).summary
    assert "420 µs without, 4.20 ms on the primary and 840 µs on a replica" in summary
    assert "2 processors" in summary


def test_the_most_pages_copied_are_what_a_fork_needs_free() -> None:
    assert headroom_bytes(with_impact()) == 7_340_032
    assert headroom_bytes(make_measurement()) is None


def test_a_run_without_it_says_so() -> None:
    facts = snapshot_facts(make_measurement())
    assert not facts.rows
    assert facts.summary.startswith("Not measured")
