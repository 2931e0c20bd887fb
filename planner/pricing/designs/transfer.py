"""Data transfer that any design may cause: between zones, between Regions, to the internet.

Between zones each GB is charged on both sides. The first 100 GB a month to the internet are free to an account, not to a
design, so they are not taken off; tiers are counted in GB (10 TB = 10,240 GB, as the list has them).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal

from planner.pricing import money
from planner.pricing.catalogue import TRANSFER, Price
from planner.pricing.designs.base import Context, line
from planner.pricing.value import value
from planner.sizing.model.bills import CostLine

PRICE_FILE = "data_transfer.csv"
_ZONES = "intra-region (between AZs), each direction"
_REGIONS = "Outbound data transfer to other regions"
_TIER = re.compile(r"internet egress tier (\d+)-(\d+|Inf) GB/month")
_NO_FREE_GB = "the account's 100 free GB are not taken off"


@value
class Quantities:
    """GB a month. `inter_az_gb` crosses from one zone to another once; `inter_region_gb` leaves for another Region."""

    inter_az_gb: Decimal = Decimal(0)
    inter_region_gb: Decimal = Decimal(0)
    internet_egress_gb: Decimal = Decimal(0)


def lines(spec: Quantities, context: Context) -> Iterator[CostLine]:
    """A line for each kind there is, the internet's one for each tier."""
    prices = context.catalogue
    if spec.inter_az_gb:
        both = money.product(spec.inter_az_gb, Decimal(2))
        yield line("Transfer between zones, out and in", both, "GB", prices.price(TRANSFER, "", _ZONES))
    if spec.inter_region_gb:
        price = prices.price(TRANSFER, "", _REGIONS)
        yield line("Transfer to another Region", spec.inter_region_gb, "GB", price)
    if spec.internet_egress_gb:
        yield from _to_the_internet(spec.internet_egress_gb, context)


def _to_the_internet(quantity: Decimal, context: Context) -> Iterator[CostLine]:
    tiers = _tiers(context)
    if not tiers:
        yield line("Transfer to the internet", quantity, "GB", None)
    for first, last, price in tiers:
        part = min(quantity, last) - first
        if part > 0:
            name = f"Transfer to the internet, from {first:,} GB on"
            yield line(name, part, "GB", price, note=_NO_FREE_GB if not first else "")


def _tiers(context: Context) -> list[tuple[Decimal, Decimal, Price]]:
    found = []
    for (service, _, item, _), prices in context.catalogue.prices.items():
        matched = _TIER.fullmatch(item) if service == TRANSFER else None
        if matched:
            last = Decimal("Infinity") if matched[2] == "Inf" else Decimal(matched[2])
            found.append((Decimal(matched[1]), last, prices[0]))
    return sorted(found, key=lambda tier: tier[0])
