"""What one node of a type carries: published rates through the CPU ratio, the network's baseline, and which binds first."""

from __future__ import annotations

from dataclasses import replace

import pytest

from planner.pricing.catalogue import ELASTICACHE, MEMORYDB
from planner.sizing.carrying import carried, carried_by
from planner.sizing.model.answers import Answers
from planner.sizing.model.clusters import CarriedNode
from planner.sizing.model.needs import Needs
from planner.sizing.needs import needs_of
from planner.sizing.nodes import SERVICES, node_types
from tests.planner.sizing.factories import make_curve, make_items, make_measurement

ANSWERS = Answers(replicas=2)
# 600 reads and 400 writes a second at peak, 100 kB/s in, 150 kB/s out, 130 kB/s replicated.
NEEDS = needs_of(make_measurement(), make_items(), make_curve(), ANSWERS)


def of(name: str, needs: Needs = NEEDS, replicas: int = 2) -> CarriedNode:
    service = MEMORYDB if name.startswith("db.") else ELASTICACHE
    node = next(one for one in node_types(service) if one.name == name)
    return carried_by(node, needs, SERVICES[service], replicas)


def test_a_workload_as_dear_as_the_calibration_gets_the_published_rates_in_its_own_mix() -> None:
    found = of("db.r7g.2xlarge")
    assert (found.published_reads_per_s, found.published_writes_per_s) == (500_000, 185_000)
    assert (found.reads_per_s, found.writes_per_s) == (500_000, 185_000)
    # 1000 operations take 600/500,000 + 400/185,000 of a second
    assert found.cpu_operations_per_s == pytest.approx(1000 / (600 / 500_000 + 400 / 185_000))


def test_twice_the_cost_of_a_read_halves_the_reads_and_not_the_writes() -> None:
    found = of("db.r7g.2xlarge", replace(NEEDS, cpu_read_ratio=2.0))
    assert (found.reads_per_s, found.writes_per_s, found.read_ratio) == (250_000, 185_000, 0.5)
    assert found.cpu_operations_per_s == pytest.approx(1000 / (600 / 250_000 + 400 / 185_000))


def test_the_baseline_is_divided_by_all_bytes_an_operation_moves() -> None:
    found = of("db.r7g.large")  # 0.937 Gbps; to the log each write goes once
    assert found.bytes_out_per_operation == 150
    assert found.bytes_moved_per_operation == pytest.approx(100 + 150 + 130)
    assert found.network_operations_per_s == pytest.approx(0.937e9 / 8 / 380)
    assert (found.binds, found.operations_per_s) == ("cpu", found.cpu_operations_per_s)


def test_a_cache_sends_each_write_to_every_replica() -> None:
    assert of("cache.r7g.large").bytes_moved_per_operation == pytest.approx(100 + 150 + 2 * 130)
    assert of("cache.r7g.large", replicas=0).bytes_moved_per_operation == pytest.approx(250)


def test_large_answers_bind_the_network_first() -> None:
    found = of("db.r7g.large", replace(NEEDS, bytes_out_per_s_peak=15_000_000))
    assert found.binds == "network"
    assert found.operations_per_s == pytest.approx(0.937e9 / 8 / (100 + 15_000 + 130))
    assert found.used_at_peak == pytest.approx(1000 / found.operations_per_s)


def test_every_node_type_is_there_the_weakest_first_and_none_without_operations() -> None:
    nodes = carried(NEEDS, SERVICES[MEMORYDB], ANSWERS)
    assert {node.node_type for node in nodes} == {node.name for node in node_types(MEMORYDB)}
    assert [node.operations_per_s for node in nodes] == sorted(node.operations_per_s for node in nodes)
    assert carried(replace(NEEDS, peak_reads_per_s=0.0, peak_writes_per_s=0.0), SERVICES[MEMORYDB], ANSWERS) == ()
