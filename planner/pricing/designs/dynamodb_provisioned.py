"""DynamoDB with provisioned capacity: capacity units by the hour, on demand or reserved, and what the table keeps.

Capacity is what stands provisioned on average through the month, so that of a table that scales itself may have decimals.
Reserved capacity is sold in blocks of 100 units with a fee upfront and a lower hour; it covers whole blocks, the rest is paid
on demand.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import ROUND_FLOOR, ROUND_HALF_UP, Decimal

from planner.pricing import money
from planner.pricing.catalogue import DYNAMODB
from planner.pricing.designs import dynamodb
from planner.pricing.designs.base import Context, line, line_at
from planner.pricing.value import value
from planner.sizing.model.bills import CostLine

_BLOCK = 100
_TINY = Decimal("1E-12")
_ITEMS: dynamodb.UnitItems = {
    dynamodb.STANDARD: ("provisioned WCU", "provisioned RCU", "provisioned rWCU (global tables)"),
    dynamodb.INFREQUENT: (
        "provisioned WCU, Standard-IA",
        "provisioned RCU, Standard-IA",
        "provisioned rWCU, Standard-IA",
    ),
}


@value
class Quantities(dynamodb.Kept):
    """`wcu`, `rcu`: capacity units provisioned on average. `rwcu`: replicated ones of a global table in this Region."""

    wcu: Decimal = Decimal(0)
    rcu: Decimal = Decimal(0)
    rwcu: Decimal = Decimal(0)


def _lines(spec: Quantities, context: Context) -> tuple[CostLine, ...]:
    write_item, read_item, replicated_item = _ITEMS[spec.table_class]
    wanted = (
        ("Write capacity", spec.wcu, "WCU", write_item),
        ("Read capacity", spec.rcu, "RCU", read_item),
        ("Replicated write capacity", spec.rwcu, "rWCU", replicated_item),
    )
    found = (
        one for name, units, unit, item in wanted if units for one in _capacity(name, units, unit, item, spec, context)
    )
    return (*found, *dynamodb.kept_lines(spec, context))


def _capacity(
    name: str, units: Decimal, unit: str, item: str, spec: Quantities, context: Context
) -> Iterator[CostLine]:
    blocks = Decimal(0)
    if context.term.years and unit != "rWCU" and spec.table_class == dynamodb.STANDARD:
        blocks = (units / _BLOCK).to_integral_value(ROUND_FLOOR) * _BLOCK
        if blocks:
            yield from _reserved(name, blocks, unit, context)
    if units > blocks:
        hours = money.product(units - blocks, context.hours)
        what = f"{name}: {money.plain(units - blocks)} {unit}"
        yield line(what, hours, f"{unit}-hour", context.catalogue.price(DYNAMODB, "", item))


def _reserved(name: str, units: Decimal, unit: str, context: Context) -> Iterator[CostLine]:
    term = f"Reserved {context.term.years}yr"
    hourly = context.catalogue.price(DYNAMODB, "", f"reserved {unit} recurring", term=term)
    upfront = context.catalogue.price(DYNAMODB, "", f"reserved {unit} upfront", term=term)
    hours = money.product(units, context.hours)
    what = f"{name}: {money.plain(units)} {unit}, reserved {context.term.years} yr"
    yield line(what, hours, f"{unit}-hour", hourly)
    if upfront is None:
        yield line(f"{what}: upfront fee", hours, f"{unit}-hour", None)
        return
    spread = (upfront.usd / context.term.hours).quantize(_TINY, rounding=ROUND_HALF_UP).normalize()
    note = f"{money.plain(upfront.usd)} USD a unit paid at the start, over {context.term.hours:,} hours"
    yield line_at(f"{what}: upfront fee spread over the term", hours, f"{unit}-hour", spread, upfront, note=note)


DESIGN = dynamodb.design("dynamodb-provisioned", "DynamoDB provisioned", Quantities, _lines)
