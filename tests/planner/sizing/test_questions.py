"""Every question users really ask has an answer with figures, computed here by hand, or a reason why not."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from planner.sizing.bill import size
from planner.sizing.model.answers import Answers
from planner.sizing.model.figures import TAGS, Question
from planner.sizing.model.needs import Needs
from planner.sizing.needs import needs_of
from planner.sizing.questions import ASKED, questions_of
from planner.sizing.questions.case import Case
from planner.sizing.questions.services import asked_needs
from planner.sizing.recommend import estimate
from tests.planner.sizing.factories import make_curve, make_items, make_measurement

THREE = ("memorydb-valkey", "memorydb-redis", "elasticache-valkey+dynamodb-on-demand")
BUSY = 0.001


def needs(answers: Answers) -> Needs:
    return needs_of(make_measurement(), make_items(), make_curve(), answers)


def case(found: Needs | None = None, recommended: str | None = "memorydb-valkey", **answers: Any) -> Case:
    given = Answers(designs=THREE, **answers)
    found = found or needs(given)
    now = {each: size(each, found, given) for each in THREE}
    return Case(found, given, make_measurement(), now, recommended)


def asked(identifier: str, given: Case | None = None) -> Question:
    return next(each for each in questions_of(given or case()) if each.id == identifier)


def said(identifier: str, given: Case | None = None) -> str:
    return asked(identifier, given).answer or ""


def test_all_fifteen_are_answered_in_a_sentence_with_tagged_figures() -> None:
    found = estimate(
        measurement=make_measurement(),
        items=make_items(),
        hit_curve=make_curve(),
        answers=Answers(traffic_share=BUSY),
        as_of=date(2026, 8, 1),
    ).questions
    assert len(found) == len(ASKED) == 15
    for question in found:
        assert question.answer and question.answer.endswith("."), question
        assert question.figures and all(figure.tag in TAGS for figure in question.figures)
        assert all(any(sign.isdigit() for sign in figure.value) for figure in question.figures)


def test_the_cost_is_the_bill_with_its_data_written() -> None:
    # 2 x 730 x 0.0336; 65,000 B/s x 2,628,000 s; x 0.20 with Redis OSS
    words = said("cost")
    assert "$49.06 a month: $49.06 for nodes, $0.00 for 170.8 GB of data written" in words
    assert "$34.16 with Redis OSS" in words


def test_nodes_and_serverless_meet_at_a_rate() -> None:
    # nodes 2 x 730 x 0.0128 + 0.015 x 0.085; serverless 0.1 GB x 730 x 0.084, 500 ECPU/s x 2.628 M x 0.0023
    assert "Serverless: ElastiCache Serverless for Valkey costs $9.16 a month" in said("serverless")
    assert "same at 415.5 % of this rate" in said("serverless")
    assert said("serverless", case(traffic_share=BUSY)).startswith("Nodes: ")


def test_the_three_services_are_priced_for_the_figures_of_the_question() -> None:
    found = asked_needs(needs(Answers()))
    assert (found.peak_reads_per_s, found.peak_writes_per_s) == (30_000, 5_000)
    assert found.memory_bytes == 100 * 10**9
    assert found.items.writes_per_s == pytest.approx(2_500)  # half of the peak on average
    assert found.items.items == 500_000_000  # 200 bytes in memory each
    # 2,500 writes/s x 2.628 M x 0.625 + 15,000 reads/s x half x 2.628 M x 0.125 + 125 GB x 0.25
    assert "DynamoDB on demand $6,601.25" in said("which-service")


def test_durability_is_set_against_the_writes_it_saves() -> None:
    words = said("durability")
    assert "$30.37 a month: MemoryDB for Valkey $49.06 against $18.69" in words
    assert "up to 400 writes at peak" in words and "100,000 keys" in words


def test_a_key_takes_its_part_of_the_memory() -> None:
    assert "200 bytes a key" in said("memory")
    none = case(replace(needs(Answers()), keys=0))
    assert asked("memory", none).answer is None
    assert "no keys" in asked("memory", none).reason


def test_the_first_node_is_that_of_the_recommended_plan() -> None:
    assert said("start-node").startswith(
        "1 shard of db.t4g.small with 1 replica for MemoryDB for Valkey, $49.06 a month"
    )


def test_shrinking_says_how_far_the_load_must_fall() -> None:
    assert "Even at 10 %" in said("shrink")
    assert "If both fell to 75 %" in said("shrink", case(traffic_share=BUSY))
    assert "The recording covers 100 s" in said("shrink")


def test_network_and_memory_are_compared_on_the_plan() -> None:
    assert said("network").startswith("No: ")
    wide = replace(needs(Answers()), bytes_out_per_s_peak=9e6)
    assert said("network", case(wide)).startswith("Yes: ")


def test_traffic_between_zones_is_priced_on_both_sides() -> None:
    # 170.82 GB x 2 x 0.01; clients 125,000 B/s x 2.628 M s x 2/3 = 219 GB
    assert "moves 170.8 GB a month: $3.42" in said("cross-az")
    assert "219.0 GB to a node in another one: $4.38" in said("cross-az")
    assert "is in the bills here" in said("cross-az", case(zone_replication="charged"))


def test_serverless_has_a_floor_when_idle() -> None:
    # 1 GB x 730 x 0.125 and 0.1 GB x 730 x 0.084
    assert "$91.25 a month for Redis OSS (1 GB), $6.13 for Valkey" in said("serverless-bill")


def test_the_snapshot_is_set_against_memory() -> None:
    assert "75 % of the 20.00 MB" in said("rdb") and "50 bytes a key less" in said("rdb")
    assert said("rdb", case(replace(needs(Answers()), snapshot_bytes=30_000_000))).startswith("Here it is not")
    assert asked("rdb", case(replace(needs(Answers()), snapshot_bytes=0))).answer is None


def test_headroom_names_the_replicas_and_their_absence() -> None:
    assert "after a failover the same load fits" in said("headroom")
    assert "There is no replica" in said("headroom", case(replicas=0))


def test_what_is_not_sold_reserved_saves_nothing_and_says_so() -> None:
    assert asked("reserved").answer is None
    assert "db.t4g.small is not sold on a term" in asked("reserved").reason
    assert "3 years, all upfront" in said("reserved", case(traffic_share=BUSY))


def test_valkey_is_set_against_redis_on_both_services() -> None:
    assert "$55.19 (53 %) less than MemoryDB for Redis OSS at $104.24" in said("valkey")


def test_the_cache_pays_from_a_hit_rate_on() -> None:
    # reads alone 394.2 M x 0.125 = 49.275; the cache 18.688, so 38 % of them must hit
    assert "The cache pays from a hit rate of about 39 % on" in said("cache")
    assert "The cache pays at no hit rate" in said("cache")
    unknown = asked("cache", case(replace(needs(Answers()), hit_curve=())))
    assert unknown.answer is None and "no hit rate is known" in unknown.reason


def test_without_a_recommendation_the_cost_is_not_known() -> None:
    assert asked("cost", case(recommended=None)).answer is None
    assert asked("start-node", case(recommended=None)).answer is not None


def test_where_a_list_lacks_backups_services_are_compared_without_them_and_it_says_so() -> None:
    for identifier in ("durability", "valkey"):
        assert "Without backups" in said(identifier, case(region="us-west-2"))
        assert "Without backups" not in said(identifier)


@pytest.mark.parametrize("region", ["af-south-1", "us-west-2-lax-1", "mx-central-1"])
def test_where_prices_are_missing_a_question_says_which_and_nothing_fails(region: str) -> None:
    for question in questions_of(case(region=region, recommended=None)):
        assert question.answer or question.reason
