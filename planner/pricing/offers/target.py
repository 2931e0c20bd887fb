"""What a product of an offer file is the price of, in the names of this project's lists; and what a service's file may hold.

A service is a table: the product families it knows, and rules that name the products it has a use for. A family nobody
has heard of is an error; a product of a known family that no rule names is left out and counted.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal

from planner.pricing.offers.product import AWS_REGION, Product

NODE_HOUR, INSTANCE_HOUR = "USD/node-hour", "USD/instance-hour"
ONE, MILLION = Decimal(1), Decimal(10**6)
LAST, KEPT, HIGHEST, VALKEY_WRITTEN = "last tier", "every tier", "highest", "first 10 TB and above"


@dataclass(frozen=True, slots=True)
class Target:
    """The row of a price: `price_usd` is the vendor's price x `scale`, per `unit`.

    `tiers`: which of several volume tiers are rows. `reserved_engine`: the engine that reserved prices stand under, None
    where no design can use them. `reserved_item` (`{}` is `recurring` or `upfront`) where they have a name of their own.
    """

    service: str
    region: str
    engine: str
    item: str
    unit: str
    scale: Decimal = ONE
    tiers: str = LAST
    reserved_engine: str | None = None
    reserved_item: str = ""
    vcpu: str = ""
    memory_gib: str = ""
    network: str = ""

    @property
    def by_the_hour(self) -> bool:
        """Whether this is a node or an instance."""
        return self.unit in (NODE_HOUR, INSTANCE_HOUR)


Rule = Callable[[Product], Target | None]


@dataclass(frozen=True, slots=True)
class Service:
    """`code`: the vendor's. `families`: every product family that may occur, priced or not. `rule`: names the products."""

    code: str
    title: str
    families: frozenset[str]
    rule: Rule


_PLACES = ("locationtype", "fromlocationtype")
_GIB = re.compile(r"((?=[0-9.,]*[1-9])[0-9,]{1,7}(?:\.[0-9]{1,4})?) GiB")
_WHOLE = re.compile(r"[1-9][0-9]{0,3}")
_ABBREVIATED = re.compile(r"(\.[0-9]*)xl$")


def find_target(product: Product, service: Service) -> Target | None:
    """The row a product prices; None for what is left out. Raises InputError for a family that is not known; products
    without any are told by their usage type."""
    if any(product.get(name) not in (AWS_REGION, "") for name in _PLACES):
        return None  # Outposts, Local Zones, Wavelength: the same instance types at other prices
    if "ExtendedSupport" in product.get("usagetype"):
        return None
    if product.family and product.family not in service.families:
        raise product.fault(
            f"is of a product family that {service.title}'s lists are not known to have.",
            expected=f"one of {', '.join(sorted(service.families))}.",
            remedy="Nothing was imported. If no design needs it, leave it out by name (--skip-family).",
        )
    return service.rule(product)


def size_of(product: Product) -> dict[str, str]:
    """The columns that say what a node is made of, as far as the product says."""
    memory = _GIB.fullmatch(product.get("memory"))
    vcpu = _WHOLE.fullmatch(product.get("vcpu"))
    return {
        "vcpu": vcpu[0] if vcpu else "",
        "memory_gib": memory[1].replace(",", "") if memory else "",
        "network": product.get("networkperformance")[:40],
    }


def node_type(product: Product, pattern: re.Pattern[str], from_usage: str) -> str:
    """The type by its attribute, or by the usage type: `db.r7i.2xl` is `db.r7i.2xlarge`. Raises InputError for none."""
    name = _ABBREVIATED.sub(r"\1xlarge", product.get("instancetype") or from_usage)
    if not pattern.fullmatch(name):
        raise product.fault(f"names no node type ({name[:40]!r}).", expected=f"such as {pattern.pattern}.")
    return name
