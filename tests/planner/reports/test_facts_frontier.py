"""What more room costs as a table: a row a cluster, the chosen one marked, on the page and in the PDF's content."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from planner.estimates.presentation import answer
from planner.reports.content_outlook import printed_outlook
from planner.reports.document import EstimateDocument
from planner.reports.facts_frontier import frontier_facts, frontier_rows, frontier_summary
from planner.reports.pdf import estimate_pdf
from planner.sizing.model.clusters import FrontierPoint
from planner.sizing.model.result import DesignEstimate
from tests.planner.reports.factories import make_document


def with_frontier(shards: int) -> tuple[EstimateDocument, DesignEstimate]:
    """The recommended design with two clusters to choose, the cheaper of so many shards."""
    document = make_document()
    best = next(one for one in document.result.designs if one.id == document.result.recommended.id)
    assert best.plan is not None
    cheap = FrontierPoint(best.plan.node_type, shards, best.plan.replicas, Decimal("70.08"), 0.25, "cpu")
    roomy = FrontierPoint("db.r7g.8xlarge", 1, 1, Decimal("1234.5"), 0.5, "memory")
    best = replace(best, frontier=(cheap, roomy))
    designs = tuple(best if one.id == best.id else one for one in document.result.designs)
    return make_document(result=replace(document.result, designs=designs)), best


def chosen_shards() -> int:
    document = make_document()
    plan = next(one.plan for one in document.result.designs if one.id == document.result.recommended.id)
    assert plan is not None
    return plan.shards


def test_the_cluster_the_design_is_sized_as_is_marked() -> None:
    document, best = with_frontier(chosen_shards())
    assert [row.chosen for row in frontier_rows(best)] == [True, False]
    assert "not among them" not in frontier_summary(best)
    first, second = frontier_facts(best).rows
    assert first[0].endswith(", chosen") and first[1:] == ("$70.08", "25 %", "CPU")
    assert second == ("1 × (1 + 1) db.r7g.8xlarge", "$1,234.50", "50 %", "memory")
    recommended = answer(document).recommended
    assert recommended is not None and recommended.frontier == frontier_rows(best)


def test_a_cluster_of_the_same_price_with_more_room_stands_for_the_chosen_one_and_says_so() -> None:
    _, best = with_frontier(chosen_shards() + 1)
    assert [row.chosen for row in frontier_rows(best)] == [False, False]
    assert "one with more room costs no more" in frontier_summary(best)


def test_the_pdf_prints_it_of_the_recommended_design_only_and_older_documents_without() -> None:
    document, best = with_frontier(chosen_shards())
    assert [table["rows"] for table in printed_outlook(document)["frontier"]] == [
        [list(row) for row in frontier_facts(best).rows]
    ]
    assert estimate_pdf(document).startswith(b"%PDF")
    assert printed_outlook(make_document())["frontier"] == []
    assert frontier_summary(make_document().result.designs[0]) == ""
