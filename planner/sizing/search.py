"""Every design sized and priced for a run of months at once: what growth, ranges and the answer page ask for.

The same answers as `bill.size` gives one by one, in a fraction of the time: clusters of all months are searched together
(`grid`), a part that several designs share is sized and priced once, and quantities are built without the detour over a
spec's text. Equal needs (the same object) are sized once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import lru_cache
from typing import Any

from planner.pricing import designs, money, spec
from planner.pricing.catalogue import catalogue
from planner.pricing.designs.base import Design
from planner.pricing.quote import Quote, spec_key
from planner.sizing.bill import CHOSEN, Sized, missed_share, node_part, part_answers, part_load, region_of
from planner.sizing.fit import Fit
from planner.sizing.grid import cheapest_many
from planner.sizing.loss import settled
from planner.sizing.model import Answers, CostLine, Needs, Plan
from planner.sizing.nodes import SERVICES, service_of
from planner.sizing.part_bill import Till, bill, moved, quote_of, till
from planner.sizing.parts import SIZERS
from planner.sizing.parts.demand import Demand, Part

_EMPTY = Quote(Decimal(0), (), ())


@dataclass(frozen=True, slots=True)
class _Priced:
    """A part of a design in one month: `reason` where nothing fits, else its bill. `moved`: traffic that a design causes which
    begins with this part."""

    reason: str
    plan: Plan | None = None
    bill: Quote = _EMPTY
    moved: tuple[CostLine, ...] = ()
    keys: Mapping[str, object] = field(default_factory=dict)


def months(
    design_ids: Sequence[str], needs_by_month: Sequence[Needs], answers: Answers
) -> Mapping[str, tuple[Sized, ...]]:
    """Of each design one `Sized` for each of `needs_by_month`, exactly as `bill.size` gives one by one."""
    different = {id(needs): needs for needs in needs_by_month}
    search = _Search(tuple(different.values()), answers)
    places = {key: place for place, key in enumerate(different)}
    order = [places[id(needs)] for needs in needs_by_month]
    sized = {design_id: search.design(design_id) for design_id in design_ids}
    return {design_id: tuple(found[place] for place in order) for design_id, found in sized.items()}


class _Search:
    """One search: its needs, and what was found so far of parts and clusters that designs share."""

    def __init__(self, needs: tuple[Needs, ...], answers: Answers) -> None:
        self._needs = needs
        self._answers = answers
        self._missed = [missed_share(each, answers) for each in needs]
        self._priced: dict[tuple[str, bool, str], list[_Priced]] = {}
        self._asked: dict[bool, list[Demand]] = {}
        self._fits: dict[tuple[object, ...], tuple[Fit, ...]] = {}

    def design(self, design_id: str) -> list[Sized]:
        """The design for each of the needs."""
        parts = _parts(design_id)
        joined, region = len(parts) > 1, region_of(design_id, self._answers)
        columns = [self._part(part, region, joined=joined) for part in parts]
        if joined:
            names = _names(design_id)
            return [_joined(design_id, cache, store, names) for cache, store in zip(*columns, strict=True)]
        return [_alone(design_id, one, _names(design_id)[0]) for one in columns[0]]

    def _part(self, part: Design[Any], region: str, *, joined: bool) -> list[_Priced]:
        key = (part.id, joined, region)
        if key not in self._priced:
            at, sized = till(part, region, self._answers), self._sized(part, joined=joined)
            self._priced[key] = [_price(at, found, needs) for found, needs in zip(sized, self._needs, strict=True)]
        return self._priced[key]

    def _sized(self, part: Design[Any], *, joined: bool) -> list[Part]:
        if part.service in SERVICES:
            found = zip(self._fit(part, joined=joined), self._needs, strict=True)
            return [node_part(part, fit, needs, self._answers, joined=joined) for fit, needs in found]
        sizer = SIZERS[part.id]
        return [sizer(demand) for demand in self._demands(joined=joined)]

    def _demands(self, *, joined: bool) -> list[Demand]:
        if joined not in self._asked:
            missed = self._missed if joined else [1.0] * len(self._needs)
            asked, prices = settled(self._answers), catalogue(self._answers.region)
            pairs = zip(self._needs, missed, strict=True)
            self._asked[joined] = [Demand(needs, asked, share, joined, prices) for needs, share in pairs]
        return self._asked[joined]

    def _fit(self, part: Design[Any], *, joined: bool) -> tuple[Fit, ...]:
        asked = part_answers(part, self._answers)
        service = service_of(part.id, part.service)
        key = (service, part.engine, joined, asked)
        if key not in self._fits:
            pairs = zip(self._needs, self._missed, strict=True)
            loads = [part_load(part, needs, self._answers, missed, joined=joined) for needs, missed in pairs]
            prices = catalogue(self._answers.region)
            self._fits[key] = cheapest_many(loads, service, part.engine, asked, prices)
        return self._fits[key]


@lru_cache(maxsize=256)
def _parts(design_id: str) -> tuple[Design[Any], ...]:
    return designs.find(design_id)


def _price(at: Till, found: Part, needs: Needs) -> _Priced:
    if found.reason:
        return _Priced(found.reason)
    return _Priced("", found.plan, bill(at, found.keys), moved(at, found.plan, needs), found.keys)


Names = tuple[tuple[str, str], ...]


@lru_cache(maxsize=256)
def _names(design_id: str) -> tuple[Names, ...]:
    """Of each part the keys that are capacity to choose, with their names in the spec of the whole design."""
    parts = _parts(design_id)
    own = ((part, spec.keys(part.quantities)) for part in parts)
    return tuple(tuple((key, spec_key(key, part, parts)) for key in CHOSEN if key in keys) for part, keys in own)


def _chosen(one: _Priced, names: Names) -> dict[str, object]:
    return {name: one.keys[key] for key, name in names if key in one.keys}


def _alone(design_id: str, one: _Priced, names: Names) -> Sized:
    if one.reason:
        return Sized(design_id, None, None, one.reason)
    return Sized(design_id, one.plan, _with(one.bill, one.moved), spec=_chosen(one, names))


def _joined(design_id: str, cache: _Priced, store: _Priced, names: Sequence[Names]) -> Sized:
    if cache.reason or store.reason:
        return Sized(design_id, None, None, cache.reason or store.reason)
    first, second = cache.bill, store.bill
    total = money.total((first.monthly_usd, second.monthly_usd))
    whole = Quote(total, (*first.lines, *second.lines), (*first.missing, *second.missing))
    chosen = {**_chosen(cache, names[0]), **_chosen(store, names[1])}
    return Sized(design_id, cache.plan or store.plan, _with(whole, cache.moved), spec=chosen)


def _with(whole: Quote, lines: tuple[CostLine, ...]) -> Quote:
    """The bill with further lines."""
    if not lines:
        return whole
    more = quote_of(lines)
    total = money.total((whole.monthly_usd, more.monthly_usd))
    return Quote(total, (*whole.lines, *lines), (*whole.missing, *more.missing))
