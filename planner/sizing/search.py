"""Every design sized and priced for a run of months at once: what growth, ranges and the answer page ask for.

The same answers as `bill.size` gives one by one, in a fraction of the time: clusters of all months are searched together
(`grid`), a part that several designs share is sized and priced once, and quantities are built without the detour over a
spec's text. Equal needs (the same object) are sized once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field
from decimal import Decimal
from functools import lru_cache
from typing import Any

from planner.pricing import designs, money, spec
from planner.pricing.catalogue import catalogue
from planner.pricing.designs.base import Design
from planner.pricing.quote import Quote, spec_key
from planner.pricing.value import value
from planner.sizing.bill import CHOSEN, Sized, missed_share, node_part, part_answers, part_load, region_of
from planner.sizing.fit import Fit
from planner.sizing.grid import cheapest_many
from planner.sizing.loss import settled
from planner.sizing.model.answers import Answers
from planner.sizing.model.bills import CostLine
from planner.sizing.model.clusters import Plan
from planner.sizing.model.needs import Needs
from planner.sizing.nodes import SERVICES, service_of
from planner.sizing.part_bill import Till, bill, moved, quote_of, till
from planner.sizing.parts import SIZERS
from planner.sizing.parts.demand import Demand, Part

Names = tuple[tuple[str, str], ...]
Chosen = Mapping[str, object]
_PartKey = tuple[str, bool, str]  # part, joined, region
_EMPTY = Quote(Decimal(0), (), ())


@value
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
        self._priced: dict[_PartKey, list[_Priced]] = {}
        self._chose: dict[tuple[_PartKey, Names], list[Chosen]] = {}
        self._asked: dict[bool, list[Demand]] = {}
        self._fits: dict[tuple[object, ...], tuple[Fit, ...]] = {}

    def design(self, design_id: str) -> list[Sized]:
        """The design for each of the needs."""
        parts = _parts(design_id)
        joined, region = len(parts) > 1, region_of(design_id, self._answers)
        columns: list[Iterable[Any]] = []
        for part, names in zip(parts, _names(design_id), strict=True):
            columns += [self._part(part, region, joined=joined), self._chosen((part.id, joined, region), names)]
        form = _joined if joined else _alone
        return [form(design_id, *each) for each in zip(*columns, strict=True)]

    def _chosen(self, key: _PartKey, names: Names) -> list[Chosen]:
        """What a part chose in each month, under the names of a design's spec; designs that call it alike share it."""
        if (key, names) not in self._chose:
            self._chose[key, names] = [_chosen(one, names) for one in self._priced[key]]
        return self._chose[key, names]

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


@lru_cache(maxsize=256)
def _names(design_id: str) -> tuple[Names, ...]:
    """Of each part the keys that are capacity to choose, with their names in the spec of the whole design."""
    parts = _parts(design_id)
    own = ((part, spec.keys(part.quantities)) for part in parts)
    return tuple(tuple((key, spec_key(key, part, parts)) for key in CHOSEN if key in keys) for part, keys in own)


def _chosen(one: _Priced, names: Names) -> Chosen:
    return {name: one.keys[key] for key, name in names if key in one.keys}


def _alone(design_id: str, one: _Priced, chosen: Chosen) -> Sized:
    if one.reason:
        return Sized(design_id, None, None, one.reason)
    whole = _both(one.bill, quote_of(one.moved)) if one.moved else one.bill
    return Sized(design_id, one.plan, whole, "", chosen)


def _joined(design_id: str, cache: _Priced, cache_chose: Chosen, store: _Priced, store_chose: Chosen) -> Sized:
    if cache.reason or store.reason:
        return Sized(design_id, None, None, cache.reason or store.reason)
    whole = _both(cache.bill, store.bill)
    if cache.moved:
        whole = _both(whole, quote_of(cache.moved))
    return Sized(design_id, cache.plan or store.plan, whole, "", {**cache_chose, **store_chose})


def _both(first: Quote, second: Quote) -> Quote:
    total = money.plus(first.monthly_usd, second.monthly_usd)
    return Quote(total, (*first.lines, *second.lines), (*first.missing, *second.missing))
