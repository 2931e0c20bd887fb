"""Data transfer: between zones, to other regions (the highest price of all destinations), to the internet by tier."""

from __future__ import annotations

import re

from planner.pricing.offers.product import AWS_REGION, Product
from planner.pricing.offers.target import HIGHEST, KEPT, Service, Target

_CODE = "AWSDataTransfer"
_ELSEWHERE = re.compile(r"(?:[A-Z0-9]+-)*AWS-Out-Bytes")


def _target(product: Product) -> Target | None:
    usage, kind = product.usage, product.get("transfertype")
    code = "fromregioncode" if product.get("fromregioncode") else "regioncode"
    place = "fromlocation" if product.get("fromlocation") else "location"
    if usage == "DataTransfer-Regional-Bytes" and kind in ("IntraRegion", ""):
        return Target(_CODE, product.region(code, place), "", "intra-region (between AZs), each direction", "USD/GB")
    if usage == "DataTransfer-Out-Bytes" and kind in ("AWS Outbound", ""):
        return Target(_CODE, product.region(code, place), "", "internet egress tier {} GB/month", "USD/GB", tiers=KEPT)
    if _ELSEWHERE.fullmatch(usage) and product.get("tolocationtype") in (AWS_REGION, ""):
        where = product.region(code, place)
        return Target(_CODE, where, "", "Outbound data transfer to other regions", "USD/GB", tiers=HIGHEST)
    return None


SERVICE = Service(code=_CODE, title="data transfer", families=frozenset(("Data Transfer",)), rule=_target)
