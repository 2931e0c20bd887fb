"""What a summary tells of a workload: rates, sizes, keyspace; every figure None when it is not known.

Whatever the summary was (CloudWatch, INFO, typed numbers), everything after it speaks only this type. Each known figure
has a tag: it was recorded, typed by hand, or assumed.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, cast

from engine.errors import InputError

Tag = Literal["recorded", "typed", "assumed"]
TAGS: tuple[Tag, ...] = ("recorded", "typed", "assumed")
RECORDED: Tag = "recorded"
TYPED: Tag = "typed"
ASSUMED: Tag = "assumed"


@dataclass(frozen=True, slots=True)
class Series:
    """One metric over time. `points`: (Unix seconds, value) in order of time; rates are per second.

    `period_s`: how long a point stands for, None when it cannot be told.
    """

    metric: str
    unit: str
    period_s: float | None
    points: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class WorkloadShape:
    """A workload in figures. Means over the time described; peaks are of the busiest period that was given.

    `operations_per_s`: all commands. `reads_per_s`, `writes_per_s`: commands that read or write keys, `scripts_per_s`:
    EVAL and its relatives. `commands`: calls per second by canonical name; `command_types`: by kind of data (`hash`,
    `string`, …). `bytes_used`: the engine's memory for data; `item_bytes`: the same per key; `value_bytes`: payload a
    write carries. `hit_rate`, `ttl_share` (keys with a time to live), `engine_cpu_share` (of one core) are shares of 1.
    `ttl_mean_ms`: what is left of the times to live, or was typed. `replication_bytes_per_s`: to one replica.
    `memory_fields`: memory the engine itself reports, bytes by INFO name.
    `span_s`: seconds described. `tags`: by field name, for every figure that is known. `notes`: sentences for the person.
    """

    source: str
    source_name: str = ""
    engine: str | None = None
    engine_version: str | None = None
    span_s: float | None = None
    operations_per_s: float | None = None
    operations_peak_per_s: float | None = None
    reads_per_s: float | None = None
    reads_peak_per_s: float | None = None
    writes_per_s: float | None = None
    writes_peak_per_s: float | None = None
    scripts_per_s: float | None = None
    scripts_peak_per_s: float | None = None
    commands: Mapping[str, float] | None = None
    command_types: Mapping[str, float] | None = None
    keys: int | None = None
    bytes_used: int | None = None
    bytes_used_peak: int | None = None
    item_bytes: float | None = None
    key_bytes: float | None = None
    value_bytes: float | None = None
    hit_rate: float | None = None
    ttl_share: float | None = None
    ttl_mean_ms: float | None = None
    skew: float | None = None
    network_in_bytes_per_s: float | None = None
    network_in_peak_bytes_per_s: float | None = None
    network_out_bytes_per_s: float | None = None
    network_out_peak_bytes_per_s: float | None = None
    replication_bytes_per_s: float | None = None
    replication_peak_bytes_per_s: float | None = None
    evictions_per_s: float | None = None
    expirations_per_s: float | None = None
    processing_units_per_s: float | None = None
    engine_cpu_share: float | None = None
    engine_cpu_peak_share: float | None = None
    clients: int | None = None
    memory_fields: Mapping[str, int] | None = None
    series: tuple[Series, ...] = ()
    tags: Mapping[str, Tag] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Plain JSON types; `from_json` gives the same shape back."""
        plain = dataclasses.asdict(self)
        plain["series"] = [{**one, "points": [list(point) for point in one["points"]]} for one in plain["series"]]
        plain["notes"] = list(self.notes)
        plain["tags"] = dict(self.tags)
        return plain

    @staticmethod
    def from_json(data: object) -> WorkloadShape:
        """The shape `to_json` wrote; fields it does not have are unknown. Raises InputError naming the field."""
        if not isinstance(data, dict) or not isinstance(data.get("source"), str):
            raise InputError("not the shape of a workload.", source="shape", expected="a JSON object with a source.")
        unknown = sorted(map(str, data.keys() - _CHECKS.keys()))
        if unknown:
            raise InputError("no such figure.", source=unknown[0], expected=f"one of {', '.join(_CHECKS)}.")
        return WorkloadShape(**{name: _checked(name, value) for name, value in data.items()})


def figures() -> tuple[str, ...]:
    """Names of the fields that carry a tag when they are known."""
    described = {"source", "source_name", "series", "tags", "notes"}
    return tuple(one.name for one in dataclasses.fields(WorkloadShape) if one.name not in described)


def _checked(name: str, value: object) -> Any:
    try:
        return _CHECKS[name](value)
    except (TypeError, ValueError, KeyError, OverflowError) as error:
        raise InputError("cannot be understood.", source=name, expected=f"what {_FIELD_TYPES[name]} holds.") from error


def _text(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    raise TypeError


def number(value: object) -> float:
    """A finite number at least 0, as float. Raises TypeError or ValueError."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError
    if not math.isfinite(value) or value < 0:
        raise ValueError
    return float(value)


def _figure(value: object) -> float | None:
    return None if value is None else number(value)


def _whole(value: object) -> int | None:
    return None if value is None else int(number(value))


def _rates(value: object) -> dict[str, float] | None:
    if value is None:
        return None
    if not isinstance(value, Mapping):
        raise TypeError
    return {str(name): number(one) for name, one in value.items()}


def _bytes(value: object) -> dict[str, int] | None:
    rates = _rates(value)
    return None if rates is None else {name: int(one) for name, one in rates.items()}


def _series(value: object) -> tuple[Series, ...]:
    return tuple(_one_series(one) for one in _listed(value))


def _one_series(value: object) -> Series:
    if not isinstance(value, Mapping):
        raise TypeError
    points = tuple((number(when), number(what)) for when, what in _listed(value["points"]))
    return Series(str(value["metric"]), str(value["unit"]), _figure(value["period_s"]), points)


def _tags(value: object) -> dict[str, Tag]:
    if not isinstance(value, Mapping) or not set(value.values()) <= set(TAGS):
        raise ValueError
    return cast("dict[str, Tag]", dict(value))


def _notes(value: object) -> tuple[str, ...]:
    return tuple(str(one) for one in _listed(value))


def _listed(value: object) -> list[Any]:
    if not isinstance(value, list | tuple):
        raise TypeError
    return list(value)


_FIELD_TYPES = {one.name: str(one.type) for one in dataclasses.fields(WorkloadShape)}
_CHECK_OF_TYPE = {
    "str": _text,
    "str | None": _text,
    "float | None": _figure,
    "int | None": _whole,
    "Mapping[str, float] | None": _rates,
    "Mapping[str, int] | None": _bytes,
    "tuple[Series, ...]": _series,
    "Mapping[str, Tag]": _tags,
    "tuple[str, ...]": _notes,
}
_CHECKS = {name: _CHECK_OF_TYPE[kind] for name, kind in _FIELD_TYPES.items()}
