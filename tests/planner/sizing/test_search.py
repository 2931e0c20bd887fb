"""Searching all months and designs at once gives exactly what sizing one by one gives."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from planner.pricing import designs
from planner.pricing.catalogue import EC2, ELASTICACHE, catalogue, node_specs
from planner.pricing.terms import TERMS
from planner.sizing import search
from planner.sizing.bill import size
from planner.sizing.growth import grown, scaled, scaled_data
from planner.sizing.model.answers import Answers, Vectors
from planner.sizing.model.needs import Needs
from planner.sizing.needs import needs_of
from tests.planner.sizing.factories import make_curve, make_items, make_measurement

EVERY = designs.available()


def needs(answers: Answers) -> Needs:
    return needs_of(make_measurement(), make_items(), make_curve(), answers)


def by_month(answers: Answers, months: int) -> tuple[Needs, ...]:
    return tuple(grown(needs(answers), (1 + answers.growth_per_month) ** month) for month in range(months + 1))


def test_every_design_of_every_month_is_as_if_sized_alone() -> None:
    answers = Answers(growth_per_month=0.4, cache_share=0.5)
    run = by_month(answers, 9)
    found = search.months(EVERY, run, answers)
    assert list(found) == list(EVERY)
    for design_id in EVERY:
        assert found[design_id] == tuple(size(design_id, each, answers) for each in run)


def test_what_was_chosen_is_told_of_both_parts() -> None:
    (sized,) = search.months(["ec2-redis+aurora-standard"], [needs(Answers())], Answers())["ec2-redis+aurora-standard"]
    assert sized.spec["cache_instances"] == 2
    assert sized.spec["instances"] == 2
    assert {"cache_instance_type", "instance_type"} <= set(sized.spec)


def test_months_that_are_equal_are_sized_once() -> None:
    now = needs(Answers())
    first, second = search.months(["memorydb-valkey"], [now, now], Answers())["memorydb-valkey"]
    assert first is second


def test_quantities_and_amounts_are_decimals() -> None:
    for (sized,) in search.months(EVERY, [needs(Answers())], Answers()).values():
        assert sized.quote is not None, sized.reason
        assert {type(line.quantity) for line in sized.quote.lines} == {Decimal}
        assert {type(line.amount) for line in sized.quote.lines if line.amount is not None} <= {Decimal}


def test_what_fits_nowhere_says_why_in_every_design() -> None:
    huge = scaled(scaled_data(needs(Answers()), 1e9), operations=1e7, written=1e7)
    for design_id, (sized,) in search.months(EVERY, [huge], Answers()).items():
        assert sized == size(design_id, huge, Answers())
        assert (sized.quote is None) == bool(sized.reason)


ANSWERS = st.builds(
    Answers,
    region=st.sampled_from(["us-east-1", "eu-west-1", "ap-northeast-2", "sa-east-1"]),
    replicas=st.integers(0, 5),
    survive=st.sampled_from(["auto", "none", "node", "zone"]),
    stale_reads=st.booleans(),
    data_tiering=st.booleans(),
    vectors=st.sampled_from([None, None, Vectors(1_000_000, 768)]),
    target_utilisation=st.sampled_from([0.5, 0.7]),
    memory_headroom=st.sampled_from([0.0, 0.2]),
    cache_share=st.sampled_from([0.1, 0.5, 1.0]),
    snapshot_retention_days=st.integers(0, 3),
    read_consistency=st.sampled_from(["eventual", "strong"]),
    term=st.sampled_from(list(TERMS)),
    free_tb=st.sampled_from(["decimal", "binary"]),
    free_snapshot=st.sampled_from(["cluster-storage", "one-snapshot"]),
    free_backup_gb=st.sampled_from([Decimal(0), Decimal(5)]),
    zone_replication=st.sampled_from(["free", "charged"]),
    hours_per_month=st.sampled_from([672, 730, 744]),
    operations_hours=st.sampled_from([Decimal(0), Decimal("1.5")]),
    savings_plan_percent=st.sampled_from([Decimal(0), Decimal(20)]),
    clients_other_zone=st.sampled_from([0.0, 0.6]),
    clients_internet=st.sampled_from([0.0, 0.01]),
)


@settings(max_examples=15, deadline=None)
@given(
    answers=ANSWERS,
    data=st.floats(0.01, 1e6),
    operations=st.floats(0.01, 2e4),
    written=st.floats(0.01, 1e4),
    hot=st.sampled_from([None, 0.01, 0.3]),
    connections=st.sampled_from([None, 500, 70_000]),
)
def test_any_load_and_answers_are_as_if_sized_alone(
    answers: Answers, data: float, operations: float, written: float, hot: float | None, connections: int | None
) -> None:
    plain = replace(needs(answers), hottest_slot_share=hot, connections=connections)
    run = (scaled(scaled_data(plain, data), operations=operations, written=written), plain)
    found = search.months(EVERY, run, answers)
    for design_id in EVERY:
        assert found[design_id] == tuple(size(design_id, each, answers) for each in run)


@given(
    data=st.floats(0.001, 1e7),
    operations=st.floats(0.01, 1e4),
    replicas=st.integers(0, 5),
    target=st.sampled_from([0.3, 0.7, 1.0]),
)
def test_instances_are_the_cheapest_of_all_that_carry_the_load(
    data: float, operations: float, replicas: int, target: float
) -> None:
    answers = Answers(replicas=replicas, target_utilisation=target)
    load = scaled(scaled_data(needs(answers), data), operations=operations, written=operations)
    found = size("ec2-redis", load, answers).plan
    expected = min(_instances_one_by_one(load, answers), default=None)
    chosen = None if found is None else (found.shards * (1 + replicas), found.node_type)
    assert chosen == (None if expected is None else expected[1:])


def _instances_one_by_one(load: Needs, answers: Answers) -> Iterator[tuple[Decimal, int, str]]:
    prices, copies = catalogue("us-east-1"), 1 + answers.replicas
    held = load.memory_bytes / (1 - answers.memory_headroom)
    busy = load.peak_reads_per_s * load.cpu_read_ratio + load.peak_writes_per_s * load.cpu_write_ratio
    moved = load.bytes_in_per_s_peak + load.bytes_out_per_s_peak + load.replicated_bytes_per_s_peak * answers.replicas
    for (service, item), spec in node_specs().items():
        price = prices.price(EC2, "Linux shared tenancy", item)
        if service != EC2 or price is None or spec.vcpu < 2:
            continue
        if item.split(".")[0] not in ("r6g", "r7g", "r8g", "m6g", "m7g"):
            continue
        twin = node_specs().get((ELASTICACHE, f"cache.{item}"))
        gbps = spec.baseline_gbps or (twin.baseline_gbps if twin else None)
        shards = max(
            1,
            math.ceil(held / (float(spec.memory_gib) * 2**30 * 0.65) - 1e-9),
            math.ceil(busy / (100_000 * answers.target_utilisation) - 1e-9),
            math.ceil(moved / (float(gbps) * 1e9 / 8 * answers.target_utilisation) - 1e-9) if gbps else 1,
        )
        if shards * copies <= 1000:
            yield price.usd * shards * copies, shards * copies, item
