"""The printed tables of more room and of later months: frontier, ranges, plan changes and limits, reserving; of the
recommended design in full."""

from __future__ import annotations

from typing import Any

from planner.reports import facts_outlook as facts
from planner.reports.document import EstimateDocument
from planner.reports.facts import Facts
from planner.reports.facts_frontier import frontier_facts

MOST_CHANGES = 12  # of a plan that changes every few weeks; the page has them all


def printed_outlook(document: EstimateDocument) -> dict[str, Any]:
    """Plain JSON types for the template; empty lists in a document made before these were."""
    result, best = document.result, document.result.recommended.id
    return {
        "ranges": _plain(facts.range_facts(document)),
        "causes": _plain(facts.cause_facts(document)),
        "frontier": [_plain(frontier_facts(one)) for one in result.designs if one.id == best and one.frontier],
        "designs": [
            {
                "title": facts.title_of(document, one.design_id),
                "changes": _shortened(facts.change_facts(document, one)),
                "limits": _plain(facts.limit_facts(document, one)),
            }
            for one in result.outlooks
            if one.design_id == best
        ],
        "reserves": [
            _without_price(_plain(facts.reserve_facts(document, one)))
            for one in result.reserves
            if one.design_id == best
        ],
    }


def _plain(found: Facts) -> dict[str, Any]:
    return {
        "title": found.title,
        "summary": found.summary,
        "columns": list(found.columns),
        "rows": [list(row) for row in found.rows],
    }


def _shortened(found: Facts) -> dict[str, Any]:
    plain = _plain(found)
    more = len(plain["rows"]) - MOST_CHANGES
    if more > 0:
        plain["summary"] += f" The first {MOST_CHANGES} are printed; the other {more} stand in the JSON."
        plain["rows"] = plain["rows"][:MOST_CHANGES]
    return plain


def _without_price(table: dict[str, Any]) -> dict[str, Any]:
    """The last column, provenance, is told by the lines of the bill."""
    return {**table, "columns": table["columns"][:-1], "rows": [row[:-1] for row in table["rows"]]}
