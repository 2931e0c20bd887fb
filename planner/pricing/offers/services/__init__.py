"""The services whose price lists can be imported, by the vendor's code. A new one is a file here and a name in `_ALL`."""

from __future__ import annotations

from collections.abc import Mapping

from planner.pricing.offers.services import dynamodb, ec2, elasticache, memorydb, rds, transfer
from planner.pricing.offers.target import Service

_ALL = (memorydb.SERVICE, elasticache.SERVICE, rds.SERVICE, dynamodb.SERVICE, ec2.SERVICE, transfer.SERVICE)
SERVICES: Mapping[str, Service] = {service.code: service for service in _ALL}
