"""The search of many loads at once against the plain one, and both against trying every cluster there is."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planner.pricing.catalogue import ELASTICACHE, MEMORYDB, catalogue
from planner.pricing.money import picodollars
from planner.sizing.ceilings import Load, most_shards, utilisation
from planner.sizing.fit import cheapest, priced_nodes
from planner.sizing.grid import cheapest_many, offer_of
from planner.sizing.loss import by_replicas
from planner.sizing.memo import per_catalogue
from planner.sizing.model.answers import Answers
from planner.sizing.nodes import CONNECTIONS, GIB, SERVICES
from tests.planner.sizing.test_fit import SMALL

REGIONS = ("us-east-1", "ap-northeast-2", "eu-west-1")


@st.composite
def loads(draw: st.DrawFn) -> Load:
    """Small and huge, with and without a hot slot, cold data, many connections, an index on one shard."""
    memory = draw(st.one_of(st.integers(0, 40 * GIB), st.integers(0, 30_000 * GIB)))
    client = draw(st.floats(0, 3e9))
    return Load(
        memory_bytes=memory,
        shard_overhead_bytes=draw(st.integers(0, 3 * GIB)),
        reads_per_s=draw(st.one_of(st.floats(0, 1e5), st.floats(0, 1e7))),
        writes_per_s=draw(st.floats(0, 1e6)),
        client_bytes_per_s=client,
        replicated_bytes_per_s=draw(st.floats(0, 5e8)),
        hottest_slot_share=draw(st.sampled_from([0.0, 0.001, 0.05, 0.3, 1.0])),
        hottest_key_share=draw(st.sampled_from([0.0, 0.001])),
        replies_bytes_per_s=client * draw(st.floats(0, 1)),
        resident_bytes=draw(st.one_of(st.none(), st.integers(0, memory))),
        connections=draw(st.sampled_from([0, 100, CONNECTIONS, CONNECTIONS + 1])),
        shards_at_most=draw(st.sampled_from([500, 500, 1])),
    )


ANSWERS = st.builds(
    Answers,
    replicas=st.integers(0, 5),
    survive=st.sampled_from(["auto", "none", "node", "zone"]),
    stale_reads=st.booleans(),
    data_tiering=st.booleans(),
    target_utilisation=st.sampled_from([0.3, 0.7, 1.0]),
    memory_headroom=st.sampled_from([0.0, 0.2, 0.5]),
)
SERVICE = st.sampled_from([MEMORYDB, ELASTICACHE])
ENGINE = st.sampled_from(["Valkey", "Redis"])


@settings(max_examples=120)
@given(
    many=st.lists(loads(), min_size=1, max_size=5),
    answers=ANSWERS,
    service=SERVICE,
    engine=ENGINE,
    region=st.sampled_from(REGIONS),
)
def test_many_at_once_give_what_each_gives_alone(
    many: list[Load], answers: Answers, service: str, engine: str, region: str
) -> None:
    prices = catalogue(region)
    alone = tuple(cheapest(load, SERVICES[service], engine, answers, prices) for load in many)
    assert cheapest_many(many, SERVICES[service], engine, answers, prices) == alone


@settings(max_examples=12, deadline=None)
@given(load=loads(), answers=ANSWERS)
def test_no_cluster_that_fits_is_cheaper_than_the_chosen_one(load: Load, answers: Answers) -> None:
    prices, service = catalogue("us-east-1"), SERVICES[MEMORYDB]
    found = cheapest(load, service, "Valkey", answers, prices).plan
    chosen = Decimal("Infinity")
    for node, usd in priced_nodes(service, "Valkey", answers, prices):
        if found is not None and found.node_type == node.name:
            chosen = usd * found.shards * (1 + found.replicas)
    for node, usd in priced_nodes(service, "Valkey", answers, prices):
        for one in by_replicas(answers):
            for shards in range(1, most_shards(load, node, service, one) + 1):
                cost = usd * shards * (1 + one.replicas)
                if cost >= chosen:
                    break
                assert max(utilisation(load, node, shards, service, one).values()) > 1 - 1e-6


def test_a_region_without_the_service_says_so_for_every_load() -> None:
    fits = cheapest_many([SMALL, SMALL], SERVICES[MEMORYDB], "Valkey", Answers(), catalogue("af-south-1"))
    assert [fit.plan for fit in fits] == [None, None]
    assert "af-south-1" in fits[0].reason


def test_costs_are_compared_as_whole_numbers() -> None:
    assert picodollars(Decimal("0.2163")) == 216_300_000_000
    with pytest.raises(ValueError, match="finer"):
        picodollars(Decimal("1E-13"))


def test_what_is_remembered_belongs_to_one_catalogue() -> None:
    prices = catalogue("us-east-1")
    assert offer_of(prices, MEMORYDB, "Valkey", False) is offer_of(prices, MEMORYDB, "Valkey", False)
    read_anew = replace(prices)
    assert offer_of(read_anew, MEMORYDB, "Valkey", False) is not offer_of(prices, MEMORYDB, "Valkey", False)


def test_memory_of_answers_is_bounded() -> None:
    calls = []

    @per_catalogue
    def once(prices: object, number: int) -> int:
        calls.append(number)
        return number

    prices = catalogue("us-east-1")
    assert [once(prices, number) for number in (1, 1, *range(600))][-1] == 599
    assert calls.count(1) == 1
