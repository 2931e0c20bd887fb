"""DynamoDB on demand: request units as they come, and what the table keeps."""

from __future__ import annotations

from dataclasses import field
from decimal import Decimal

from planner.pricing import money
from planner.pricing.catalogue import DYNAMODB
from planner.pricing.designs import dynamodb
from planner.pricing.designs.base import Context, line
from planner.pricing.value import value
from planner.sizing.model.bills import CostLine

_ITEMS: dynamodb.UnitItems = {
    dynamodb.STANDARD: (
        "on-demand write request unit (WRU)",
        "on-demand read request unit (RRU)",
        "on-demand replicated WRU (global tables, MREC)",
    ),
    dynamodb.INFREQUENT: (
        "on-demand WRU, Standard-IA table class",
        "on-demand RRU, Standard-IA table class",
        "on-demand rWRU, Standard-IA table class",
    ),
}


@value
class Quantities(dynamodb.Kept):
    """Units a month, or requests and their sizes. `replicated_write_request_units`: writes of a global table, counted in
    each of its Regions."""

    write_request_units: Decimal = Decimal(0)
    read_request_units: Decimal = Decimal(0)
    replicated_write_request_units: Decimal = Decimal(0)
    reads: Decimal = Decimal(0)
    read_kb: Decimal = Decimal(0)
    writes: Decimal = Decimal(0)
    write_kb: Decimal = Decimal(0)
    consistency: str = field(default=dynamodb.EVENTUAL, metadata={"choices": tuple(dynamodb.READ_FACTORS)})


def _lines(spec: Quantities, context: Context) -> tuple[CostLine, ...]:
    writes = money.total((spec.write_request_units, _units_of_writes(spec)))
    reads = money.total((spec.read_request_units, _units_of_reads(spec)))
    write_item, read_item, replicated_item = _ITEMS[spec.table_class]
    wanted = (
        ("Write request units", writes, write_item),
        ("Read request units", reads, read_item),
        ("Replicated write request units", spec.replicated_write_request_units, replicated_item),
    )
    units = (
        line(name, money.millions(quantity), "million", context.catalogue.price(DYNAMODB, "", item))
        for name, quantity, item in wanted
        if quantity
    )
    return (*units, *dynamodb.kept_lines(spec, context))


def _units_of_writes(spec: Quantities) -> Decimal:
    each = dynamodb.write_units(spec.write_kb, spec.consistency)
    return money.product(spec.writes, each) if spec.writes else Decimal(0)


def _units_of_reads(spec: Quantities) -> Decimal:
    each = dynamodb.read_units(spec.read_kb, spec.consistency)
    return money.product(spec.reads, each) if spec.reads else Decimal(0)


DESIGN = dynamodb.design("dynamodb-on-demand", "DynamoDB on demand", Quantities, _lines)
