"""Losing a node or a zone, and reads from replicas: what is left must carry the load, and asking for more never costs less."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planner.pricing.catalogue import ELASTICACHE, MEMORYDB, catalogue
from planner.sizing.ceilings import Load, utilisation
from planner.sizing.fit import cheapest
from planner.sizing.loss import by_replicas, serving_copies, settled, survived
from planner.sizing.model.answers import Answers
from planner.sizing.model.clusters import Plan
from planner.sizing.nodes import SERVICES
from tests.planner.sizing.test_fit import LOADS, SMALL, hourly, node

STALE = Answers(target_utilisation=0.7, memory_headroom=0.2, replicas=2, stale_reads=True, survive="none")


def plan(load: Load, answers: Answers, service: str = MEMORYDB) -> Plan | None:
    return cheapest(load, SERVICES[service], "Valkey", answers, catalogue("us-east-1")).plan


def test_a_node_is_survived_by_default_where_there_are_replicas() -> None:
    assert survived(Answers(replicas=1)) == "node"
    assert survived(Answers(replicas=0)) == "none"


def test_who_asks_to_survive_a_node_without_replicas_gets_one() -> None:
    assert settled(Answers(replicas=0, survive="node")).replicas == 1
    assert [one.replicas for one in by_replicas(Answers(replicas=0))] == [0, 1, 2, 3, 4, 5]
    assert {one.survive for one in by_replicas(Answers(replicas=0))} == {"none"}
    found = plan(SMALL, Answers(replicas=0, survive="zone"))
    assert found is not None
    assert found.replicas == 1


@pytest.mark.parametrize(
    ("replicas", "after_node", "after_zone"), [(1, 1, 1), (2, 2, 2), (3, 3, 2), (4, 4, 3), (5, 5, 4)]
)
def test_three_zones_hold_a_third_of_the_copies_each_rounded_up(
    replicas: int, after_node: int, after_zone: int
) -> None:
    assert serving_copies(Answers(replicas=replicas, survive="none")) == 1 + replicas
    assert serving_copies(Answers(replicas=replicas, survive="node")) == after_node
    assert serving_copies(Answers(replicas=replicas, survive="zone")) == after_zone


def test_replicas_carry_reads_only_when_stale_reads_are_allowed() -> None:
    load = replace(SMALL, reads_per_s=90_000, writes_per_s=0)
    large = node("db.r7g.large")
    fresh = utilisation(load, large, 1, SERVICES[MEMORYDB], replace(STALE, stale_reads=False))
    stale = utilisation(load, large, 1, SERVICES[MEMORYDB], STALE)
    assert fresh["cpu"] == pytest.approx(90_000 / 140_000)
    assert stale["cpu"] == pytest.approx(30_000 / 140_000)


def test_every_copy_applies_every_write() -> None:
    load = replace(SMALL, reads_per_s=0, writes_per_s=37_000)
    assert utilisation(load, node("db.r7g.large"), 1, SERVICES[MEMORYDB], STALE)["cpu"] == pytest.approx(0.5 / 0.7)


def test_after_a_loss_the_remaining_copies_carry_the_reads() -> None:
    load = replace(SMALL, reads_per_s=90_000, writes_per_s=0)
    used = utilisation(load, node("db.r7g.large"), 1, SERVICES[MEMORYDB], replace(STALE, survive="node"))
    assert used["cpu"] == pytest.approx(45_000 / 140_000)


def test_answers_leave_the_primary_with_the_reads_and_the_busier_moment_counts() -> None:
    # 60 MB/s of 100 are answers. Before: 40 + 60 / 3 + 2 replicas x 10 = 80; after a node: 40 + 60 / 2 + 1 x 10 = 80.
    load = replace(SMALL, client_bytes_per_s=100e6, replies_bytes_per_s=60e6, replicated_bytes_per_s=10e6)
    allowed = 0.937e9 / 8 * 0.7
    used = utilisation(load, node("cache.r7g.large"), 1, SERVICES[ELASTICACHE], replace(STALE, survive="node"))
    assert used["network"] == pytest.approx(80e6 / allowed)
    more = replace(load, replicated_bytes_per_s=12e6)  # 84 before, 82 after
    used = utilisation(more, node("cache.r7g.large"), 1, SERVICES[ELASTICACHE], replace(STALE, survive="node"))
    assert used["network"] == pytest.approx(84e6 / allowed)


def test_replicas_beyond_the_least_are_bought_for_a_hot_slot_that_shards_cannot_spread() -> None:
    load = replace(SMALL, reads_per_s=1_000_000, writes_per_s=0, client_bytes_per_s=0, hottest_slot_share=0.6)
    assert plan(load, replace(STALE, stale_reads=False)) is None
    found = plan(load, replace(STALE, replicas=1))
    assert found is not None
    assert found.replicas > 1


def test_the_next_smaller_cluster_may_fail_only_after_the_loss() -> None:
    load = replace(SMALL, reads_per_s=200_000, writes_per_s=0, client_bytes_per_s=0, replicated_bytes_per_s=0)
    found = plan(load, replace(STALE, survive="node", replicas=1))
    assert found is not None
    # Of two copies the one left would carry 200,000 reads/s of 140,000; of three the two left carry 100,000 each.
    assert (found.node_type, found.shards, found.replicas) == ("db.r7g.large", 1, 2)
    assert (
        found.next_smaller
        == "db.r7g.large with 1 shard and 1 replica would need 142.9 % of its cpu allowance after the loss of a node."
    )


def test_a_node_takes_65000_connections_however_many_shards_there_are() -> None:
    found = plan(replace(SMALL, connections=65_000), Answers())
    assert found is not None
    assert found.utilisation["connections"] == 1.0
    refused = cheapest(
        replace(SMALL, connections=65_001), SERVICES[MEMORYDB], "Valkey", Answers(), catalogue("us-east-1")
    )
    assert refused.plan is None
    assert refused.reason.startswith("65,001 connections are more than the 65,000 a node takes")


SPREAD = LOADS.map(lambda load: replace(load, replies_bytes_per_s=load.client_bytes_per_s * 0.7))
REPLICAS = st.integers(0, 3)


def cost(load: Load, answers: Answers, service: str) -> Decimal:
    found = plan(load, answers, service)
    return Decimal("inf") if found is None else (hourly(found) if service == MEMORYDB else _cache_hourly(found))


def _cache_hourly(found: Plan) -> Decimal:
    price = catalogue("us-east-1").price(ELASTICACHE, "Valkey", found.node_type)
    assert price is not None
    return price.usd * found.shards * (1 + found.replicas)


@settings(max_examples=40)
@given(load=SPREAD, replicas=REPLICAS, stale=st.booleans(), service=st.sampled_from([MEMORYDB, ELASTICACHE]))
def test_surviving_more_never_costs_less(load: Load, replicas: int, stale: bool, service: str) -> None:
    answers = Answers(replicas=replicas, stale_reads=stale)
    none, one_node, zone = (cost(load, replace(answers, survive=what), service) for what in ("none", "node", "zone"))
    assert none <= one_node <= zone


@settings(max_examples=40)
@given(
    load=SPREAD,
    replicas=REPLICAS,
    survive=st.sampled_from(["none", "node", "zone"]),
    service=st.sampled_from([MEMORYDB, ELASTICACHE]),
)
def test_stale_reads_are_never_dearer(load: Load, replicas: int, survive: str, service: str) -> None:
    answers = Answers(replicas=replicas, survive=survive)
    assert cost(load, replace(answers, stale_reads=True), service) <= cost(load, answers, service)


@given(load=SPREAD, stale=st.booleans(), more=st.integers(1, 50))
def test_a_plan_that_fits_still_fits_with_more_shards_or_memory(load: Load, stale: bool, more: int) -> None:
    answers = settled(Answers(stale_reads=stale))
    large, xlarge = node("db.r7g.large"), node("db.r7g.xlarge")
    few = max(utilisation(load, large, 4, SERVICES[MEMORYDB], answers).values())
    assert max(utilisation(load, large, 4 + more, SERVICES[MEMORYDB], answers).values()) <= few + 1e-9
    assert max(utilisation(load, xlarge, 4, SERVICES[MEMORYDB], answers).values()) <= few + 1e-9


@settings(max_examples=40)
@given(load=SPREAD, by=st.floats(1, 3), service=st.sampled_from([MEMORYDB, ELASTICACHE]), stale=st.booleans())
def test_cost_never_falls_when_needs_rise(load: Load, by: float, service: str, stale: bool) -> None:
    answers = Answers(stale_reads=stale)
    larger = replace(
        load,
        memory_bytes=round(load.memory_bytes * by),
        reads_per_s=load.reads_per_s * by,
        writes_per_s=load.writes_per_s * by,
        client_bytes_per_s=load.client_bytes_per_s * by,
        replies_bytes_per_s=load.replies_bytes_per_s * by,
        replicated_bytes_per_s=load.replicated_bytes_per_s * by,
    )
    assert cost(load, answers, service) <= cost(larger, answers, service)
