"""Node hours of any service: on demand, or on a reserved term for all nodes or for as many as were reserved.

A reservation is size-flexible within its family: it is counted in normalised units, and what it leaves uncovered is paid
on demand (FACTS: large 4, xlarge 8 …; a Valkey node takes 0.7 of them on MemoryDB, 0.8 on ElastiCache).
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from engine.errors import InputError
from planner.pricing import money
from planner.pricing.catalogue import Price, node_types
from planner.pricing.designs.base import Context, free_line, line, line_at, stated_line
from planner.pricing.terms import ReservedPrice, normalised_units, reserved
from planner.pricing.value import value
from planner.sizing.model.bills import CostLine

_UNITS_SOURCE = "vendor's developer guide on reserved nodes"
SPEC = "the spec"


@value
class NodeHours:
    """`count` nodes of one type of a service. `name` is what the lines are called; `surcharge` 1.18 is 18 % on top.

    `reserved_nodes` of `reserved_type` are on the context's term (None: all of `count`). `usd_per_hour`: a price the spec
    gives instead of a list's."""

    service: str
    engines: tuple[str, ...]
    node_type: str
    count: int
    name: str
    unit: str = "node-hour"
    surcharge: Price | None = None
    reserved_nodes: int | None = None
    reserved_type: str = ""
    usd_per_hour: Decimal = Decimal(0)


def require_type(service: str, title: str, node_type: str, key: str = "node_type") -> None:
    """Raise InputError when no region has the node type."""
    known = node_types(service)
    if node_type not in known:
        shown = ", ".join(sorted(known)[:40])
        raise InputError(f"{node_type!r} is not a node type of {title}.", source=key, expected=f"one of {shown}.")


def node_lines(nodes: NodeHours, context: Context) -> tuple[CostLine, ...]:
    """What the nodes cost for the context's hours on its term."""
    hours = money.product(Decimal(nodes.count), context.hours)
    if nodes.usd_per_hour:
        return (stated_line(nodes.name, hours, nodes.unit, nodes.usd_per_hour, source=SPEC),)
    on_demand = context.catalogue.first(nodes.service, nodes.engines, (nodes.node_type,))
    if not context.term.years:
        return (_on_demand(nodes, hours, on_demand),)
    if nodes.reserved_nodes is None:
        return _reserved_lines(nodes, nodes.count, nodes.node_type, nodes.engines[0], context)
    return _partly_reserved(nodes, on_demand, context)


def _on_demand(nodes: NodeHours, hours: Decimal, price: Price | None) -> CostLine:
    if price is None or nodes.surcharge is None:
        return line(nodes.name, hours, nodes.unit, price)
    usd, note = _with_surcharge(price.usd, nodes.surcharge)
    return line_at(nodes.name, hours, nodes.unit, usd, _worse(price, nodes.surcharge), note=note)


def _with_surcharge(usd: Decimal, surcharge: Price) -> tuple[Decimal, str]:
    factor = 1 + surcharge.usd / 100
    return money.product(usd, factor), f"{money.plain(usd)} + {money.plain(surcharge.usd)} % for durability"


def _worse(price: Price, surcharge: Price) -> Price:
    """A product of two prices is as sure as the less sure of them."""
    if surcharge.region == price.region or price.provenance == "derived":
        return price
    return replace(price, provenance="derived")


def _reserved_lines(
    nodes: NodeHours, count: int, node_type: str, engine: str, context: Context
) -> tuple[CostLine, ...]:
    """The hourly fee and the upfront fee's part of these hours, each where there is one."""
    hours = money.product(Decimal(count), context.hours)
    on_demand = context.catalogue.first(nodes.service, nodes.engines, (node_type,))
    bought = reserved(context.catalogue, nodes.service, engine, node_type, context.term, on_demand)
    name = f"{nodes.name}, reserved {context.term.title}"
    if bought is None:
        note = f"no reserved price ({context.term.title}) is known for {node_type}"
        return (line(name, hours, nodes.unit, None, note=note),)
    spread = bought.effective - bought.hourly
    found = []
    if bought.hourly:
        found.append(_fee(name, hours, bought.hourly, bought, nodes))
    if spread:
        fee = money.plain(money.cents(bought.upfront))
        note = f"{fee} USD a node paid at the start, over {context.term.hours:,} hours"
        found.append(_fee(f"{name}: upfront fee spread over the term", hours, spread, bought, nodes, note))
    return tuple(found)


def _fee(name: str, hours: Decimal, usd: Decimal, bought: ReservedPrice, nodes: NodeHours, note: str = "") -> CostLine:
    if nodes.surcharge is None:
        return line_at(name, hours, nodes.unit, usd, bought.price, note=note)
    dearer, words = _with_surcharge(usd, nodes.surcharge)
    note = "; ".join(text for text in (note, words) if text)
    return line_at(name, hours, nodes.unit, dearer, _worse(bought.price, nodes.surcharge), note=note)


def _partly_reserved(nodes: NodeHours, on_demand: Price | None, context: Context) -> tuple[CostLine, ...]:
    """As many nodes as were reserved, in nodes of Redis OSS; units first, then on demand for what they do not cover."""
    count, engine = nodes.reserved_nodes or 0, nodes.engines[0]
    bought_type = nodes.reserved_type or nodes.node_type
    if bought_type.split(".")[1] != nodes.node_type.split(".")[1]:
        raise InputError(
            f"a reservation of {bought_type} does not cover {nodes.node_type}.",
            source="reserved_node_type",
            expected=f"a size of the family {nodes.node_type.split('.')[1]}.",
        )
    units = normalised_units(nodes.service, "", bought_type)
    each = normalised_units(nodes.service, engine, nodes.node_type)
    if units is None or each is None:
        raise InputError(f"{bought_type} has no normalised units.", source="reserved_node_type")
    held, wanted = units * count, each * nodes.count
    used = min(held, wanted)
    left = (wanted - used) / each
    redis = replace(nodes, engines=("Redis",) if engine == "Valkey" else nodes.engines)
    lines = list(_reserved_lines(redis, count, bought_type, redis.engines[0], context)) if count else []
    lines.append(_units_line(used, held))
    if left:
        hours = money.product(Decimal(f"{left:.6f}"), context.hours)
        lines.append(_on_demand(replace(nodes, name=f"{nodes.name}, not covered"), hours, on_demand))
    return tuple(lines)


def _units_line(used: Decimal, held: Decimal) -> CostLine:
    note = f"{money.plain(held - used)} of {money.plain(held)} normalised units are left over"
    found = free_line(
        "Normalised units of the reservation in use",
        used,
        "unit",
        source=_UNITS_SOURCE,
        as_of="2026",
        provenance="read",
    )
    return replace(found, derivation=note)
