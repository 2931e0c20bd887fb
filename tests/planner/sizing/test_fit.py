"""Which cluster carries a load: each constraint binds in turn, and the search never prefers a dearer or an overfull one."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.pricing.catalogue import ELASTICACHE, MEMORYDB, catalogue
from planner.sizing.ceilings import Load, fewest_shards, utilisation
from planner.sizing.fit import Fit, cheapest
from planner.sizing.model.answers import Answers
from planner.sizing.model.clusters import Plan
from planner.sizing.nodes import GIB, SERVICES, NodeType, node_types

ANSWERS = Answers(target_utilisation=0.7, memory_headroom=0.2, replicas=1)
SMALL = Load(
    memory_bytes=GIB // 10,
    shard_overhead_bytes=3_000_000,
    reads_per_s=100,
    writes_per_s=50,
    client_bytes_per_s=20_000,
    replicated_bytes_per_s=6_500,
    hottest_slot_share=0.0,
    hottest_key_share=0.0,
)


def fit(load: Load, service: str = MEMORYDB, answers: Answers = ANSWERS) -> Fit:
    return cheapest(load, SERVICES[service], "Valkey", answers, catalogue("us-east-1"))


def plan(load: Load, service: str = MEMORYDB, answers: Answers = ANSWERS) -> Plan:
    found = fit(load, service, answers).plan
    assert found is not None
    return found


def node(name: str) -> NodeType:
    service = MEMORYDB if name.startswith("db.") else ELASTICACHE
    return next(one for one in node_types(service) if one.name == name)


def test_a_small_load_takes_the_smallest_node() -> None:
    assert (plan(SMALL).node_type, plan(SMALL).shards) == ("db.t4g.small", 1)
    assert plan(SMALL).next_smaller == "db.t4g.small is the smallest node type on offer."


def test_memory_binds_a_large_quiet_load() -> None:
    found = plan(replace(SMALL, memory_bytes=10 * GIB))
    assert (found.node_type, found.shards, found.binding) == ("db.r7g.large", 1, "memory")
    # (10 GiB + 3 MB) of 14,037,181,030 x 0.8
    assert found.utilisation["memory"] == pytest.approx((10 * GIB + 3_000_000) / (14_037_181_030 * 0.8))
    assert found.next_smaller == "db.t4g.medium with 1 shard would need 404.6 % of its memory allowance."


def test_cpu_binds_a_small_busy_load() -> None:
    found = plan(replace(SMALL, reads_per_s=130_000))
    assert (found.node_type, found.shards, found.binding) == ("db.r7g.large", 1, "cpu")
    assert found.utilisation["cpu"] == pytest.approx((130_000 / 200_000 + 50 / 74_000) / 0.7)


def test_replication_binds_a_load_of_large_writes() -> None:
    found = plan(replace(SMALL, replicated_bytes_per_s=150_000_000, client_bytes_per_s=0))
    assert (found.node_type, found.shards, found.binding) == ("db.r7g.large", 3, "replication")
    assert found.utilisation["replication"] == pytest.approx(50 / 70)


def test_network_binds_a_load_of_large_values() -> None:
    # 1 Gbit/s against 0.937 x 0.7 for an r7g.large
    found = plan(replace(SMALL, client_bytes_per_s=125_000_000, replicated_bytes_per_s=0))
    assert found.binding == "network"


def test_elasticache_keeps_a_quarter_of_memory_back() -> None:
    load = replace(SMALL, memory_bytes=9 * GIB, shard_overhead_bytes=0)
    assert utilisation(load, node("db.r7g.large"), 1, SERVICES[MEMORYDB], ANSWERS)["memory"] < 1
    assert utilisation(load, node("cache.r7g.large"), 1, SERVICES[ELASTICACHE], ANSWERS)["memory"] > 1


def test_elasticache_sends_each_write_to_each_replica_and_memorydb_once_to_the_log() -> None:
    load = replace(SMALL, client_bytes_per_s=0, replicated_bytes_per_s=1_000_000)
    two = replace(ANSWERS, replicas=2)
    allowed = 0.937e9 / 8 * 0.7
    cache = utilisation(load, node("cache.r7g.large"), 1, SERVICES[ELASTICACHE], two)
    store = utilisation(load, node("db.r7g.large"), 1, SERVICES[MEMORYDB], two)
    assert cache["network"] == pytest.approx(2e6 / allowed)
    assert store["network"] == pytest.approx(1e6 / allowed)
    assert "replication" not in cache


def test_the_busiest_shard_holds_the_hottest_slot_and_its_part_of_the_rest() -> None:
    load = replace(SMALL, reads_per_s=100_000, writes_per_s=0, hottest_slot_share=0.2)
    used = utilisation(load, node("db.r7g.large"), 4, SERVICES[MEMORYDB], ANSWERS)
    assert used["cpu"] == pytest.approx(100_000 / 140_000 * (0.2 + 0.8 / 4))
    assert used["hottest slot"] == pytest.approx(100_000 / 140_000 * 0.2)


def test_a_key_hotter_than_any_shard_cannot_be_sharded_away_and_the_reason_says_so() -> None:
    found = fit(replace(SMALL, reads_per_s=1_000_000, hottest_slot_share=0.6, hottest_key_share=0.55))
    assert found.plan is None
    assert found.reason.startswith("One key takes 55.0 % of operations")
    assert "Sharding cannot spread it" in found.reason


def test_a_hot_slot_without_one_hot_key_is_named_as_a_slot() -> None:
    found = fit(replace(SMALL, reads_per_s=1_000_000, hottest_slot_share=0.6, hottest_key_share=0.001))
    assert found.reason.startswith("One hash slot takes 60.0 % of operations")


def test_more_than_500_nodes_never_fit() -> None:
    found = fit(replace(SMALL, memory_bytes=1_000_000 * GIB))
    assert found.plan is None
    assert "500 nodes" in found.reason


def test_burstable_nodes_are_not_sharded() -> None:
    assert (
        fewest_shards(replace(SMALL, memory_bytes=4 * GIB), node("db.t4g.medium"), SERVICES[MEMORYDB], ANSWERS) is None
    )


def test_between_equal_prices_the_faster_network_wins() -> None:
    assert plan(replace(SMALL, memory_bytes=8 * GIB)).node_type == "db.r7g.large"  # db.r6g.large costs the same


def test_the_limits_say_the_same_in_figures() -> None:
    found = plan(replace(SMALL, memory_bytes=10 * GIB))
    assert found.limits["memory"] == "10.003 of 10.46 GiB"
    assert set(found.limits) == set(found.utilisation)


LOADS = st.builds(
    Load,
    memory_bytes=st.integers(1, 3_000 * GIB),
    shard_overhead_bytes=st.integers(0, 50_000_000),
    reads_per_s=st.floats(0, 3e6),
    writes_per_s=st.floats(0, 1e6),
    client_bytes_per_s=st.floats(0, 5e9),
    replicated_bytes_per_s=st.floats(0, 5e8),
    hottest_slot_share=st.floats(0, 0.2),
    hottest_key_share=st.just(0.0),
)


@given(load=LOADS, service=st.sampled_from([MEMORYDB, ELASTICACHE]))
def test_what_is_chosen_fits_and_one_shard_less_would_not(load: Load, service: str) -> None:
    found = fit(load, service).plan
    if found is None:
        return
    assert max(found.utilisation.values()) <= 1 + 1e-6
    assert found.binding in found.utilisation
    if found.shards > 1:
        less = utilisation(load, node(found.node_type), found.shards - 1, SERVICES[service], ANSWERS)
        assert max(less.values()) > 1 - 1e-6


@given(load=LOADS, more=st.integers(1, 500 * GIB))
def test_more_memory_never_gives_a_cheaper_cluster(load: Load, more: int) -> None:
    small, large = fit(load).plan, fit(replace(load, memory_bytes=load.memory_bytes + more)).plan
    if large is not None:
        assert small is not None
        assert hourly(small) <= hourly(large)


def hourly(found: Plan) -> Decimal:
    price = catalogue("us-east-1").price(MEMORYDB, "Valkey", found.node_type)
    assert price is not None
    return price.usd * found.shards * (1 + found.replicas)
