"""One design priced from a spec (DESIGN §8): cost lines, their sum, and what has no price.

Pure and exact: the sum of the lines is the total to the last digit; `to_json` prints cents. When `missing` is not empty
the total is "at least". An unknown key, design, region or term is an InputError that names it.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from engine.errors import InputError
from planner.pricing import designs, lists, money, spec
from planner.pricing.catalogue import catalogue, regions
from planner.pricing.designs import transfer
from planner.pricing.designs.base import Context, Design
from planner.pricing.terms import ON_DEMAND_TERM, TERMS
from planner.pricing.value import value
from planner.sizing.model.bills import CostLine

COMMON_KEYS = frozenset({"design", "region", "term", "hours"})
MOST_HOURS = 8784  # a leap year: no bill covers more
_CACHE_PREFIX = "cache_"
_NODE_KEYS = frozenset({"node_type", "instance_type", "tier"})
_WITHOUT_NODES = frozenset(
    {"backup_gb", "free_backup_gb", "storage_gb", "io_millions", "storage_type", "iops", "ebs_gb"}
) | {
    "throughput_mb_s",
    "ebs_usd_per_gb_month",
    "operations_hours",
    "operations_usd_per_hour",
}
_TRANSFER_KEYS = spec.keys(transfer.Quantities)


@value
class Quote:
    """`monthly_usd`: exact sum of the lines that have a price. `missing` names the lines that have none: with any, the total
    is "at least"."""

    monthly_usd: Decimal
    lines: tuple[CostLine, ...]
    missing: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """Plain JSON types; money as text, the total in cents, the lines exact."""
        return {
            "monthly_usd": str(money.cents(self.monthly_usd)),
            "lines": [_line_to_json(line) for line in self.lines],
            "missing": list(self.missing),
        }


@lists.steady
def quote(given: Mapping[str, object]) -> Quote:
    """Price a spec. `hours` defaults to 730; quantities left out are zero. Raises InputError naming the key."""
    design_id = given.get("design")
    if not isinstance(design_id, str):
        raise InputError("is required.", source="design", expected=f"one of {', '.join(designs.available())}.")
    parts = designs.find(design_id)
    _check_keys(given, parts)
    _require_nodes(given, parts)
    context = _context(given, parts)
    quantities = [(part, spec.read_fields(part.quantities, _own(part, parts, given))) for part in parts]
    moved = spec.read_fields(transfer.Quantities, {key: given[key] for key in _TRANSFER_KEYS if key in given})
    own = (line for part, wanted in quantities for line in part.lines(wanted, context))
    lines = (*own, *transfer.lines(moved, context))
    amounts = (line.amount for line in lines if line.amount is not None)
    return Quote(money.total(amounts), lines, tuple(line.name for line in lines if line.amount is None))


def accepted_keys(design_id: str) -> frozenset[str]:
    """Every key a spec of this design may hold. Of a key that both parts of a join have, the plain name is the
    database's, the name with `cache_` before it the cache's (`backup_gb`, `cache_backup_gb`)."""
    parts = designs.find(design_id)
    keys = frozenset(key for part in parts for key in spec.keys(part.quantities))
    if len(parts) > 1:
        shared = spec.keys(parts[0].quantities) & spec.keys(parts[1].quantities)
        keys |= {_CACHE_PREFIX + key for key in shared}
    return keys | COMMON_KEYS | _TRANSFER_KEYS


def _check_keys(given: Mapping[str, object], parts: tuple[Design[Any], ...]) -> None:
    accepted = accepted_keys("+".join(part.id for part in parts))
    unknown = sorted(str(key) for key in given if key not in accepted)
    if unknown:
        raise InputError(
            "is not a key of this design.", source=unknown[0], expected=f"one of {', '.join(sorted(accepted))}."
        )


def _require_nodes(given: Mapping[str, object], parts: tuple[Design[Any], ...]) -> None:
    """A bill without its nodes would be a wrong one, unless only backups or transfer were asked for."""
    for part in parts:
        types = frozenset(key for key in _NODE_KEYS if spec.default_of(part.quantities, key) == "")
        if not types or any(given.get(key) for key in types) or given.get("instances") == 0:
            continue
        if set(given) & (spec.keys(part.quantities) - _WITHOUT_NODES) or not set(given) - COMMON_KEYS:
            name = min(types)
            raise InputError("is required.", source=name, remedy=f'Add "{name}" to the spec.')


def _context(given: Mapping[str, object], parts: tuple[Design[Any], ...]) -> Context:
    term = given.get("term", ON_DEMAND_TERM)
    if not isinstance(term, str) or term not in TERMS:
        raise InputError(f"{term!r} is not a term.", source="term", expected=f"one of {', '.join(TERMS)}.")
    region = spec.read_text("region", given.get("region", _home(parts)))
    _require_region(region, parts)
    hours = spec.read_number("hours", given.get("hours", money.HOURS_PER_MONTH))
    if hours > MOST_HOURS:
        raise InputError(f"{hours} is more than a year.", source="hours", expected=f"0 to {MOST_HOURS}.")
    return Context(catalogue(region), hours, TERMS[term])


def _home(parts: tuple[Design[Any], ...]) -> str:
    return next((part.regions[0] for part in parts if part.regions), "us-east-1")


def _require_region(region: str, parts: tuple[Design[Any], ...]) -> None:
    """A design of one vendor cannot stand in a region of another's."""
    for part in parts:
        known = part.regions or regions()
        if region not in known:
            shown = ", ".join(known)
            raise InputError(f"no prices of {part.title} for {region!r}.", source="region", expected=f"one of {shown}.")


def _own(part: Design[Any], parts: tuple[Design[Any], ...], given: Mapping[str, object]) -> dict[str, object]:
    """The keys of the spec that are this part's, under the part's own names."""
    names = {key: spec_key(key, part, parts) for key in spec.keys(part.quantities)}
    return {key: given[name] for key, name in names.items() if name in given}


def spec_key(key: str, part: Design[Any], parts: tuple[Design[Any], ...]) -> str:
    """What a part's key is called in the spec of the whole design: a cache's may need a prefix."""
    taken = part is not parts[-1] and key in spec.keys(parts[-1].quantities)
    return f"{_CACHE_PREFIX}{key}" if taken else key


def _line_to_json(line: CostLine) -> dict[str, Any]:
    return {
        "name": line.name,
        "quantity": money.plain(line.quantity),
        "unit": line.unit,
        "unit_price": None if line.unit_price is None else money.plain(line.unit_price),
        "amount": None if line.amount is None else money.plain(line.amount),
        "source": line.source,
        "as_of": line.as_of,
        "provenance": line.provenance,
        "derivation": line.derivation,
    }
