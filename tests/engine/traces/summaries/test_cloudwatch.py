"""CloudWatch replies of both shapes become rates, levels and peaks; the figures here are computed by hand."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import InputError
from engine.traces.summaries.profile import shape_profile, summary_json
from engine.traces.summaries.reading import is_summary, read_summary
from engine.traces.summaries.shape import WorkloadShape

MINUTES = ("2026-01-01T00:00:00Z", "2026-01-01T00:01:00Z", "2026-01-01T00:02:00Z")


def statistics(label: str, unit: str, **columns: list[float]) -> dict[str, Any]:
    """A get-metric-statistics reply, its datapoints out of order as the service gives them."""
    points = [
        {"Timestamp": when, **{name: values[i] for name, values in columns.items()}, "Unit": unit}
        for i, when in enumerate(MINUTES[: len(next(iter(columns.values())))])
    ]
    return {"Label": label, "Datapoints": points[1:] + points[:1]}


def data(*results: tuple[str, list[float]], status: str = "Complete") -> dict[str, Any]:
    """A get-metric-data reply."""
    listed = [
        {"Id": f"m{i}", "Label": label, "Timestamps": list(MINUTES), "Values": values, "StatusCode": status}
        for i, (label, values) in enumerate(results)
    ]
    return {"MetricDataResults": listed, "Messages": []}


def shape(folder: Path, *texts: object, seconds_between: float | None = None) -> WorkloadShape:
    """What files with these contents tell."""
    sources = []
    for number, content in enumerate(texts):
        path = folder / f"{number}.json"
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        sources.append((path, path.name))
    assert is_summary(sources)
    return read_summary(sources, seconds_between=seconds_between)


def test_counters_are_sums_per_period_and_gauges_are_levels(tmp_path: Path) -> None:
    found = shape(
        tmp_path,
        statistics("GetTypeCmds", "Count", Sum=[600, 1200, 1800]),
        statistics("BytesUsedForMemoryDB", "Megabytes", Average=[1, 2, 3], Maximum=[2, 3, 5]),
    )
    assert (found.reads_per_s, found.reads_peak_per_s) == (20, 30)
    assert (found.bytes_used, found.bytes_used_peak) == (2_000_000, 5_000_000)
    assert found.span_s == 180
    assert (found.writes_per_s, found.operations_per_s, found.keys) == (None, None, None)
    assert found.tags["reads_per_s"] == "recorded" and "writes_per_s" not in found.tags


def test_several_metrics_of_one_reply_are_all_read(tmp_path: Path) -> None:
    found = shape(
        tmp_path,
        data(
            ("GetTypeCmds", [600, 600, 600]),
            ("SetTypeCmds", [120, 240, 120]),
            ("EvalBasedCmds", [60, 60, 60]),
            ("KeyspaceHits", [90, 90, 90]),
            ("KeyspaceMisses", [10, 10, 10]),
            ("CurrItems", [1000, 1000, 1000]),
            ("BytesUsedForMemoryDB", [200_000, 200_000, 200_000]),
            ("EngineCPUUtilization", [10, 20, 30]),
            ("HashBasedCmds", [60, 60, 60]),
        ),
    )
    assert found.writes_per_s == pytest.approx(160 / 60)
    assert found.writes_peak_per_s == 4
    assert found.operations_per_s == pytest.approx(10 + 160 / 60 + 1)
    assert found.tags["operations_per_s"] == "assumed"
    assert found.hit_rate == pytest.approx(0.9)
    assert (found.keys, found.item_bytes) == (1000, 200)
    assert found.engine_cpu_share == pytest.approx(0.2)
    assert found.engine_cpu_peak_share == 0.3
    assert found.command_types == {"hash": 1}
    profile = shape_profile(found)
    assert profile.curve == (13, 15, 13)
    assert (profile.curve_step_s, profile.reads, profile.keys) == (60, 1800, 1000)


def test_series_of_several_nodes_are_added_up_with_a_note(tmp_path: Path) -> None:
    found = shape(
        tmp_path,
        data(("node-1 CurrItems", [1, 2, 3]), ("node-2 CurrItems", [10, 20, 30])),
        data(("CurrItems", [5] * 3)),
    )
    assert found.keys == 27
    assert any("CurrItems: series of 3 nodes" in note for note in found.notes)


def test_pages_of_one_reply_are_joined(tmp_path: Path) -> None:
    early = statistics("CacheHits", "Count", Sum=[60, 60, 60])
    late = {
        "Label": "CacheHits",
        "Datapoints": [{"Timestamp": "2026-01-01T00:03:00+00:00", "Sum": 60, "Unit": "Count"}],
    }
    misses = statistics("CacheMisses", "Count", Sum=[60, 60, 60])
    found = shape(tmp_path, json.dumps(early) + json.dumps(late) + "\n" + json.dumps(misses))
    assert (found.hit_rate, found.span_s) == (0.5, 240)


def test_the_statistic_may_stand_in_the_label(tmp_path: Path) -> None:
    found = shape(tmp_path, data(("CurrItems Average", [1, 2, 3]), ("CurrItems Maximum", [1, 2, 9])))
    assert found.keys == 2


def test_partial_data_and_other_metrics_are_noted(tmp_path: Path) -> None:
    found = shape(tmp_path, data(("CurrItems", [1, 1, 1]), ("CPUCreditBalance", [1, 1, 1]), status="PartialData"))
    assert any("CurrItems is incomplete" in note for note in found.notes)
    assert any("CPUCreditBalance" in note for note in found.notes)


def test_one_datapoint_needs_its_period(tmp_path: Path) -> None:
    one = statistics("GetTypeCmds", "Count", Sum=[600])
    with pytest.raises(InputError, match=r"0\.json, GetTypeCmds: one datapoint"):
        shape(tmp_path, one)
    assert shape(tmp_path, one, seconds_between=300).reads_per_s == 2


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (statistics("CurrItems", "Count", Sum=[1, 2]), "0.json, CurrItems: its Sum does not tell"),
        (statistics("CurrItems", "Furlongs", Average=[1, 2]), "0.json, CurrItems: the unit"),
        (statistics("Unheard", "Count", Sum=[1, 2]), "no metric here"),
        ({"MetricDataResults": [{"Label": "CurrItems", "Timestamps": MINUTES, "Values": [1]}]}, "3 Timestamps but 1"),
        (data(("CurrItems", [-1, 1, 1])), "0.json, CurrItems: “-1” is no value"),
        ('{"Datapoints": [', "0.json, line 1: the JSON is broken"),
        ('{"Datapoints": ' + "[" * 50_000, "the JSON"),
        ('{"Datapoints": [{"Timestamp": 1, "Sum": NaN}]}', "the JSON cannot be read"),
    ],
)
def test_what_says_nothing_is_refused_by_file_and_metric(tmp_path: Path, content: object, problem: str) -> None:
    with pytest.raises(InputError, match=problem):
        shape(tmp_path, content)


def test_the_json_of_a_summary_is_marked_and_gives_the_shape_back(tmp_path: Path) -> None:
    found = shape(tmp_path, data(("GetTypeCmds", [600, 600, 600])))
    written = json.loads(json.dumps(summary_json(found)))
    assert written["summary"] is True
    assert (written["keys"], written["writes"], written["reads"]) == (None, None, 1800)
    assert written["tags"]["reads_per_s"] == "recorded"
    assert WorkloadShape.from_json(written["shape"]) == found


scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.sampled_from([*MINUTES, "GetTypeCmds", "CurrItems", "Bytes", "Sum"]),
    st.text(max_size=5),
)
names = st.sampled_from(
    ["Label", "Datapoints", "Timestamp", "Sum", "Average", "Unit", "MetricDataResults", "Values", "Id"]
)
trees = st.recursive(
    scalars,
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(names, inner, max_size=5)),
    max_leaves=25,
)


@settings(max_examples=100, deadline=None)
@given(trees)
def test_any_json_raises_nothing_else(tmp_path_factory: pytest.TempPathFactory, tree: object) -> None:
    path = tmp_path_factory.getbasetemp() / "any.json"
    path.write_text(json.dumps({"Label": "CurrItems", "Datapoints": tree, "MetricDataResults": tree}))
    try:
        read_summary([(path, "any")])
    except InputError as error:
        assert error.source


def test_data_written_is_what_the_service_itself_counted(tmp_path: Path) -> None:
    reads = statistics("GetTypeCmds", "Count", Sum=[600, 600, 600])
    found = shape(tmp_path, reads, statistics("ReplicationBytes", "Bytes", Sum=[6_000, 12_000, 18_000]))
    assert summary_json(found)["data_written_recorded"] == {
        "bytes": 36_000,
        "bytes_per_s": 200,
        "peak_bytes_per_s": 300,
        "tag": "recorded",
    }
    assert summary_json(shape(tmp_path, reads))["data_written_recorded"] is None
