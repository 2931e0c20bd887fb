"""What a run had measured when it was ended by something outside: to be looked at and exported, never to be sized from.

It is a type of its own, so that sizing, which takes a `Measurement`, cannot take it for one. Units stand in the names.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine.errors import InputError
from engine.measurement import EngineIdentity, Latency, Series, Topology
from engine.plain import from_plain, to_plain
from engine.weather import Incident

SCHEMA = 1


@dataclass(frozen=True, slots=True)
class PartialOperations:
    """`planned` for the whole replay; `answered` without an error; `errors` by their first word (empty also when the player
    itself was lost, who alone counted them); `unanswered` were sent; the rest was not reached."""

    planned: int
    sent: int
    answered: int
    errors: Mapping[str, int]
    unanswered: int
    late: int


@dataclass(frozen=True, slots=True)
class PartialMemory:
    """The last reading of all primaries together while the replay went on, not settled. `keyspace_bytes` is without buffers
    and without what the empty nodes used."""

    used_bytes: int
    keyspace_bytes: int
    keys: int


@dataclass(frozen=True, slots=True)
class PartialWritten:
    """Replication streams as far as they came, whole commands only; `per_second` workload bytes per second of replay."""

    bytes: int
    protocol_bytes: int
    commands: int
    by_command: Mapping[str, int]
    by_family: Mapping[str, int]
    per_second: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Partial:
    """`phase` is where the run ended, `replayed_s` of `recorded_s` how far the replay was (None: it had not begun).

    The last of `incidents` is what ended it. None: nothing of it was known yet. `latency_us` as in a Measurement, of what was
    answered.
    """

    engine: EngineIdentity
    topology: Topology
    mode: str
    speed: float
    incidents: tuple[Incident, ...]
    phase: str
    recorded_s: float
    replayed_s: float | None
    operations: PartialOperations
    latency_us: Mapping[str, Latency]
    series: Series
    memory: PartialMemory | None
    data_written: PartialWritten | None
    trace_sha256: str
    trace_format: str
    partial: bool = True
    schema: int = SCHEMA

    @property
    def ended_by(self) -> Incident:
        """What ended the run."""
        return self.incidents[-1]


def to_json(partial: Partial) -> dict[str, Any]:
    """As plain JSON types."""
    return to_plain(partial)


def from_json(data: Mapping[str, Any]) -> Partial:
    """The inverse of `to_json`. Raises InputError on anything else."""
    if data.get("schema") != SCHEMA or data.get("partial") is not True:
        raise InputError("not a partial result.", expected=f"one of schema {SCHEMA}.")
    try:
        return from_plain(Partial, data)
    except (KeyError, TypeError) as error:
        raise InputError(
            f"not a partial result: {error}.", expected="the JSON that a run that ended early keeps."
        ) from error
