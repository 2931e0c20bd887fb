"""The dated price lists under `data/`, by region: one price for a service, engine, item and term, or None.

Every price carries its unit, date, provenance (`read`, `read (label derived)`, `derived`), derivation and source to the
reader. Where a list holds the same price twice, what was read beats what was derived, then the newer date wins.
"""

from __future__ import annotations

import csv
import hashlib
import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from pathlib import Path

from engine.errors import InputError

DATA = Path(__file__).parent / "data"
PRICE_FILES = (
    "memorydb_prices.csv",
    "elasticache_nodes.csv",
    "elasticache_serverless_backup.csv",
    "dynamodb_prices.csv",
)
NODE_SPECS = "memorydb_node_specs.csv"
MEMORYDB, ELASTICACHE, DYNAMODB = "AmazonMemoryDB", "AmazonElastiCache", "AmazonDynamoDB"
ON_DEMAND = "OnDemand"

_DATE = re.compile(r"\d{4}(?:-\d\d){0,2}")
_REGION = re.compile(r"[a-z]{2,}(-[a-z]+)+(-\d)(-[a-z]+-\d)?")  # leaves out `all` and regions named only by a remark
_RANK = ("derived", "read (label derived)", "read")

_NAMELESS = re.compile(r"public-file-index id (\d+) \(repository not named by the index\)")


@dataclass(frozen=True, slots=True)
class Price:
    """One row of a price list; `usd` per `unit`. `file` names the list it stands in."""

    usd: Decimal
    service: str
    region: str
    engine: str
    item: str
    unit: str
    as_of: str
    provenance: str
    derivation: str
    source: str
    file: str


@dataclass(frozen=True, slots=True)
class NodeSpec:
    """What a node type is made of. `baseline_gbps`: the network rate it can hold for ever, in 10^9 bits a second."""

    node_type: str
    vcpu: int
    memory_gib: Decimal
    baseline_gbps: Decimal


@dataclass(frozen=True, slots=True)
class PriceList:
    """A file of prices as a whole. `version` is the start of its SHA-256."""

    name: str
    version: str
    rows: Mapping[str, tuple[Mapping[str, str], ...]]  # by region


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All prices of one region."""

    region: str
    prices: Mapping[tuple[str, str, str, str], Price]

    def price(self, service: str, engine: str, item: str, *, term: str = ON_DEMAND) -> Price | None:
        """The price, or None when no list has it for this region."""
        return self.prices.get((service, engine, item, term))


def catalogue(region: str) -> Catalogue:
    """The region's prices. Raises InputError naming the regions when no list has this one."""
    if region not in regions():
        raise InputError(f"no prices for {region!r}.", source="region", expected=f"one of {', '.join(regions())}.")
    return _catalogue(region)


@lru_cache(maxsize=1)
def regions() -> tuple[str, ...]:
    """Every region some list has a price for, sorted."""
    found = {region for name in PRICE_FILES for region in price_list(name).rows}
    return tuple(sorted(region for region in found if _REGION.fullmatch(region)))


@lru_cache(maxsize=64)
def price_list(name: str) -> PriceList:
    """The file `name` of `data/`, its rows by region."""
    content = (DATA / name).read_bytes()
    rows: dict[str, list[Mapping[str, str]]] = defaultdict(list)
    for row in csv.DictReader(content.decode().splitlines()):
        rows[row["region"]].append(row)
    version = hashlib.sha256(content).hexdigest()[:12]
    return PriceList(name, version, {region: tuple(found) for region, found in rows.items()})


def dates(name: str, region: str) -> tuple[str, str]:
    """Oldest and newest date of a list's on-demand prices for a region, as the list writes them; empty when undated."""
    rows = price_list(name).rows.get(region, ())
    current = [row["as_of"] for row in rows if row["term"] == ON_DEMAND and not row["as_of"].startswith("before")]
    found = sorted(date for as_of in current for date in _DATE.findall(as_of))
    return (found[0], found[-1]) if found else ("", "")


def newest_date(as_of: str) -> str:
    """The latest date in an `as_of` text (`2024-10-08 rule on 2024-08-09 price` -> `2024-10-08`), empty without one."""
    return max(_DATE.findall(as_of), default="")


@lru_cache(maxsize=1)
def node_specs() -> Mapping[tuple[str, str], NodeSpec]:
    """Every node type of every region whose size and network are known, by (service, node type)."""
    found: dict[tuple[str, str], NodeSpec] = {}
    for spec in csv.DictReader((DATA / NODE_SPECS).read_text().splitlines()):
        found[MEMORYDB, spec["node_type"]] = _node_spec(spec["node_type"], spec, spec["baseline_gbps"])
    for rows in price_list("elasticache_nodes.csv").rows.values():
        for row in rows:
            if row["vcpu"] and row["memory_gib"] and row["network"] and (ELASTICACHE, row["item"]) not in found:
                found[ELASTICACHE, row["item"]] = _node_spec(row["item"], row, row["network"].partition("/")[0])
    return found


@lru_cache(maxsize=8)
def node_types(service: str) -> frozenset[str]:
    """Every node type of the service that some region prices."""
    name = "memorydb_prices.csv" if service == MEMORYDB else "elasticache_nodes.csv"
    rows = (row for found in price_list(name).rows.values() for row in found)
    return frozenset(row["item"] for row in rows if row["unit"].startswith("USD/node-hour"))


def _node_spec(name: str, row: Mapping[str, str], baseline: str) -> NodeSpec:
    return NodeSpec(name, int(row["vcpu"]), Decimal(row["memory_gib"]), Decimal(baseline))


@lru_cache(maxsize=64)
def _catalogue(region: str) -> Catalogue:
    chosen: dict[tuple[str, str, str, str], Price] = {}
    for name in PRICE_FILES:
        for row in price_list(name).rows.get(region, ()):
            if row["unit"].startswith("USD"):
                _keep_better(chosen, (row["service"], row["engine"], row["item"], row["term"]), _price(row, name))
    return Catalogue(region, chosen)


def _price(row: Mapping[str, str], name: str) -> Price:
    return Price(
        usd=Decimal(row["price_usd"]),
        service=row["service"],
        region=row["region"],
        engine=row["engine"],
        item=row["item"],
        unit=row["unit"],
        as_of=row["as_of"],
        provenance=row["provenance"],
        derivation=row["derivation"],
        source=_in_words(row["source"]),
        file=name,
    )


def _in_words(source: str) -> str:
    """A source as a reader can use it: the lists note files of a public index that name no repository."""
    return _NAMELESS.sub(r"a public copy of the price list (file \1 of a source index)", source)


def _keep_better(chosen: dict[tuple[str, str, str, str], Price], key: tuple[str, str, str, str], price: Price) -> None:
    held = chosen.get(key)
    if held is None or _merit(price) > _merit(held):
        chosen[key] = price


def _merit(price: Price) -> tuple[int, str]:
    return _RANK.index(price.provenance), newest_date(price.as_of)
