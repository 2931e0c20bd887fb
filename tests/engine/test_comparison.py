"""Side by side: what was measured in both modes, what is assumed apart from it, and what others published as published."""

from __future__ import annotations

from dataclasses import replace

from engine import comparison, published
from engine.cli import compare
from engine.cluster import durability
from engine.comparison import Comparison
from engine.measurement import Commit, Latency, Measurement, Quantiles, Throughput, from_json, to_json
from engine.ramp.model import RampSpec
from engine.replay.committing import with_zone
from tests.engine.ramp.curves import climbed, queueing
from tests.planner.reports.factories import make_measurement

FAST = Quantiles(p50=100, p90=150, p99=900, p99_9=1_500, p99_99=2_000, max=4_000, count=10)
SLOW = Quantiles(p50=3_000, p90=4_000, p99=6_000, p99_9=8_000, p99_99=9_000, max=10_000, count=10)
COMMIT = Commit(
    wait_replicas=1,
    waits=4,
    writes_per_wait=2.5,
    timed_out=0,
    zone_rtt_us=None,
    aof_bytes=3 << 20,
    filesystem="ext4",
    not_reproduced=durability.NOT_REPRODUCED,
)


def cache() -> Measurement:
    return replace(make_measurement(), mode="cache", latency_us={"write": Latency(FAST, FAST)})


def durable() -> Measurement:
    return replace(make_measurement(), mode="durable", latency_us={"write": Latency(SLOW, FAST)}, commit=COMMIT)


def cells(both: Comparison) -> dict[str, tuple[str, str, str]]:
    return {row.name: (row.cache, row.durable, row.tag) for row in comparison.rows(both)}


def test_latencies_of_a_recorded_pace_are_response_times() -> None:
    found = cells(Comparison(cache(), durable()))
    assert found["write p50"] == ("0.10 ms", "3.00 ms", "measured")
    assert found["write p99"] == ("0.90 ms", "6.00 ms", "measured")
    assert "read p50" not in found  # nothing was read
    assert found["append-only files, all copies"] == ("—", "3 MiB on ext4", "measured")
    assert found["WAITs"] == ("—", "4, each for 2.50 writes", "measured")


def test_a_closed_loop_shows_service_times_and_throughput() -> None:
    fast, slow = Throughput(50_000, 16, 50, 2.0), Throughput(20_000, 16, 50, 3.0)
    found = cells(Comparison(replace(cache(), throughput=fast), replace(durable(), throughput=slow)))
    assert found["write p50"] == ("0.10 ms", "0.10 ms", "measured")
    assert found["throughput, depth 16"][2] == "measured"


def test_the_knees_of_two_ramps_stand_side_by_side() -> None:
    spec = RampSpec(tries=1, precision=0.1)
    fast, slow = (climbed(spec, queueing(knee=knee), first=8_000) for knee in (10_000, 5_000))
    found = cells(Comparison(replace(cache(), ramp=fast), replace(durable(), ramp=slow)))
    assert found["highest rate within the objective"] == (
        "10,000 operations/s, below 11,000",
        "5,000 operations/s, below 5,500",
        "measured",
    )


def test_a_round_trip_between_zones_is_an_own_figure_and_changes_no_measured_one() -> None:
    farther = with_zone(durable(), 1.5)
    assert farther.commit is not None and farther.commit.write_with_zone_us is not None
    assert farther.commit.zone_rtt_us == 1_500
    assert (farther.commit.write_with_zone_us.p50, farther.commit.write_with_zone_us.max) == (4_500, 11_500)
    assert replace(farther, commit=COMMIT) == durable()
    found = cells(Comparison(cache(), farther))
    assert found["write p50 / p99 with 1.5 ms between zones"] == ("—", "4.50 ms / 7.50 ms", "assumed")
    assert found["write p50"] == ("0.10 ms", "3.00 ms", "measured")
    assert with_zone(cache(), 1.5) == cache()


def test_the_commit_survives_json() -> None:
    farther = with_zone(durable(), 1.5)
    assert from_json(to_json(farther)) == farther


def test_the_json_holds_both_measurements_and_the_published_figures_with_their_tag() -> None:
    data = comparison.to_json(Comparison(cache(), durable()))
    assert from_json(data["cache"]) == cache()
    assert from_json(data["durable"]) == durable()
    assert data["published"]["tag"] == "published"
    assert "10.1145/3626246.3653380" in data["published"]["source"]
    writes = next(each for each in data["published"]["figures"] if each["name"] == "writes, at most")
    assert writes["memorydb"] == {"amount": 185_000, "relation": ""}


def test_published_figures_keep_the_relation_they_were_given_with() -> None:
    found = {name: values for name, *values in comparison.published_rows()}
    assert found["write p50"] == ["<1 ms", "3 ms"]
    assert found["write p99"] == ["≤3 ms", "≤6 ms"]
    assert found["writes, at most"] == ["~300,000 /s", "185,000 /s"]
    assert len(found) == len(published.FIGURES)


def test_the_text_says_what_is_not_reproduced_and_what_is_published() -> None:
    text = compare.as_text(Comparison(cache(), durable()))
    assert all(sentence in text for sentence in durability.NOT_REPRODUCED)
    assert "published, not measured here" in text
    assert published.SOURCE in text
