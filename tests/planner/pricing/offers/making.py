"""Offer files made to order: the same prices in every form of the vendor's."""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

VERSION, PUBLISHED = "20260401120000", "2026-04-01T12:00:00Z"
ONE_YEAR_ALL = {"LeaseContractLength": "1yr", "PurchaseOption": "All Upfront", "OfferingClass": "standard"}


@dataclass(frozen=True)
class Cost:
    """One price dimension. `term`: attributes of a reserved term, empty on demand."""

    usd: str
    unit: str = "Hrs"
    begin: str = "0"
    end: str = "Inf"
    term: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Sku:
    """A product and its prices."""

    sku: str
    family: str
    attributes: Mapping[str, str]
    costs: Sequence[Cost]


def memorydb(node: str, usd: str, *, engine: str = "Valkey", prefix: str = "", region: str = "us-east-1") -> Sku:
    """A MemoryDB node, its usage type with or without the region's prefix."""
    suffix = ":Valkey" if engine == "Valkey" else ""
    attributes = {
        "regionCode": region,
        "locationType": "AWS Region",
        "instanceType": node,
        "engine": engine,
        "vcpu": "2",
        "memory": "13.07 GiB",
        "usagetype": f"{prefix}NodeUsage:{node}{suffix}",
        "operation": "CreateCluster",
    }
    return Sku(f"SKU{engine}{node}{region}".upper(), "Amazon MemoryDB", attributes, [Cost(usd)])


def product(skus: Sku) -> dict[str, Any]:
    """A product as JSON holds it."""
    return {"sku": skus.sku, "productFamily": skus.family, "attributes": dict(skus.attributes)}


def _terms(one: Sku) -> dict[str, dict[str, Any]]:
    """Terms by section and `<SKU>.<code>`."""
    found: dict[str, dict[str, Any]] = {}
    for number, cost in enumerate(one.costs):
        section = "Reserved" if cost.term else "OnDemand"
        code = "JRTCKXETXF" if not cost.term else "".join(sorted(cost.term.values())).replace(" ", "")
        name = f"{one.sku}.{code}"
        term = found.setdefault(section, {}).setdefault(
            name, {"offerTermCode": code, "sku": one.sku, "priceDimensions": {}, "termAttributes": dict(cost.term)}
        )
        dimension = {
            "unit": cost.unit,
            "beginRange": cost.begin,
            "endRange": cost.end,
            "pricePerUnit": {"USD": cost.usd},
        }
        term["priceDimensions"][f"{name}.{number}"] = dimension
    return found


def bulk(service: str, skus: Sequence[Sku], *, version: str = VERSION, published: str = PUBLISHED) -> dict[str, Any]:
    """A bulk offer file: terms nested under their SKU."""
    terms: dict[str, dict[str, Any]] = {"OnDemand": {}, "Reserved": {}}
    for one in skus:
        for section, found in _terms(one).items():
            terms[section][one.sku] = found
    products = {one.sku: product(one) for one in skus}
    head = {"formatVersion": "v1.0", "offerCode": service, "version": version, "publicationDate": published}
    return {**head, "products": products, "terms": terms}


def query(service: str, skus: Sequence[Sku]) -> dict[str, Any]:
    """An answer of get-products: one JSON text per product, terms not nested."""
    texts = [json.dumps(record) for record in records(service, skus)]
    return {"FormatVersion": "aws_v1", "NextToken": "", "PriceList": texts}


def records(service: str, skus: Sequence[Sku]) -> list[dict[str, Any]]:
    """The products of an answer."""
    head = {"serviceCode": service, "version": VERSION, "publicationDate": PUBLISHED}
    return [{**head, "product": product(one), "terms": _terms(one)} for one in skus]


_COLUMNS = {
    "regionCode": "Region Code", "locationType": "Location Type", "instanceType": "Instance Type", "engine": "Engine",
    "vcpu": "vCPU", "memory": "Memory", "usagetype": "usageType", "operation": "operation", "cacheEngine": "Cache Engine",
    "databaseEngine": "Database Engine", "deploymentOption": "Deployment Option", "location": "Location",
}  # fmt: skip


def as_csv(service: str, skus: Sequence[Sku]) -> bytes:
    """A bulk CSV: a line for each price."""
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writerows([("FormatVersion", "v1.0"), ("Disclaimer", "…"), ("Publication Date", PUBLISHED)])
    writer.writerows([("Version", VERSION), ("OfferCode", service)])
    names = list(dict.fromkeys(name for one in skus for name in one.attributes))
    own = ["SKU", "TermType", "StartingRange", "EndingRange", "Unit", "PricePerUnit", "Currency"]
    terms = ["LeaseContractLength", "PurchaseOption", "OfferingClass"]
    writer.writerow([*own, *terms, "Product Family", *(_COLUMNS.get(name, name) for name in names)])
    for one in skus:
        for cost in one.costs:
            kind = "Reserved" if cost.term else "OnDemand"
            row = [one.sku, kind, cost.begin, cost.end, cost.unit, cost.usd, "USD"]
            row += [cost.term.get(name, "") for name in terms]
            writer.writerow([*row, one.family, *(one.attributes.get(name, "") for name in names)])
    return text.getvalue().encode()


def write(path: Path, data: object) -> Path:
    """Bytes as they are, anything else as JSON; a name that ends in .gz is packed."""
    content = data if isinstance(data, bytes) else json.dumps(data).encode()
    path.write_bytes(gzip.compress(content, mtime=0) if path.suffix == ".gz" else content)
    return path
