"""What an offer file says, in one form for all formats: a product and one dimension of one of its prices.

Attribute names are compared without case, spaces and signs (`Instance Type`, `instanceType`); the vendor's JSON and CSV
differ in nothing else. Usage types may carry the vendor's region prefix (`USE1-`, `EU-`) or none.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from engine.errors import InputError
from planner.pricing.offers.locations import LOCATIONS

AWS_REGION = "AWS Region"
_SIGNS = re.compile(r"[^a-z0-9]")
_PREFIX = re.compile(r"(?:[A-Z]{2,4}[0-9]{1,2}|EU)-")
_REGION_CODE = re.compile(r"[a-z]{2,4}(?:-[a-z]+){1,2}-[0-9]")
_LONGEST_SHOWN = 80


@dataclass(frozen=True, slots=True)
class Product:
    """One SKU. `attributes`: by plain name (`instancetype`)."""

    sku: str
    family: str
    attributes: Mapping[str, str]

    def get(self, name: str) -> str:
        """An attribute, empty when there is none."""
        return self.attributes.get(name, "")

    @property
    def usage(self) -> str:
        """The usage type without the region's prefix."""
        return without_prefix(self.get("usagetype"))

    def fault(self, problem: str, *, expected: str = "", remedy: str = "") -> InputError:
        """An error that names this product."""
        usage = shown(self.get("usagetype"))
        where = f"SKU {shown(self.sku)} (family {shown(self.family)!r}, usage type {usage!r})"
        return InputError(problem, source=where, expected=expected, remedy=remedy)

    def region(self, code: str = "regioncode", place: str = "location") -> str:
        """The region's code, by its name in older files. Raises InputError when neither says it."""
        found = self.get(code) or LOCATIONS.get(self.get(place), "")
        if not _REGION_CODE.fullmatch(found):
            raise self.fault(
                f"is in no known region ({shown(self.get(code) or self.get(place))!r}).",
                expected="a region code such as us-east-1.",
            )
        return found


@dataclass(frozen=True, slots=True)
class Dimension:
    """One price of a SKU. `lease` and `option` (`1yr`, `No Upfront`) are empty on demand. `begin` and `end` are a tier's
    bounds as written (`0`, `Inf`, empty)."""

    sku: str
    unit: str
    usd: str
    begin: str = ""
    end: str = ""
    lease: str = ""
    option: str = ""
    offering: str = ""


def without_prefix(usage: str) -> str:
    """`USE1-NodeUsage:db.r6g.large` -> `NodeUsage:db.r6g.large`; `IA-TimedStorage-ByteHrs` stays."""
    return _PREFIX.sub("", usage, count=1) if _PREFIX.match(usage) else usage


def plain_name(name: str) -> str:
    """`Pre Installed S/W` and `preInstalledSw` -> `preinstalledsw`."""
    return _SIGNS.sub("", name.lower())


def shown(text: str) -> str:
    """A text of the file as a message may repeat it."""
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}…"


def product_of(data: object) -> Product:
    """A product of the JSON formats. Raises InputError naming what is missing or of a wrong type."""
    if not isinstance(data, Mapping):
        raise InputError("a product is not an object.", source="products", expected='{"sku": …, "attributes": {…}}.')
    attributes = data.get("attributes", {})
    sku = data.get("sku", "")
    if not isinstance(sku, str) or not sku:
        raise InputError("a product has no SKU.", source="products", expected='"sku": "4D2E7K7G4GPM84WN".')
    if not isinstance(attributes, Mapping):
        raise InputError("the attributes are not an object.", source=f"SKU {shown(sku)}", expected='"attributes": {…}.')
    plain = {plain_name(str(name)): value for name, value in attributes.items() if isinstance(value, str)}
    family = data.get("productFamily", "")
    return Product(sku, family if isinstance(family, str) else "", plain)
