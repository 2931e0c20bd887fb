"""Every design sized and priced for a run of months: what growth, ranges and the answer page ask for.

Equal needs give equal answers, so months without growth are sized once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from planner.sizing.bill import Sized, size
from planner.sizing.model import Answers, Needs


def months(
    design_ids: Sequence[str], needs_by_month: Sequence[Needs], answers: Answers
) -> Mapping[str, tuple[Sized, ...]]:
    """Of each design one `Sized` for each of `needs_by_month`, exactly as `bill.size` gives one by one."""
    found: dict[str, tuple[Sized, ...]] = {}
    for design_id in design_ids:
        known: dict[int, Sized] = {}  # by identity: months without growth share one object
        found[design_id] = tuple(
            known[id(needs)] if id(needs) in known else known.setdefault(id(needs), size(design_id, needs, answers))
            for needs in needs_by_month
        )
    return found
