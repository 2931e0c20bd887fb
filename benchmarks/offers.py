"""Importing a price list of a gigabyte: how much memory it takes at most, and how long.

The file is made here, in the shape of the vendor's bulk JSON for RDS: products first, then on-demand and reserved terms.
It is read, compared and kept by a process of its own, whose peak is what the operating system counted.
`python -m benchmarks.offers` runs it alone; nothing here passes or fails.
"""

from __future__ import annotations

import json
import multiprocessing
import tempfile
import time
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from benchmarks.table import Row, lines, row, say
from engine.replay.task import resident_peak
from planner.pricing import keeping, lists
from planner.pricing.differences import against_current
from planner.pricing.offers.reading import read_offer

GIGABYTE = 10**9
RESIDENT_BUDGET = 400 * 10**6
_FAMILIES = ("r5", "r6g", "r6i", "r7g", "r7i", "m5", "m6g", "m6i", "m7g", "m7i", "x2g", "t3")
_SIZES = ("large", "xlarge", "2xlarge", "4xlarge", "8xlarge", "12xlarge", "16xlarge", "24xlarge")
_ENGINES = ("PostgreSQL", "MySQL", *("MariaDB", "Oracle", "SQL Server", "Db2") * 5, "Aurora PostgreSQL", "Aurora MySQL")
_OPTIONS = (("1yr", "No Upfront"), ("1yr", "Partial Upfront"), ("1yr", "All Upfront"), ("3yr", "Partial Upfront"))
_HEAD = {"formatVersion": "v1.0", "offerCode": "AmazonRDS", "version": "20260508211654"}
_FILLER = 100  # bytes of one of the attributes that nobody reads
_SECTIONS = ("OnDemand", "Reserved")


def write_offer(path: Path, size: int) -> int:
    """Write an offer file of at least `size` bytes; answers how many products it holds."""
    count = max(size // _bytes_per_product(), 1)
    with path.open("w") as file:
        file.write(json.dumps({**_HEAD, "publicationDate": "2026-05-08T21:16:54Z"})[:-1] + ', "products": {')
        file.writelines(
            _joined(f"{json.dumps(_sku(number))}: {json.dumps(_product(number))}" for number in range(count))
        )
        file.write('}, "terms": {')
        for section in _SECTIONS:
            file.write(f'{", " if section != _SECTIONS[0] else ""}"{section}": {{')
            file.writelines(
                _joined(f"{json.dumps(_sku(number))}: {json.dumps(_terms(number, section))}" for number in range(count))
            )
            file.write("}")
        file.write("}}")
    return count


def offer_rows(size: int = GIGABYTE) -> Iterator[Row]:
    """Peak memory against the budget, and bytes a second against reading the file without looking at it."""
    with tempfile.TemporaryDirectory(prefix="headroom-bench-") as folder:
        path = Path(folder) / "index.json"
        products = write_offer(path, size)
        written = path.stat().st_size
        say(f"price list: {written:,} bytes, {products:,} products")
        context = multiprocessing.get_context("spawn")
        queue = context.Queue()
        process = context.Process(target=_read, args=(str(path), queue))
        process.start()
        prices, seconds, peak = queue.get()
        process.join()
        note = f"Bulk JSON of {written:,} bytes; {prices:,} prices kept; the budget is {RESIDENT_BUDGET:,} bytes."
        yield row("price list: peak resident memory", peak, RESIDENT_BUDGET, "bytes", note)
        yield row(
            "price list: read, compared and kept",
            written / seconds,
            written / _plain_seconds(path),
            "bytes/s",
            "Against a plain pass.",
        )


def _read(path: str, queue: multiprocessing.Queue[tuple[int, float, int]]) -> None:
    lists.keep_in(lambda: Path(path).with_name("prices"))
    start = time.perf_counter()
    offer = read_offer(Path(path))
    found = against_current(offer.header.service, offer.rows)
    keeping.keep(offer, today=date.today())  # noqa: DTZ011 - a label
    assert len(found.added) == len(offer.rows)
    seconds = time.perf_counter() - start
    queue.put((len(offer.rows), seconds, resident_peak()))


def _plain_seconds(path: Path) -> float:
    start = time.perf_counter()
    with path.open("rb") as file:
        while file.read(1 << 16):
            pass
    return time.perf_counter() - start


def _joined(parts: Iterator[str]) -> Iterator[str]:
    for number, part in enumerate(parts):
        yield f", {part}" if number else part


def _bytes_per_product() -> int:
    return sum(len(json.dumps(part)) + 24 for part in (_product(7), *(_terms(7, section) for section in _SECTIONS)))


def _sku(number: int) -> str:
    return f"{number:016X}"


def _product(number: int) -> dict[str, object]:
    """Every sixth is of an engine that designs use. No two are the same thing: types are numbered through."""
    kind, engine = divmod(number, len(_ENGINES))
    number_of_family, family = divmod(kind, len(_FAMILIES))
    generation, size = divmod(number_of_family, len(_SIZES))
    node = f"db.{_FAMILIES[family]}v{generation}.{_SIZES[size]}"
    attributes = {
        "servicecode": "AmazonRDS",
        "location": "US East (N. Virginia)",
        "locationType": "AWS Region",
        "instanceType": node,
        "vcpu": "8",
        "memory": "64 GiB",
        "physicalProcessor": "x" * _FILLER,
        "databaseEngine": _ENGINES[engine],
        "deploymentOption": "Single-AZ",
        "usagetype": f"InstanceUsage:{node}",
        "operation": "CreateDBInstance:0014",
        "regionCode": "us-east-1",
    }
    return {"sku": _sku(number), "productFamily": "Database Instance", "attributes": attributes}


def _terms(number: int, section: str) -> dict[str, object]:
    sku = _sku(number)
    if section == "OnDemand":
        return {f"{sku}.JRTCKXETXF": _term(f"{sku}.JRTCKXETXF", {}, {"Hrs": "0.5"})}
    return {
        f"{sku}.{code}": _term(
            f"{sku}.{code}",
            {"LeaseContractLength": lease, "OfferingClass": "standard", "PurchaseOption": option},
            {"Hrs": "0.2"} if option == "No Upfront" else {"Hrs": "0.1", "Quantity": "900"},
        )
        for code, (lease, option) in enumerate(_OPTIONS)
    }


def _term(name: str, attributes: dict[str, str], prices: dict[str, str]) -> dict[str, object]:
    dimensions = {
        f"{name}.{unit}": {
            "rateCode": f"{name}.{unit}",
            "description": "x" * _FILLER,
            "beginRange": "0",
            "endRange": "Inf",
            "unit": unit,
            "pricePerUnit": {"USD": usd},
            "appliesTo": [],
        }
        for unit, usd in prices.items()
    }
    return {"effectiveDate": "2026-05-08T21:16:54Z", "priceDimensions": dimensions, "termAttributes": attributes}


if __name__ == "__main__":
    print("\n".join(lines(("ours", "yardstick"), list(offer_rows()))))
