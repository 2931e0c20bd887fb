"""CPU of a run and what it is held against, and its client traffic."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Calibration:
    """GET and SET of 100-byte values on the same machine in the same run: server CPU per operation at saturation."""

    get_us: float
    set_us: float
    overhead_us: float
    operations: int


@dataclass(frozen=True, slots=True)
class Cpu:
    """Server CPU. `us_per_op` by class (`all`, `read`, `write`) at saturation: execution time of the commands (commandstats)
    plus the per-command overhead of the calibration. `main_thread_us_per_op` is what this replay really used per operation.
    `us_per_command`: the same as `us_per_op` for single commands (empty: measured before this was)."""

    us_per_op: Mapping[str, float]
    calibration_us_per_op: float
    calibration: Calibration
    main_thread_us_per_op: float | None
    us_per_command: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Network:
    """Client traffic of the replay over all primaries, replication excluded."""

    bytes_in: int
    bytes_out: int
