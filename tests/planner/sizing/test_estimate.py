"""The whole answer from one measurement: growth, flags, sensitivity, assumptions, and a golden table of it all."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

from engine.measurement import EngineIdentity, Series, SlotLoad
from planner.pricing.money import cents
from planner.sizing.model.answers import DEFAULT_DESIGNS, Answers
from planner.sizing.model.bills import Range
from planner.sizing.model.figures import TAGS
from planner.sizing.model.result import DesignEstimate, EstimateResult
from planner.sizing.recommend import estimate
from planner.sizing.reserving import Reservation
from tests.planner.goldens import assert_golden
from tests.planner.sizing.factories import make_curve, make_data_written, make_items, make_measurement, make_memory

TODAY = date(2026, 8, 1)
JOIN = "elasticache-valkey+dynamodb-on-demand"
THREE = ("memorydb-valkey", "memorydb-redis", JOIN)  # of the designs compared by default


def answer(answers: Answers | None = None, as_of: date = TODAY, **overrides: object) -> EstimateResult:
    answers = answers or Answers()
    if answers.designs == DEFAULT_DESIGNS:
        answers = replace(answers, designs=THREE)
    return estimate(
        measurement=make_measurement(**overrides),
        items=make_items(),
        hit_curve=make_curve(),
        answers=answers,
        as_of=as_of,
    )


def design(result: EstimateResult, design_id: str) -> DesignEstimate:
    return next(one for one in result.designs if one.id == design_id)


def flags(result: EstimateResult, design_id: str) -> str:
    return " ".join(design(result, design_id).flags)


def test_the_same_inputs_give_the_same_answer_to_the_cent() -> None:
    assert answer() == answer()


def test_the_designs_come_in_the_order_asked_for() -> None:
    assert [one.id for one in answer().designs] == list(THREE)


def test_the_lines_of_each_design_add_up_to_its_likely_bill() -> None:
    for one in answer(Answers(traffic_share=0.001)).designs:
        assert one.monthly_usd is not None
        assert sum((line.amount or Decimal(0) for line in one.lines), Decimal(0)) == one.monthly_usd.likely


def test_this_small_workload_is_recommended_a_small_valkey_cluster() -> None:
    result = answer()
    assert result.recommended.id == "memorydb-valkey"
    assert "$49.06" in result.recommended.why  # 2 x 730 x 0.0336


def test_without_growth_every_month_costs_the_same() -> None:
    result = answer(Answers(horizon_months=6))
    assert [point.month for point in result.growth] == list(range(7))
    assert len({point.monthly_usd["memorydb-redis"] for point in result.growth}) == 1


def test_with_growth_a_later_month_is_sized_anew() -> None:
    result = answer(Answers(growth_per_month=0.1, horizon_months=60))
    first, last = result.growth[0].monthly_usd, result.growth[-1].monthly_usd
    redis = design(result, "memorydb-redis").monthly_usd
    assert redis is not None
    assert first["memorydb-redis"] == cents(redis.likely)
    assert last["memorydb-redis"] is not None
    # data written alone: 170.82 GB x 1.1^60 x 0.20
    assert last["memorydb-redis"] > Decimal("170.82") * Decimal(304) * Decimal("0.2")
    assert "Outgrown in month" in flags(result, "memorydb-valkey")


def test_growth_without_bound_ends_in_nothing_fits_and_not_in_an_error() -> None:
    result = answer(Answers(growth_per_month=1.0, horizon_months=60))
    assert result.growth[-1].monthly_usd["memorydb-valkey"] is None
    assert "Nothing fits from month" in flags(result, "memorydb-valkey")


def test_a_design_nothing_fits_keeps_its_place_with_the_reason() -> None:
    result = answer(
        Answers(traffic_share=1.0), operations_by_class={"read": 10**10, "write": 0}, slot_load=SlotLoad(0.9, 0.9, 1)
    )
    one = design(result, "memorydb-valkey")
    assert (one.plan, one.monthly_usd, one.lines) == (None, None, ())
    assert "Sharding cannot spread it" in one.flags[0]
    assert result.recommended.id is None


def test_memorydb_without_a_replica_is_flagged() -> None:
    assert "Multi-AZ needs a replica" in flags(answer(Answers(replicas=0)), "memorydb-valkey")
    assert "Multi-AZ needs a replica" not in flags(answer(), "memorydb-valkey")


def test_a_cache_alone_is_flagged_as_able_to_lose_data() -> None:
    result = answer(Answers(designs=("elasticache-valkey", "memorydb-valkey")))
    assert "May lose data" in flags(result, "elasticache-valkey")
    assert "May lose data" not in flags(result, "memorydb-valkey")


def test_derived_prices_are_flagged_as_estimates() -> None:
    result = answer()
    assert "70.08 USD of this rests on derived prices" in flags(result, "memorydb-redis")
    assert "derived" not in flags(result, "memorydb-valkey")


def test_prices_older_than_a_year_are_flagged() -> None:
    assert "2025-08-28" not in flags(answer(), JOIN)
    old = answer(Answers(designs=(JOIN,), cache_share=0.5), as_of=date(2028, 1, 1))
    assert "The oldest price used is dated 2026-07-31" in flags(old, JOIN)


def test_a_bursty_recording_is_flagged() -> None:
    series = Series(operations=(100,) * 99 + (90_100,))
    assert "The busiest second holds 90.1 times the mean" in flags(answer(series=series), "memorydb-valkey")


def test_a_region_without_prices_for_a_design_says_so() -> None:
    result = answer(Answers(region="us-gov-east-1", designs=("memorydb-valkey", "dynamodb-on-demand")))
    assert design(result, "memorydb-valkey").flags == (
        "No cluster: No price list has a node of MemoryDB (Valkey) in us-gov-east-1.",
    )
    assert result.recommended.id == "dynamodb-on-demand"


def test_a_recording_of_a_sixteenth_of_the_keys_is_sized_sixteen_times_as_large() -> None:
    def sized(key_sampling: float, share: float) -> EstimateResult:
        return estimate(
            measurement=make_measurement(),
            items=make_items(),
            hit_curve=make_curve(),
            answers=Answers(traffic_share=share),
            as_of=TODAY,
            key_sampling=key_sampling,
        )

    sampled, answered = sized(1 / 16, 1.0), sized(1.0, 1 / 16)
    assert sampled.needs == answered.needs
    assert sampled.designs == answered.designs
    assert sampled.answers.traffic_share == 1.0
    shown = next(one for one in sampled.assumptions if one.name == "Share of keys recorded")
    assert (shown.value, shown.tag) == ("6.250 %; the others are taken to be like them", "recorded")
    assert all(one.name != "Share of keys recorded" for one in answered.assumptions)


def test_the_sensitivity_is_sorted_by_swing() -> None:
    found = answer(Answers(traffic_share=0.001)).sensitivity
    swings = [abs(one.high_usd - one.low_usd) for one in found]
    assert swings == sorted(swings, reverse=True)
    assert {"Memory model", "Traffic ± 20 %"} <= {one.name for one in found}


def test_every_assumption_has_a_known_tag() -> None:
    result = answer(replace(Answers(), designs=(*Answers().designs, "elasticache-valkey", "dynamodb-on-demand")))
    assert {one.tag for one in result.assumptions} <= set(TAGS)
    assert len({one.name for one in result.assumptions}) == len(result.assumptions)


def test_the_price_lists_used_are_named_with_version_and_dates() -> None:
    used = {one.name: one for one in answer().price_lists}
    assert set(used) == {
        "memorydb_prices.csv",
        "elasticache_nodes.csv",
        "elasticache_reserved.csv",
        "elasticache_serverless_backup.csv",
        "dynamodb_prices.csv",
    }
    assert used["dynamodb_prices.csv"].newest == "2026-07-31"


def test_the_answer_to_a_small_even_workload_reads_as_it_did() -> None:
    assert_golden("estimates/small.txt", table(answer(Answers(growth_per_month=0.03))))


def test_the_answer_to_a_large_uneven_workload_reads_as_it_did() -> None:
    uneven = tuple(60_000 if second % 20 < 10 else 140_000 for second in range(100))
    result = answer(
        Answers(traffic_share=0.01, cache_share=0.5, growth_per_month=0.03, snapshot_retention_days=7),
        memory=make_memory(keyspace_bytes=1_500_000_000),
        series=Series(operations=tuple(count // 100 for count in uneven)),
        data_written=make_data_written(per_second=uneven),
        engine=EngineIdentity("valkey", "9.1.2", "libc"),
    )
    assert_golden("estimates/large.txt", table(result))


def test_a_long_answer_with_growth_apart_and_a_season_reads_as_it_did() -> None:
    peak = (0.9, 0.9, 1.0, 1.0, 1.0, 1.0, 1.0, 1.1, 1.1, 1.2, 2.4, 2.0)
    mean = (0.9, 0.9, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.2, 1.0)
    answers = Answers(
        traffic_share=0.002,
        growth_data_per_month=0.06,
        growth_traffic_per_month=0.03,
        season_peak=peak,
        season_mean=mean,
        horizon_months=60,
        designs=(
            "memorydb-valkey",
            "elasticache-redis",
            "elasticache-valkey+aurora-io-optimized",
            "dynamodb-provisioned",
        ),
    )
    uneven = tuple(600 if second % 20 < 10 else 1_400 for second in range(100))
    written = tuple(13 * count * 10 for count in uneven)
    result = answer(answers, series=Series(operations=uneven), data_written=make_data_written(per_second=written))
    assert_golden("estimates/long.txt", table(result))


def test_the_range_sentence_names_the_bill_its_ends_and_what_moves_it_most() -> None:
    uneven = tuple(600 if second % 20 < 10 else 1_400 for second in range(100))
    result = answer(Answers(traffic_share=0.001), series=Series(operations=uneven))
    monthly = design(result, result.recommended.id or "").monthly_usd
    assert result.range is not None
    assert monthly is not None
    assert result.range.sentence.startswith(
        f"The bill is likely ${cents(monthly.likely):,} a month; nine times out of ten"
    )
    assert (
        f"between ${cents(monthly.low):,} and ${cents(monthly.high):,}; what moves it most is" in result.range.sentence
    )


def table(result: EstimateResult) -> str:
    rows = [f"recommended: {result.recommended.id}", result.recommended.why, ""]
    for one in result.designs:
        rows += [*(described(one) if one.plan else [f"{one.title}: {spread(one.monthly_usd)}"]), ""]
    rows += [f"sensitivity: {one.name}: {one.low_usd} to {one.high_usd}" for one in result.sensitivity]
    if result.range:
        rows += [result.range.sentence]
        rows += [f"cause: {one.name}: -{one.down_usd} +{one.up_usd}" for one in result.range.causes]
    for reserve in result.reserves:
        rows += [f"reserve {reserve.design_id}, {reserve.what}: {reserve.why}"]
        rows += [offered(one) for one in reserve.reservations]
    for outlook in result.outlooks:
        rows += [
            f"{outlook.design_id}, month {one.month}: {one.before} -> {one.after or 'nothing'}: {one.monthly_usd} "
            f"({one.step_usd}), {one.because}"
            for one in outlook.changes
        ]
        rows += [
            f"{outlook.design_id} limit {one.constraint}: month {one.month}, {one.value:.6g} of {one.ceiling:.6g} {one.unit}"
            for one in outlook.limits
        ]
    rows += [f"month {point.month}: {dict(point.monthly_usd)}" for point in result.growth[::6]]
    rows += [f"assumption [{one.tag}] {one.name}: {one.value}" for one in result.assumptions]
    return "\n".join(rows) + "\n"


def spread(found: Range | None) -> str:
    return f"{cents(found.low)} / {cents(found.likely)} / {cents(found.high)}" if found else "nothing"


def offered(one: Reservation) -> str:
    return (
        f"  {one.term}: {one.nodes} {one.node_type} for {one.covers} of {one.in_use}, {cents(one.monthly_usd)} a month, "
        f"{cents(one.total_usd)} in all, owed {cents(one.owed_usd)}, saved {cents(one.saved_usd)}, "
        f"even in month {one.break_even_month}, must run {one.must_run_months}"
    )


def described(one: DesignEstimate) -> list[str]:
    assert one.plan is not None
    assert one.monthly_usd is not None
    costs = one.monthly_usd
    return [
        f"{one.title}: {one.plan.shards} x (1 + {one.plan.replicas}) {one.plan.node_type}, bound by {one.plan.binding}",
        f"  {spread(costs)} USD a month",
        f"  {spread(one.yearly_usd)} USD a year, {spread(one.horizon_usd)} to the horizon",
        *(f"  {line.name}: {line.quantity} {line.unit} x {line.unit_price} = {line.amount}" for line in one.lines),
        *(f"  {name}: {one.plan.utilisation.get(name, 0):.1%}: {text}" for name, text in one.plan.limits.items()),
        f"  smaller: {one.plan.next_smaller}",
        *(f"  flag: {text}" for text in one.flags),
    ]
