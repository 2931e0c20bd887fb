"""Data tiering and vector indexes: what stays in memory, what is added, what is refused, and what the reader is told."""

from __future__ import annotations

from dataclasses import replace

import pytest

from engine.errors import InputError
from planner.pricing import designs
from planner.pricing.catalogue import ELASTICACHE, MEMORYDB, catalogue
from planner.sizing.answers import answers_to_json, parse_answers
from planner.sizing.bill import load_of, part_answers, size
from planner.sizing.ceilings import RESIDENT, Load, usable_dram, usable_memory
from planner.sizing.extras import extra_assumptions
from planner.sizing.fit import cheapest
from planner.sizing.model.answers import Answers, Vectors
from planner.sizing.model.clusters import Plan
from planner.sizing.model.needs import HitPoint, Needs
from planner.sizing.needs import connections_of, needs_of
from planner.sizing.nodes import GIB, SERVICES, node_types
from planner.sizing.tiering import hot_share, resident_bytes
from planner.sizing.vectors import index_bytes
from tests.planner.sizing.factories import make_curve, make_items, make_measurement
from tests.planner.sizing.test_fit import SMALL

TIERED = Answers(data_tiering=True, memory_headroom=0.2, replicas=1)
COLD = replace(SMALL, memory_bytes=400 * GIB, resident_bytes=40 * GIB)


def needs() -> Needs:
    return needs_of(make_measurement(), make_items(), make_curve(), Answers())


def plan(load: Load, answers: Answers, service: str = MEMORYDB) -> Plan:
    found = cheapest(load, SERVICES[service], "Valkey", answers, catalogue("us-east-1")).plan
    assert found is not None
    return found


def test_nodes_with_ssd_are_considered_only_when_asked_for() -> None:
    assert not [node for node in node_types(MEMORYDB) if node.ssd_bytes]
    assert len([node for node in node_types(MEMORYDB, data_tiering=True) if node.ssd_bytes]) == 4
    # No list gives the SSD of ElastiCache's two largest sizes, and MemoryDB has none like them.
    assert len([node for node in node_types(ELASTICACHE, data_tiering=True) if node.ssd_bytes]) == 4


def test_a_tiered_node_keeps_19_percent_of_memory_back_and_adds_its_ssd() -> None:
    node = next(one for one in node_types(MEMORYDB, data_tiering=True) if one.name == "db.r6gd.xlarge")
    assert usable_dram(node, TIERED) == pytest.approx(28_261_849_702 * 0.81 * 0.8)
    assert usable_memory(node, TIERED) == pytest.approx((28_261_849_702 * 0.81 + 99.33 * GIB) * 0.8)


def test_mostly_cold_data_goes_to_ssd_and_the_whole_in_memory_would_be_dearer() -> None:
    found = plan(COLD, TIERED)
    assert ".r6gd." in found.node_type
    assert found.utilisation[RESIDENT] <= 1
    assert set(found.limits) == set(found.utilisation)
    assert ".r6gd." not in plan(COLD, replace(TIERED, data_tiering=False)).node_type


def test_keys_and_hot_values_never_leave_memory() -> None:
    hot = replace(COLD, resident_bytes=COLD.memory_bytes)
    assert plan(hot, TIERED).utilisation.get(RESIDENT, 0) <= 1
    # 100,000 keys of 100 bytes, and half of the other 10 MB: half of the data answers 90 % of reads.
    assert resident_bytes(needs(), 20_000_000) == 15_000_000


def test_without_a_curve_all_data_counts_as_hot() -> None:
    assert hot_share(replace(needs(), hit_curve=())) == 1.0
    assert hot_share(replace(needs(), hit_curve=(HitPoint(1, 0.1, 0.79), HitPoint(3, 0.3, 0.8)))) == 0.3


def test_elasticache_that_keeps_its_writes_has_no_nodes_with_ssd() -> None:
    durable = designs.BY_ID["elasticache-durable-sync"]
    assert part_answers(durable, replace(TIERED, replicas=0)) == replace(TIERED, replicas=1, data_tiering=False)


def test_a_million_vectors_take_their_numbers_their_links_and_a_hundred_bytes_each() -> None:
    assert index_bytes(Vectors(1_000_000, 768, 16)) == 1_000_000 * (3072 + 128 + 100)


def test_an_index_keeps_memorydb_on_one_shard_of_a_larger_node() -> None:
    answers = Answers(vectors=Vectors(10_000_000, 768, 16))  # 33 GB
    sized = size("memorydb-valkey", needs(), answers)
    assert sized.plan is not None
    assert (sized.plan.shards, sized.plan.node_type) == (1, "db.r7g.2xlarge")
    huge = size("memorydb-valkey", needs(), Answers(vectors=Vectors(1_000_000_000, 768, 16)))
    assert huge.reason.startswith("A vector index lives on one shard")


def test_an_index_is_read_from_answers_and_comes_back() -> None:
    given = {"vectors": {"count": 1000, "dimensions": 32_768, "m": 512}, "survive": "zone", "stale_reads": True}
    answers = parse_answers(given)
    assert answers.vectors == Vectors(1000, 32_768, 512)
    assert parse_answers(answers_to_json(answers)) == answers


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"vectors": {"count": 10, "dimensions": 32_769}}, "vectors.dimensions"),
        ({"vectors": {"count": 10, "dimensions": 3, "m": 513}}, "vectors.m"),
        ({"vectors": {"dimensions": 3}}, "vectors.count"),
        ({"vectors": {"count": 10, "dimensions": 3, "ef": 5}}, "vectors.ef"),
        ({"vectors": 5}, "vectors"),
        ({"survive": "region"}, "survive"),
        ({"stale_reads": "yes"}, "stale_reads"),
    ],
)
def test_what_will_not_do_is_named(given: dict[str, object], named: str) -> None:
    with pytest.raises(InputError) as raised:
        parse_answers(given)
    assert raised.value.source == named


def test_connections_are_scaled_to_the_real_workload() -> None:
    answers = Answers(recording_is="average", peak_to_average=3.0, traffic_share=0.5)
    assert connections_of(100, answers) == 600
    assert connections_of(None, answers) is None
    assert load_of(replace(needs(), connections=600), SERVICES[MEMORYDB]).connections == 600


def test_the_reader_is_told_what_is_assumed() -> None:
    answers = replace(TIERED, stale_reads=True, vectors=Vectors(1000, 8, 4))
    told = {one.name: one.value for one in extra_assumptions(answers, replace(needs(), connections=70))}
    assert told["Connections"] == "70 at peak, each to every node, of 65,000 a node"
    assert told["Vector index"].startswith("0.2 MB")  # 1,000 x (32 + 32 + 100)
    assert "50 % of the values" in told["Data tiering, kept in memory"]
    assert set(told) >= {"Survives", "Reads from replicas", "Data tiering, kept back"}
