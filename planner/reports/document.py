"""The estimate as one frozen document: the page, the PDF and the JSON all print this and nothing else.

`to_json` writes the keys of DESIGN §8 (`estimate`) and the few more that make `from_json` its exact inverse. Money is a
string; `monthly_usd` is rounded to cents half-up, the exact amounts stand in the cost lines and under `exact`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from engine import measurement as measurements
from engine.errors import InputError
from engine.measurement import Measurement
from engine.traces.model import TraceHeader
from planner import __version__
from planner.pricing.money import cents
from planner.reports.records import decode, encode
from planner.sizing.breaks import breaks_of
from planner.sizing.model.bills import Range
from planner.sizing.model.result import DesignEstimate, EstimateResult, GrowthPoint, Sensitivity

SCHEMA = 1
LATER_PARTS = ("outlooks", "reserves", "range")  # not in documents made before they were; their defaults stand in
TOP = 12
_RANGES = ("monthly_usd", "yearly_usd", "horizon_usd")


@dataclass(frozen=True, slots=True)
class CommandCount:
    """How often the recording calls a command."""

    name: str
    operations: int


@dataclass(frozen=True, slots=True)
class FamilyCount:
    """A key family of the recording: distinct keys, operations on them, and payload bytes carried (None: not known)."""

    pattern: str
    keys: int
    operations: int
    bytes: int | None


@dataclass(frozen=True, slots=True)
class ProfileSummary:
    """What is in the recording, in the figures an answer prints. `commands`, `families`: the busiest first."""

    operations: int
    duration_s: float
    clients: int
    keys: int
    reads: int
    writes: int
    mean_ops_per_s: float
    peak_ops_per_s: float
    commands: tuple[CommandCount, ...]
    families: tuple[FamilyCount, ...]

    @property
    def read_share(self) -> float | None:
        """Reads of all reads and writes, 0..1; None when there are neither."""
        total = self.reads + self.writes
        return self.reads / total if total else None


@dataclass(frozen=True, slots=True)
class EstimateDocument:
    """Everything an answer says. `created` is aware (UTC); `version` is the Headroom that wrote it."""

    name: str
    created: datetime
    result: EstimateResult
    header: TraceHeader
    profile: ProfileSummary
    measurement: Measurement
    version: str = __version__

    @property
    def recommended(self) -> DesignEstimate | None:
        """The recommended design, None when nothing fits."""
        return self.design(self.result.recommended.id)

    def design(self, identifier: str | None) -> DesignEstimate | None:
        """The design of that id, None when it is not in the document."""
        return next((design for design in self.result.designs if design.id == identifier), None)


def summarise_profile(profile: Mapping[str, Any], top: int = TOP) -> ProfileSummary:
    """The summary of a profile in the JSON form of DESIGN §8 (`profile`), with its `top` busiest commands and families.

    Raises KeyError or TypeError when `profile` is not one, InputError when the recording has no rate.
    """
    if profile["mean_ops_per_s"] is None:
        raise InputError(
            "the recording spans no time, so it has no rate to size for.", remedy="Record for some minutes."
        )
    commands = sorted(profile["commands"].items(), key=lambda item: (-item[1], item[0]))
    families = sorted(profile["families"], key=lambda family: (-family["operations"], family["pattern"]))
    return ProfileSummary(
        operations=profile["operations"],
        duration_s=float(profile["duration_s"]),
        clients=profile["clients"],
        keys=profile["keys"],
        reads=profile["reads"],
        writes=profile["writes"],
        mean_ops_per_s=float(profile["mean_ops_per_s"]),
        peak_ops_per_s=float(profile["peak_ops_per_s"]),
        commands=tuple(CommandCount(name=name, operations=count) for name, count in commands[:top]),
        families=tuple(_family(family) for family in families[:top]),
    )


def _family(data: Mapping[str, Any]) -> FamilyCount:
    return FamilyCount(
        pattern=data["pattern"], keys=data["keys"], operations=data["operations"], bytes=data.get("bytes")
    )


def to_json(document: EstimateDocument) -> dict[str, Any]:
    """The document as plain JSON types, keys as in DESIGN §8 (`estimate`)."""
    result = document.result
    header = encode(document.header)
    return {
        "schema": SCHEMA,
        "name": document.name,
        "created": document.created.isoformat(),
        "version": document.version,
        "recommended": encode(result.recommended),
        "designs": [{**_design(design), "limits_broken": _broken(design, result)} for design in result.designs],
        "needs": encode(result.needs),
        "growth": [_growth(point) for point in result.growth],
        "sensitivity": [_sensitivity(item) for item in result.sensitivity],
        "assumptions": encode(result.assumptions),
        "answers": encode(result.answers),
        "price_lists": encode(result.price_lists),
        "database_bills": encode(result.database_bills),
        "carrying": encode(result.carrying),
        **{name: encode(getattr(result, name)) for name in LATER_PARTS},
        "questions": encode(result.questions),
        "trace": {"sha256": document.header.source_sha256, "format": document.header.format, "header": header},
        "profile": encode(document.profile),
        "measurement": measurements.to_json(document.measurement),
    }


def from_json(data: Mapping[str, Any]) -> EstimateDocument:
    """The inverse of `to_json`. Raises InputError on another schema, missing fields or wrong types."""
    if data.get("schema") != SCHEMA:
        raise InputError(f"estimate of schema {data.get('schema')!r}.", expected=f"schema {SCHEMA}.")
    try:
        return _document(data)
    except (KeyError, TypeError, ValueError, ArithmeticError) as error:
        raise InputError(f"not an estimate: {error}.", expected="the JSON that Headroom writes.") from error


def _document(data: Mapping[str, Any]) -> EstimateDocument:
    result = {
        **{name: data[name] for name in ("needs", "recommended", "assumptions", "answers", "price_lists")},
        "designs": [_plain_design(design) for design in data["designs"]],
        "growth": [_plain_exact(point) for point in data["growth"]],
        "sensitivity": [_plain_exact(item) for item in data["sensitivity"]],
        "database_bills": data.get("database_bills", {}),  # not in documents made before it was
        "carrying": data.get("carrying", ()),
        **{name: data[name] for name in LATER_PARTS if name in data},
        "questions": data.get("questions", []),
    }
    return EstimateDocument(
        name=data["name"],
        created=datetime.fromisoformat(data["created"]),
        result=decode(EstimateResult, result),
        header=decode(TraceHeader, data["trace"]["header"]),
        profile=decode(ProfileSummary, data["profile"]),
        measurement=measurements.from_json(data["measurement"]),
        version=data["version"],
    )


def _design(design: DesignEstimate) -> dict[str, Any]:
    plain: dict[str, Any] = encode(design)
    failover = plain["durability"].pop("failover_s")
    plan = design.plan
    return {
        "id": plain.pop("id"),
        "title": plain.pop("title"),
        "plan": plain.pop("plan"),
        "monthly_usd": _cents(design.monthly_usd),
        "lines": plain.pop("lines"),
        "binding": plan.binding if plan else None,
        "headroom": {name: 1.0 - used for name, used in plan.utilisation.items()} if plan else {},
        "durability": plain.pop("durability"),
        "failover_s": {"typical": failover},
        "latency_us": {"read": plain.pop("read_latency_us"), "write": plain.pop("write_latency_us")},
        "flags": plain.pop("flags"),
        "missing": plain.pop("missing"),
        "frontier": plain.pop("frontier"),
        "yearly_usd": _cents(design.yearly_usd),
        "horizon_usd": _cents(design.horizon_usd),
        "exact": {name: plain.pop(name) for name in _RANGES},
    }


def _broken(design: DesignEstimate, result: EstimateResult) -> Any:
    """Worked out again from the rest, so not read back."""
    return encode(breaks_of(design, result.needs, result.answers))


def _plain_design(data: Mapping[str, Any]) -> dict[str, Any]:
    return {
        **{name: data[name] for name in ("id", "title", "plan", "lines", "flags", "missing")},
        **{name: data["exact"][name] for name in _RANGES if name in data["exact"]},
        "durability": {**data["durability"], "failover_s": data["failover_s"]["typical"]},
        "frontier": data.get("frontier", []),
        "read_latency_us": data["latency_us"]["read"],
        "write_latency_us": data["latency_us"]["write"],
    }


def _cents(monthly: Range | None) -> dict[str, str] | None:
    if monthly is None:
        return None
    return {name: str(cents(getattr(monthly, name))) for name in ("low", "likely", "high")}


def _growth(point: GrowthPoint) -> dict[str, Any]:
    rounded = {name: None if usd is None else str(cents(usd)) for name, usd in point.monthly_usd.items()}
    return {"month": point.month, "monthly_usd": rounded, "exact": encode(point)}


def _sensitivity(item: Sensitivity) -> dict[str, Any]:
    return {
        "name": item.name,
        "low_usd": str(cents(item.low_usd)),
        "high_usd": str(cents(item.high_usd)),
        "exact": encode(item),
    }


def _plain_exact(data: Mapping[str, Any]) -> Any:
    return data["exact"]
