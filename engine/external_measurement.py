"""What a replay on somebody else's cluster found out, and its JSON form. Of its own kind: there is less of it than of a run
on a cluster of one's own, and no estimate is made from it alone.

None means not measured there; `not_measured` says why, field by field. Units stand in the names, as in `measurement`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine.errors import InputError
from engine.measurement import (
    EngineIdentity,
    FamilyMemory,
    Latency,
    LoadSource,
    Measurement,
    Network,
    Operations,
    Series,
    SlotLoad,
    Validity,
)
from engine.plain import from_plain, to_plain

SCHEMA = 1
KIND = "external measurement"


@dataclass(frozen=True, slots=True)
class ExternalTopology:
    """`clustered`: the server is in cluster mode. `replicas`: of all shards together; nothing is asked of them."""

    shards: int
    replicas: int
    clustered: bool


@dataclass(frozen=True, slots=True)
class ExternalMemory:
    """Sums over all primaries. `growth_bytes`: of `used_memory` from before the first key to after the last command, by
    whomever; `own_keys` stand under the prefix after it; `others_keys` were there before.

    `prefix_bytes`: what the prefix adds to the names of the own keys, and the recorded names do not have.
    """

    used_before_bytes: int
    used_after_bytes: int
    growth_bytes: int
    own_keys: int
    others_keys: int | None
    prefix_bytes: int


@dataclass(frozen=True, slots=True)
class ExternalMeasurement:
    """Everything a run on somebody else's cluster found out. `target` shows no password. `stopped`: why it ended early.
    `left_behind`: why own keys are still there, and what to do; empty when all were removed.

    `replication_growth_bytes`: growth of `master_repl_offset` over the replay, by whomever. `execution_us`: mean execution
    time by command, over the same time, by whomever.
    """

    target: str
    prefix: str
    engine: EngineIdentity | None
    topology: ExternalTopology
    speed: float
    most_per_s: float
    operations: Operations
    stopped: str
    valid_for_latency: Validity
    latency_us: Mapping[str, Latency]
    memory: ExternalMemory | None
    families: tuple[FamilyMemory, ...] | None
    replication_growth_bytes: int | None
    execution_us: Mapping[str, float] | None
    main_thread_us_per_op: float | None
    network: Network
    duration_s: float
    trace_sha256: str
    trace_format: str
    operations_by_class: Mapping[str, int]
    slot_load: SlotLoad
    series: Series
    removed_keys: int
    left_behind: str
    not_measured: Mapping[str, str]
    assumptions: tuple[str, ...]
    data_written: None = None
    snapshot: None = None
    sources: tuple[LoadSource, ...] = ()  # the players, when there were several
    kind: str = KIND
    schema: int = SCHEMA


Timed = Measurement | ExternalMeasurement
"""What holds latencies, and the seconds they were measured in."""


def to_json(measurement: ExternalMeasurement) -> dict[str, Any]:
    """The measurement as plain JSON types."""
    return to_plain(measurement)


def from_json(data: Mapping[str, Any]) -> ExternalMeasurement:
    """The inverse of `to_json`. Raises InputError on another kind or schema, or missing fields."""
    if (data.get("kind"), data.get("schema")) != (KIND, SCHEMA):
        raise InputError(
            f"{data.get('kind')!r} of schema {data.get('schema')!r}.", expected=f"{KIND!r} of schema {SCHEMA}."
        )
    try:
        return from_plain(ExternalMeasurement, data)
    except (KeyError, TypeError) as error:
        raise InputError(f"not an {KIND}: {error}.", expected="what a replay with --target writes.") from error
