"""The tables of node types: one a service, the families that matter, and what they rest on in words."""

from __future__ import annotations

from dataclasses import replace

from planner.pricing.catalogue import ELASTICACHE, MEMORYDB
from planner.reports.document import EstimateDocument, from_json, to_json
from planner.reports.facts_carrying import COLUMNS, assumption, carrying_facts
from planner.sizing.carrying import carried
from planner.sizing.nodes import SERVICES
from tests.planner.reports.factories import make_document, make_result


def document() -> EstimateDocument:
    result = make_result()
    nodes = (carried(result.needs, SERVICES[name], result.answers) for name in (MEMORYDB, ELASTICACHE))
    return make_document(result=replace(result, carrying=tuple(node for each in nodes for node in each)))


def test_each_service_has_its_table_with_the_families_that_matter() -> None:
    memorydb, elasticache = carrying_facts(document())
    assert memorydb.title == "What one MemoryDB node carries of this workload"
    assert all(len(row) == len(COLUMNS) for row in (*memorydb.rows, *elasticache.rows))
    families = {row[0].split(".")[1] for row in memorydb.rows}
    assert {"t4g", "r7g"} <= families
    assert "c7gn" not in {row[0].split(".")[1] for row in elasticache.rows}


def test_the_assumption_names_the_costs_that_were_measured() -> None:
    assert "reads 5.20 µs against 4.60 µs, writes 7.30 µs against 5.40 µs" in assumption(document())


def test_the_json_has_every_node_type_and_reads_back() -> None:
    written = document()
    assert from_json(to_json(written)) == written
    assert {"node_type", "operations_per_s", "binds", "used_at_peak"} <= to_json(written)["carrying"][0].keys()


def test_an_answer_that_was_computed_before_this_was_still_reads() -> None:
    old = to_json(make_document())
    del old["carrying"]
    assert from_json(old).result.carrying == ()
    assert carrying_facts(make_document()) == ()
