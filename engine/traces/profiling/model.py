"""The figures of a profile as plain data. None is for what the recording cannot tell; nothing unknown is ever zero.

`Profile` keeps the keys of the published JSON form; every class here is frozen and turns into plain JSON types.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.traces.compatibility_rules import Finding


@dataclass(frozen=True, slots=True)
class FamilyProfile:
    """One key family.

    `keys`: distinct keys. `operations`: those whose first key is in it, `reads` and `writes` among them (None when the
    format shows no reads). `bytes`: payload they carry. `ttl_median_ms`: of the times to live set, to two significant
    digits. `ttl_share`: share of the family's keys that a command gave a time to live.
    """

    pattern: str
    keys: int
    operations: int
    bytes: int
    reads: int | None = None
    writes: int | None = None
    ttl_median_ms: int | None = None
    ttl_share: float | None = None


@dataclass(frozen=True, slots=True)
class TtlProfile:
    """Times to live that commands set. Minimum, median and maximum in ms, to three significant digits."""

    count: int
    min_ms: int | None
    median_ms: int | None
    max_ms: int | None


@dataclass(frozen=True, slots=True)
class Bin:
    """How many numbers lie from `low` to `high`, both included; `high` is None in the last, open bin."""

    low: int
    high: int | None
    count: int


@dataclass(frozen=True, slots=True)
class SizeProfile:
    """A distribution of sizes (bytes) or times (ms).

    Quantiles to three significant digits; None when there was nothing to measure. `histogram`: exact counts in bins
    whose bounds grow geometrically, without the empty bins at both ends.
    """

    count: int
    p50: int | None
    p90: int | None
    p99: int | None
    max: int | None
    histogram: tuple[Bin, ...] = ()


@dataclass(frozen=True, slots=True)
class Curve:
    """Operations in each step of `step_s` seconds, all and by what they do; `reads` None when the format shows none."""

    step_s: int
    operations: tuple[int, ...]
    reads: tuple[int, ...] | None
    writes: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class WorkingSet:
    """Distinct keys that operations touch, in each window of `window_s` seconds and up to its end.

    `error`: relative, two standard deviations; 0 when counted exactly.
    """

    window_s: int
    distinct: tuple[int, ...]
    cumulative: tuple[int, ...]
    error: float


@dataclass(frozen=True, slots=True)
class HotKey:
    """A key as it is stored (redacted when the recording is), printable and cut; its operations and their share."""

    key: str
    database: int
    slot: int
    operations: int
    share: float


@dataclass(frozen=True, slots=True)
class HotSlot:
    """A hash slot, the operations on its keys, their share, and its busiest second."""

    slot: int
    operations: int
    share: float
    peak_ops_per_s: int


@dataclass(frozen=True, slots=True)
class ClientGroup:
    """Connections of one address or name: how many, what they did, their most frequent commands."""

    group: str
    connections: int
    operations: int
    reads: int | None
    writes: int
    commands: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Population:
    """The keyspace the recording starts from: the commands that make it and their distinct keys. Not operations."""

    commands: int
    keys: int


@dataclass(frozen=True, slots=True)
class Profile:
    """What is in a recording, in the keys of the published JSON form.

    `reads` are commands the engines flag readonly that have a key, `writes` those flagged write; commands run by
    scripts are counted, the script calls themselves are neither. `key_bytes`: names of distinct keys. `value_bytes`:
    payload of all commands. `sizes`: `key` (per operation), `value` (operations that carry a payload), `reply` (None
    unless recorded) and `ttl_ms`. `curve`: operations per second in steps of `curve_step_s`. `mean_ops_per_s` is None
    when no time passes; the peak is that of the busiest second, and never below the mean.

    `keys` counts the starting population too, `touched_keys` only what operations name. `keys_error`,
    `hottest_keys_error`: relative and absolute error (two standard deviations; a bound) of figures estimated by a
    sketch, 0 when exact. `mix`: operations by what they do, each in one class. `unknown`: why a figure is None.
    """

    format: str
    operations: int | None
    duration_s: float | None
    clients: int | None
    keys: int | None
    reads: int | None
    writes: int | None
    commands: Mapping[str, int]
    mean_ops_per_s: float | None
    peak_ops_per_s: float | None
    key_bytes: int | None
    value_bytes: int | None
    ttl: TtlProfile
    families: tuple[FamilyProfile, ...]
    skipped: Mapping[str, int]
    compatibility: tuple[Finding, ...]
    curve: tuple[float, ...]
    curve_step_s: int
    sizes: Mapping[str, SizeProfile | None]
    per_minute: Curve | None = None
    mix: Mapping[str, int] = field(default_factory=dict)
    working_set: WorkingSet | None = None
    touched_keys: int | None = None
    keys_error: float = 0.0
    hottest_keys: tuple[HotKey, ...] = ()
    hottest_keys_error: float = 0.0
    hottest_slots: tuple[HotSlot, ...] = ()
    groups: tuple[ClientGroup, ...] = ()
    databases: Mapping[str, int] = field(default_factory=dict)
    transactions: int | None = None
    scripts: int | None = None
    population: Population | None = None
    keyspace: Mapping[str, Any] | None = None
    writes_only: bool = False
    unknown: Mapping[str, str] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Plain JSON types; the published keys keep their names."""
        plain: dict[str, Any] = _plain(dataclasses.asdict(self))
        return plain


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _plain(one) for key, one in value.items()}
    return [_plain(one) for one in value] if isinstance(value, list | tuple) else value
