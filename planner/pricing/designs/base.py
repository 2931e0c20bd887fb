"""What a design is to pricing: the keys of its spec, its cost lines, and the facts a reader wants beside the price.

A new design is one small file beside this one that ends in a `Design`, and one name in the registry of this package.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Generic, Literal, TypeVar

from planner.pricing import money
from planner.pricing.catalogue import Catalogue, Price
from planner.sizing.model import CostLine, Durability

Q = TypeVar("Q")
Role = Literal["store", "cache", "database"]

PAPER = "MemoryDB paper, SIGMOD 2024, doi 10.1145/3626246.3653380"
VENDOR_DOCS = "vendor documentation"


@dataclass(frozen=True, slots=True)
class Context:
    """Where and for how long: the region's prices and the hours of the month billed."""

    catalogue: Catalogue
    hours: Decimal


@dataclass(frozen=True, slots=True)
class Design(Generic[Q]):
    """`quantities` is a frozen dataclass whose fields are the spec's keys; `lines` prices them.

    `role`: a `store` stands alone; a `cache` may stand before a `database`, both may also stand alone. `durable`: an
    acknowledged write survives the loss of any node or zone. Latencies are microseconds as text (`<1000`), by quantile,
    with their `tag`. `service` and `engine` name the nodes in the price lists, empty where there are none to size;
    `price_files` are the lists the lines come from.
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


def line(name: str, quantity: Decimal, unit: str, price: Price | None, *, note: str = "") -> CostLine:
    """quantity x price as a cost line; amounts stay None where no list has the price."""
    if price is None:
        return CostLine(name, quantity, unit, None, None, "", "", "missing", note)
    amount = money.product(quantity, price.usd)
    derivation = "; ".join(text for text in (price.derivation, note) if text)
    return CostLine(name, quantity, unit, price.usd, amount, price.source, price.as_of, price.provenance, derivation)


def free_line(name: str, quantity: Decimal, unit: str, *, source: str, as_of: str, provenance: str) -> CostLine:
    """An allowance, shown and not hidden: the quantity at a price of 0."""
    return CostLine(f"{name} (free)", quantity, unit, Decimal(0), Decimal(0), source, as_of, provenance)


def nodes(shards: int, replicas: int) -> str:
    """`2 shards x (1 primary + 1 replica)` in words."""
    shard_word = "shard" if shards == 1 else "shards"
    replica_word = "replica" if replicas == 1 else "replicas"
    return f"{shards} {shard_word} x (1 primary + {replicas} {replica_word})"
