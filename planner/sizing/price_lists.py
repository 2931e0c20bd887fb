"""Which price lists an estimate rests on, with versions: the bundled ones of its designs, and the imported ones over those.

The versions name content, so `lists.using(lists.selection_named(...))` computes the same cents again after newer lists.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from planner.pricing import designs, lists
from planner.pricing.catalogue import dates, price_list
from planner.pricing.designs.transfer import PRICE_FILE as TRANSFER_FILE
from planner.sizing.bill import Sized
from planner.sizing.model.answers import Answers
from planner.sizing.model.result import PriceListUse

# The vendor's list that overrides a bundled one.
_SERVICES: Mapping[str, str] = {
    "memorydb_prices.csv": "AmazonMemoryDB",
    "elasticache_nodes.csv": "AmazonElastiCache",
    "elasticache_reserved.csv": "AmazonElastiCache",
    "elasticache_serverless_backup.csv": "AmazonElastiCache",
    "dynamodb_prices.csv": "AmazonDynamoDB",
    "aurora_nodes.csv": "AmazonRDS",
    "aurora_rds_storage.csv": "AmazonRDS",
    "rds_nodes.csv": "AmazonRDS",
    "rds_reserved.csv": "AmazonRDS",
    "ec2_prices.csv": "AmazonEC2",
    "data_transfer.csv": "AWSDataTransfer",
}
HOME = "us-east-1"  # whose rules count where a region's list does not repeat them
_TRANSFER = "AWSDataTransfer"  # any design may cause transfer


def price_lists_used(answers: Answers, now: Sequence[Sized]) -> tuple[PriceListUse, ...]:
    """Bundled lists first, then the imported ones that are in use for the region. `now`: the designs with their bills."""
    names = [name for design_id in answers.designs for part in designs.find(design_id) for name in part.price_files]
    lines = (line for one in now if one.quote for line in one.quote.lines)
    names += [TRANSFER_FILE] if any(line.name.startswith("Transfer") for line in lines) else []
    files = tuple(dict.fromkeys(names))
    return (*(_bundled(name, answers.region) for name in files), *_imported(files, answers.region))


def _bundled(name: str, region: str) -> PriceListUse:
    oldest, newest = dates(name, region)
    return PriceListUse(name=name, version=price_list(name).version, oldest=oldest, newest=newest)


def _imported(files: tuple[str, ...], region: str) -> Iterator[PriceListUse]:
    services = {_SERVICES[name] for name in files if name in _SERVICES} | {_TRANSFER}
    for service, covered, list_id in lists.active():
        if service in services and covered in (region, HOME):
            published = lists.find(service, list_id).published
            yield PriceListUse(name=f"{service} {covered}", version=list_id, oldest=published, newest=published)
