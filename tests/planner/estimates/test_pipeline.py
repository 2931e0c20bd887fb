"""From a recording to a document without a database: real reading and sizing; the measurement is made by hand."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from engine.errors import Cancelled, InputError
from engine.progress import Progress
from engine.traces.formats.reader import Options
from engine.traces.redaction import key_from_content
from engine.traces.store import iter_operations
from planner.estimates.pipeline import Analysis, analyse, analysis_from_json, analysis_to_json, build_document
from planner.reports.charts import hit_curve_chart
from planner.reports.document import from_json, to_json
from planner.reports.facts_money import database_bills
from planner.sizing.model.answers import Answers
from tests.planner.sizing.factories import make_curve, make_items, make_measurement

RECORDING = Path(__file__).parents[2] / "data" / "monitor" / "mixed_7.0.15.txt.gz"
CREATED = datetime(2026, 3, 14, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def analysis(tmp_path_factory: pytest.TempPathFactory) -> Analysis:
    return analyse(RECORDING, tmp_path_factory.mktemp("trace") / "trace.parquet")


def test_an_analysis_holds_what_the_recording_tells(analysis: Analysis) -> None:
    assert analysis.header.source_name == RECORDING.name
    assert analysis.header.operations == analysis.profile["operations"] == 12_148
    assert analysis.items.writes > 0
    assert analysis.hit_curve[-1].hit_rate >= analysis.hit_curve[0].hit_rate


def test_an_analysis_survives_the_round_trip_through_text(analysis: Analysis) -> None:
    assert analysis_from_json(json.loads(json.dumps(analysis_to_json(analysis)))) == analysis


@pytest.mark.parametrize("part", ["header", "profile", "items", "hit_curve"])
def test_an_analysis_with_a_missing_part_is_refused(analysis: Analysis, part: str) -> None:
    data = analysis_to_json(analysis)
    del data[part]
    with pytest.raises(InputError, match="not the analysis of a recording"):
        analysis_from_json(data)


def test_progress_names_the_phases_in_order(tmp_path: Path) -> None:
    reports: list[Progress] = []
    analyse(RECORDING, tmp_path / "trace.parquet", report=reports.append)
    assert list(dict.fromkeys(progress.phase for progress in reports)) == ["read", "profile", "items", "hit_curve"]


def test_a_stop_ends_the_analysis_and_leaves_no_trace_behind(tmp_path: Path) -> None:
    with pytest.raises(Cancelled):
        analyse(RECORDING, tmp_path / "trace.parquet", should_stop=lambda: True)
    assert list(tmp_path.glob("*trace*")) == []


def test_a_file_that_is_no_recording_is_refused_by_name(tmp_path: Path) -> None:
    source = tmp_path / "notes.txt"
    source.write_text("hello\n")
    with pytest.raises(InputError, match=r"notes\.txt"):
        analyse(source, tmp_path / "trace.parquet")
    assert list(tmp_path.glob("*trace*")) == []


def test_the_same_file_read_twice_with_the_key_of_its_content_is_the_same_redacted_trace(tmp_path: Path) -> None:
    keys = []
    for name in ("first", "second"):
        options = Options(redaction_key=key_from_content([RECORDING]))
        analyse(RECORDING, tmp_path / name, options=options)
        keys.append([operation.key for operation in iter_operations(tmp_path / name)])
    assert keys[0] == keys[1]
    analyse(RECORDING, tmp_path / "as it is", options=Options(redact=False))
    assert keys[0] != [operation.key for operation in iter_operations(tmp_path / "as it is")]


def test_of_figures_a_workload_that_matches_them_is_generated_and_analysed(tmp_path: Path) -> None:
    times = [f"2026-03-01T12:{minute:02d}:00Z" for minute in range(60)]
    metrics = {"GetTypeCmds": 2400.0, "SetTypeCmds": 600.0, "CurrItems": 500.0}
    results = [
        {"Id": name.lower(), "Label": name, "Timestamps": times, "Values": [value] * 60, "StatusCode": "Complete"}
        for name, value in metrics.items()
    ]
    (tmp_path / "metrics.json").write_text(json.dumps({"MetricDataResults": results}))
    found = analyse(tmp_path / "metrics.json", tmp_path / "trace.parquet")
    assert found.profile["duration_s"] == pytest.approx(60, rel=0.1)
    assert found.profile["mean_ops_per_s"] == pytest.approx(50, rel=0.2)
    assert found.profile["reads"] / found.profile["writes"] == pytest.approx(4, rel=0.2)


def make_analysis(analysis: Analysis) -> Analysis:
    """The real header and profile with items and a curve to compute from."""
    return Analysis(analysis.header, analysis.profile, make_items(), make_curve())


def test_a_document_joins_measurement_answers_and_recording(analysis: Analysis) -> None:
    measurement = make_measurement(trace_sha256=analysis.header.source_sha256)
    document = build_document(
        analysis=analysis, measurement=measurement, answers=Answers(), name="Shop", created=CREATED
    )
    assert (document.name, document.created, document.measurement) == ("Shop", CREATED, measurement)
    assert [design.id for design in document.result.designs] == list(Answers().designs)
    assert document.profile.operations == 12_148
    assert from_json(json.loads(json.dumps(to_json(document)))) == document


def test_the_same_parts_give_the_same_document_to_the_cent(analysis: Analysis) -> None:
    measurement = make_measurement(trace_sha256=analysis.header.source_sha256)
    first, second = (
        build_document(analysis=analysis, measurement=measurement, answers=Answers(), name="x", created=CREATED)
        for _ in range(2)
    )
    assert to_json(first) == to_json(second)


def test_a_measurement_of_another_recording_is_refused(analysis: Analysis) -> None:
    measurement = make_measurement(trace_sha256="0" * 64)
    with pytest.raises(InputError, match="of another recording"):
        build_document(analysis=analysis, measurement=measurement, answers=Answers(), name="x", created=CREATED)


@pytest.mark.parametrize("consistency", ["eventual", "strong"])
def test_the_database_bill_of_the_chart_is_the_bill_of_the_design(analysis: Analysis, consistency: str) -> None:
    """At half the data the curve has a point of its own: the drawn bill must be the design's database lines."""
    answers = Answers(cache_share=0.5, read_consistency=consistency)
    document = build_document(
        analysis=make_analysis(analysis),
        measurement=make_measurement(trace_sha256=analysis.header.source_sha256),
        answers=answers,
        name="x",
        created=CREATED,
    )
    design = document.design("elasticache-valkey+dynamodb-on-demand")
    assert design is not None
    lines = [line for line in design.lines if line.name in ("Write request units", "Read request units", "Storage")]
    assert len(lines) == 3
    assert database_bills(document)[1] == sum((line.amount or Decimal(0) for line in lines), Decimal(0))
    assert len(hit_curve_chart(document).figure["data"]) == 2


def test_prices_are_taken_as_of_the_day_of_the_document(analysis: Analysis) -> None:
    measurement = make_measurement(trace_sha256=analysis.header.source_sha256)
    document = build_document(analysis=analysis, measurement=measurement, answers=Answers(), name="x", created=CREATED)
    assert document.created.date() == date(2026, 3, 14)
    assert document.result.price_lists
