"""The dated price lists, by region: one price for a service, engine, item and term, or None.

The lists are those under `data/`, and the imported ones (`lists`): where an imported list has a price, it is the only one for
its service and region. Every price carries its unit, date, provenance (`read`, `read (label derived)`, `derived`), derivation
and source to the reader. Where a list holds a price twice, what was read beats what was derived, then the newer date wins.
"""

from __future__ import annotations

import csv
import hashlib
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from pathlib import Path

from engine.errors import InputError
from planner.pricing import lists

DATA = Path(__file__).parent / "data"
PRICE_FILES = (
    "memorydb_prices.csv",
    "elasticache_nodes.csv",
    "elasticache_reserved.csv",
    "elasticache_serverless_backup.csv",
    "dynamodb_prices.csv",
    "aurora_nodes.csv",
    "aurora_rds_storage.csv",
    "rds_nodes.csv",
    "rds_reserved.csv",
    "ec2_prices.csv",
    "data_transfer.csv",
    "gcp_azure_redis.csv",
)
OTHER_VENDORS = "gcp_azure_redis.csv"
NODE_SPECS = "memorydb_node_specs.csv"
SOURCES = "sources.csv"
MEMORYDB, ELASTICACHE, DYNAMODB = "AmazonMemoryDB", "AmazonElastiCache", "AmazonDynamoDB"
AURORA, RDS, EC2, TRANSFER = "AmazonRDS (Aurora)", "AmazonRDS", "AmazonEC2", "AWSDataTransfer"
MEMORYSTORE, MEMORYSTORE_CLUSTER = "Memorystore for Redis (instance)", "Memorystore for Redis Cluster"
MEMORYSTORE_SEOUL = "Memorystore"  # as the list of that region names both kinds
AZURE_CACHE, AZURE_MANAGED = "Azure Cache for Redis", "Azure Managed Redis"
ON_DEMAND = "OnDemand"

_DATE = re.compile(r"\d{4}(?:-\d\d){0,2}")
_REGION = re.compile(r"[a-z]{2,}(-[a-z]+)+(-\d)(-[a-z]+-\d)?")  # leaves out `all` and regions named only by a remark
_RANK = ("derived", "read (class derived)", "read (label derived)", "read")
_REMARK = re.compile(r" \([^)]*\)$")  # `asia-northeast3 (Seoul)`, `Reserved 1yr All Upfront (offerTermCode …)`

_TIER = re.compile(r" tier \d+-(\d+|Inf)")
_Key = tuple[str, str, str, str]  # service, engine, item, term
_NUMBER = re.compile(r"\d+(\.\d+)?")
EVERYWHERE = "all"
_PRICED_UNITS = ("USD", "percent")
_HOURLY = ("USD/node-hour", "USD/instance-hour", "USD/node-hour (HA = 2 nodes)")
_NODE_LISTS: Mapping[str, str] = {
    MEMORYDB: "memorydb_prices.csv",
    ELASTICACHE: "elasticache_nodes.csv",
    AURORA: "aurora_nodes.csv",
    RDS: "rds_nodes.csv",
    EC2: "ec2_prices.csv",
}
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
    term: str = ON_DEMAND


@dataclass(frozen=True, slots=True)
class NodeSpec:
    """What a node type is made of. `baseline_gbps`: the network rate it can hold for ever, in 10^9 bits a second
    (None: no list says it). `ssd_gib`: of nodes with data tiering, 0 of others."""

    node_type: str
    vcpu: int
    memory_gib: Decimal
    baseline_gbps: Decimal | None
    ssd_gib: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class PriceList:
    """A file of prices as a whole. `version` is the start of its SHA-256."""

    name: str
    version: str
    rows: Mapping[str, tuple[Mapping[str, str], ...]]  # by region


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All prices of one region, by service, engine, item, term and unit. Prices that hold everywhere are among them."""

    region: str
    prices: Mapping[tuple[str, str, str, str], tuple[Price, ...]]

    def price(self, service: str, engine: str, item: str, *, term: str = ON_DEMAND, unit: str = "") -> Price | None:
        """The best price known, of units that begin with `unit`; None when no list has one for this region."""
        for price in self.prices.get((service, engine, item, term), ()):
            if price.unit.startswith(unit):
                return price
        return None

    def first(self, service: str, engines: tuple[str, ...], items: tuple[str, ...]) -> Price | None:
        """The first price known under any of these names: lists name the same thing differently."""
        for item in items:
            for engine in engines:
                price = self.price(service, engine, item)
                if price is not None:
                    return price
        return None


def catalogue(region: str) -> Catalogue:
    """The region's prices. Raises InputError naming the regions when no list has this one."""
    if region not in regions() and region not in other_regions():
        raise InputError(f"no prices for {region!r}.", source="region", expected=f"one of {', '.join(regions())}.")
    return _catalogue(region, lists.active())


def regions() -> tuple[str, ...]:
    """Every AWS region some list has a price for, sorted."""
    return _regions(lists.active())


@lru_cache(maxsize=8)
def _regions(selection: lists.Selection) -> tuple[str, ...]:
    found = {region for name in PRICE_FILES if name != OTHER_VENDORS for region in price_list(name).rows}
    found |= {region for _, region, _ in selection}
    return tuple(sorted(region for region in found if _REGION.fullmatch(region)))


@lru_cache(maxsize=1)
def other_regions() -> tuple[str, ...]:
    """The regions of other vendors, sorted."""
    return tuple(sorted(price_list(OTHER_VENDORS).rows))


def regions_of(service: str) -> tuple[str, ...]:
    """The regions in which some list has a price of the service, sorted."""
    every = (*regions(), *other_regions())
    return tuple(region for region in every if any(key[0] == service for key in catalogue(region).prices))


@lru_cache(maxsize=64)
def price_list(name: str) -> PriceList:
    """The file `name` of `data/`, its rows by region."""
    content = (DATA / name).read_bytes()
    rows: dict[str, list[Mapping[str, str]]] = defaultdict(list)
    for row in csv.DictReader(content.decode().splitlines()):
        rows[_REMARK.sub("", row["region"])].append(row)
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


def node_specs() -> Mapping[tuple[str, str], NodeSpec]:
    """Every node type of every region whose size and network are known, by (service, node type)."""
    return _node_specs(lists.active())


@lru_cache(maxsize=8)
def _node_specs(selection: lists.Selection) -> Mapping[tuple[str, str], NodeSpec]:
    found: dict[tuple[str, str], NodeSpec] = {}
    for spec in csv.DictReader((DATA / NODE_SPECS).read_text().splitlines()):
        found[MEMORYDB, spec["node_type"]] = _node_spec(spec["node_type"], spec, spec["baseline_gbps"])
    for service, name in _NODE_LISTS.items():
        if service == MEMORYDB:
            continue
        for row in _all_rows(name, service, selection):
            baseline = row["network"].partition("/")[0]
            if row["vcpu"] and row["memory_gib"] and (service, row["item"]) not in found:
                found[service, row["item"]] = _node_spec(row["item"], row, baseline)
    return found


def node_types(service: str) -> frozenset[str]:
    """Every node or instance type of the service that some region prices by the hour."""
    return _node_types(service, lists.active())


@lru_cache(maxsize=64)
def _node_types(service: str, selection: lists.Selection) -> frozenset[str]:
    rows = _all_rows(_NODE_LISTS[service], service, selection)
    return frozenset(row["item"] for row in rows if row["service"] == service and row["unit"] in _HOURLY)


def _all_rows(name: str, service: str, selection: lists.Selection) -> Iterator[Mapping[str, str]]:
    yield from (row for found in price_list(name).rows.values() for row in found)
    yield from lists.all_rows(selection, service)


def _node_spec(name: str, row: Mapping[str, str], baseline: str) -> NodeSpec:
    gbps = Decimal(baseline) if _NUMBER.fullmatch(baseline) else None
    return NodeSpec(name, int(row["vcpu"]), Decimal(row["memory_gib"]), gbps, Decimal(row.get("ssd_gib") or 0))


@lru_cache(maxsize=1)
def _sources() -> Mapping[str, str]:
    """The texts that the lists name by number: some stand in thousands of rows."""
    with (DATA / SOURCES).open(newline="") as file:
        return {row["number"]: _in_words(row["source"]) for row in csv.DictReader(file)}


@lru_cache(maxsize=64)
def _catalogue(region: str, selection: lists.Selection) -> Catalogue:
    found = _bundled(region)
    imported: dict[_Key, list[Price]] = defaultdict(list)
    for row in lists.rows(selection, region):
        price = _price(row, row["source"])
        imported[price.service, price.engine, price.item, price.term].append(price)
    overridden = {_of_one_scale(key) for key in imported}
    left = {key: prices for key, prices in found.items() if _of_one_scale(key) not in overridden}
    return Catalogue(region, {**left, **{key: tuple(prices) for key, prices in imported.items()}})


def _of_one_scale(key: _Key) -> _Key:
    """All tiers of one scale stand and fall together: an imported scale may be cut otherwise than the bundled one."""
    return key[0], key[1], _TIER.sub(" tier", key[2]), key[3]


@lru_cache(maxsize=64)
def _bundled(region: str) -> Mapping[_Key, tuple[Price, ...]]:
    found: dict[_Key, list[Price]] = defaultdict(list)
    for name in PRICE_FILES:
        for area in (region, EVERYWHERE):
            for row in price_list(name).rows.get(area, ()):
                if row["unit"].startswith(_PRICED_UNITS):
                    price = _price(row, name)
                    found[price.service, price.engine, price.item, price.term].append(price)
    return {key: tuple(sorted(prices, key=_merit, reverse=True)) for key, prices in found.items()}


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
        source=_sources().get(row["source"], row["source"]),
        file=name,
        term=_REMARK.sub("", row["term"]),
    )


def _in_words(source: str) -> str:
    """A source as a reader can use it: the lists note files of a public index that name no repository."""
    return _NAMELESS.sub(r"a public copy of the price list (file \1 of a source index)", source)


def _merit(price: Price) -> tuple[int, str]:
    return _RANK.index(price.provenance), newest_date(price.as_of)
