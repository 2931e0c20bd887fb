"""The vendor's price list service, asked through boto3: the products of one service in one region, one a line.

Without credentials or a way to the service, InputError says which, in one line.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from engine.errors import InputError
from planner.pricing.offers.services import SERVICES

ENDPOINT_REGION = "us-east-1"
_SECONDS = 10
_REMEDY = "Download the list elsewhere and give it to `manage.py prices import`."
_EC2 = {"operatingSystem": "Linux", "tenancy": "Shared", "capacitystatus": "Used", "preInstalledSw": "NA"}


def filters_of(service: str, region: str) -> list[dict[str, str]]:
    """What narrows a question to a region, and EC2's to what can be used."""
    fields = {"fromRegionCode" if service == "AWSDataTransfer" else "regionCode": region}
    fields |= _EC2 if service == "AmazonEC2" else {}
    return [{"Type": "TERM_MATCH", "Field": name, "Value": value} for name, value in fields.items()]


def download(service: str, region: str, target: Path, client: Any = None) -> int:
    """Write every product to `target`, one a line; answers how many. Raises InputError when the service cannot be asked."""
    from botocore.exceptions import BotoCoreError, ClientError

    if service not in SERVICES:
        raise InputError(f"no service {service[:40]!r}.", source="--service", expected=f"one of {', '.join(SERVICES)}.")
    try:
        pages = (client or _client()).get_paginator("get_products")
        answers = pages.paginate(ServiceCode=service, Filters=filters_of(service, region), FormatVersion="aws_v1")
        return _write(answers, target)
    except (BotoCoreError, ClientError) as error:
        words = " ".join(str(error).split())
        raise InputError(
            f"cannot be asked: {words}", source="the vendor's price list service", remedy=_REMEDY
        ) from error


def _client() -> Any:
    """A client with the machine's own credentials."""
    import boto3
    from botocore.config import Config

    session = boto3.Session(region_name=ENDPOINT_REGION)
    if session.get_credentials() is None:
        raise InputError(
            "cannot be asked: there are no credentials.",
            source="the vendor's price list service",
            remedy=f"Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE. {_REMEDY}",
        )
    config = Config(connect_timeout=_SECONDS, read_timeout=6 * _SECONDS, retries={"max_attempts": 2})
    return session.client("pricing", config=config)


def _write(answers: Iterable[Mapping[str, Any]], target: Path) -> int:
    count = 0
    with target.open("w", encoding="utf-8") as file:
        for answer in answers:
            for text in answer["PriceList"]:
                file.write(f"{text if isinstance(text, str) else json.dumps(text)}\n")
                count += 1
    return count
