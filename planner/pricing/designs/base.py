"""What a design is to pricing: the keys of its spec, its cost lines, and the facts a reader wants beside the price.

A new design is one small file beside this one that ends in a `Design`, and one name in the registry of this package.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Generic, Literal, TypeVar

from planner.pricing import money
from planner.pricing.catalogue import Catalogue, Price
from planner.pricing.terms import ON_DEMAND_TERM, TERMS, Term
from planner.sizing.model.bills import CostLine, Durability

Q = TypeVar("Q")
Role = Literal["store", "cache", "database"]

PAPER = "MemoryDB paper, SIGMOD 2024, doi 10.1145/3626246.3653380"
VENDOR_DOCS = "vendor documentation"


@dataclass(frozen=True, slots=True)
class Context:
    """Where, for how long and on which term: the region's prices, the hours of the month billed, the term of nodes."""

    catalogue: Catalogue
    hours: Decimal
    term: Term = field(default=TERMS[ON_DEMAND_TERM])


@dataclass(frozen=True, slots=True)
class Design(Generic[Q]):
    """`quantities` is a frozen dataclass whose fields are the spec's keys; `lines` prices them.

    `role`: a `store` stands alone; a `cache` may stand before a `database`, both may also stand alone. `durable`: an
    acknowledged write survives the loss of any node or zone. Latencies are microseconds as text (`<1000`), by quantile,
    with their `tag`. `service` and `engine` name the nodes in the price lists, empty where there are none to size;
    `price_files` are the lists the lines come from. `regions`: of another vendor, the first is the default; empty for AWS.
    """

    id: str
    title: str
    role: Role
    durable: bool
    quantities: type[Q]
    lines: Callable[[Q, Context], tuple[CostLine, ...]]
    durability: Durability
    read_latency_us: Mapping[str, str]
    write_latency_us: Mapping[str, str]
    price_files: tuple[str, ...]
    service: str = ""
    engine: str = ""
    regions: tuple[str, ...] = ()


def line(name: str, quantity: Decimal, unit: str, price: Price | None, *, note: str = "") -> CostLine:
    """quantity x price as a cost line; amounts stay None where no list has the price."""
    if price is None:
        return CostLine(name, quantity, unit, None, None, "", "", "missing", note)
    return line_at(name, quantity, unit, price.usd, price, note=note)


def line_at(name: str, quantity: Decimal, unit: str, usd: Decimal, price: Price, *, note: str = "") -> CostLine:
    """quantity x `usd`, which was worked out from `price`."""
    derivation = f"{price.derivation}; {note}" if price.derivation and note else price.derivation or note
    amount = money.product(quantity, usd)
    return CostLine(name, quantity, unit, usd, amount, price.source, price.as_of, price.provenance, derivation)


def stated_line(name: str, quantity: Decimal, unit: str, usd: Decimal, *, source: str, note: str = "") -> CostLine:
    """quantity x a price that no list holds: the spec's own, or an assumption. Tagged `assumed`."""
    return CostLine(name, quantity, unit, usd, money.product(quantity, usd), source, "", "assumed", note)


def free_line(name: str, quantity: Decimal, unit: str, *, source: str, as_of: str, provenance: str) -> CostLine:
    """An allowance, shown and not hidden: the quantity at a price of 0."""
    return CostLine(f"{name} (free)", quantity, unit, Decimal(0), Decimal(0), source, as_of, provenance)


def nodes(shards: int, replicas: int) -> str:
    """`2 shards x (1 primary + 1 replica)` in words."""
    shard_word = "shard" if shards == 1 else "shards"
    replica_word = "replica" if replicas == 1 else "replicas"
    return f"{shards} {shard_word} x (1 primary + {replicas} {replica_word})"
