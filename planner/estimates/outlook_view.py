"""What the answer page shows of later months: tables of ranges, plan changes, limits and reserving, the recommended first."""

from __future__ import annotations

from dataclasses import dataclass

from planner.reports import facts_outlook as facts
from planner.reports.document import EstimateDocument
from planner.reports.facts import Facts


@dataclass(frozen=True, slots=True)
class DesignOutlook:
    """One design's changes and limits."""

    title: str
    recommended: bool
    changes: Facts
    limits: Facts


@dataclass(frozen=True, slots=True)
class ReserveView:
    """Advice on one part of a design."""

    recommended: bool
    table: Facts


@dataclass(frozen=True, slots=True)
class OutlookView:
    """Empty tuples and no ranges in a document made before these were."""

    ranges: Facts | None
    causes: Facts | None
    designs: tuple[DesignOutlook, ...]
    reserves: tuple[ReserveView, ...]


def outlook(document: EstimateDocument) -> OutlookView:
    """The view of a document."""
    result, best = document.result, document.result.recommended.id
    designs = tuple(
        DesignOutlook(
            title=facts.title_of(document, one.design_id),
            recommended=one.design_id == best,
            changes=facts.change_facts(document, one),
            limits=facts.limit_facts(document, one),
        )
        for one in result.outlooks
    )
    reserves = tuple(ReserveView(one.design_id == best, facts.reserve_facts(document, one)) for one in result.reserves)
    return OutlookView(
        ranges=facts.range_facts(document) if result.range else None,
        causes=facts.cause_facts(document) if result.range else None,
        designs=tuple(sorted(designs, key=lambda one: not one.recommended)),
        reserves=tuple(sorted(reserves, key=lambda one: not one.recommended)),
    )
