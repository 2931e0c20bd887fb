"""What is in a trace: counts, rates, sizes, key families, times to live, compatibility. One streaming pass.

Distinct keys are counted exactly (up to collisions of 64-bit hashes) at 16 bytes a key; everything else is bounded.
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine import commands
from engine.progress import Progress, Report, ShouldStop, ignore, never, stop_if_asked
from engine.traces.compatibility import Compatibility, Finding
from engine.traces.families import family
from engine.traces.model import Flag, Operation, TraceHeader
from engine.traces.store import iter_operations, read_header
from engine.traces.tallies import DistinctKeys, Quantiles, RateCurve

FAMILIES_LISTED = 1000
FAMILIES_COUNTED = 20_000  # patterns met after that many are counted together
OTHER = "(other)"
_REPORT_EVERY = 20_000


@dataclass(frozen=True, slots=True)
class FamilyProfile:
    """One key family: distinct `keys`, `operations` whose first key is in it, payload `bytes` they carry."""

    pattern: str
    keys: int
    operations: int
    bytes: int


@dataclass(frozen=True, slots=True)
class TtlProfile:
    """Times to live that commands set. Minimum, median and maximum in ms, to three significant digits."""

    count: int
    min_ms: int | None
    median_ms: int | None
    max_ms: int | None


@dataclass(frozen=True, slots=True)
class SizeProfile:
    """Quantiles in bytes, to three significant digits; None when there was nothing to measure."""

    count: int
    p50: int | None
    p90: int | None
    p99: int | None
    max: int | None


@dataclass(frozen=True, slots=True)
class Profile:
    """The keys of DESIGN §8 `profile`, and the rate curve.

    `reads` are commands the engines flag readonly that have a key, `writes` those flagged write; commands run by
    scripts are counted, the script calls themselves are neither. `key_bytes`: names of distinct keys. `value_bytes`:
    payload of all commands. `sizes`: of keys (per operation) and of payloads (operations that carry one). `curve`:
    operations per second in steps of `curve_step_s`. `mean_ops_per_s` is None when no time passes; the peak is that of
    the busiest second, and never below the mean.
    """

    format: str
    operations: int
    duration_s: float
    clients: int
    keys: int
    reads: int
    writes: int
    commands: Mapping[str, int]
    mean_ops_per_s: float | None
    peak_ops_per_s: float
    key_bytes: int
    value_bytes: int
    ttl: TtlProfile
    families: tuple[FamilyProfile, ...]
    skipped: Mapping[str, int]
    compatibility: tuple[Finding, ...]
    curve: tuple[float, ...]
    curve_step_s: int
    sizes: Mapping[str, SizeProfile]

    def to_json(self) -> dict[str, Any]:
        """Plain JSON types, keys as in DESIGN §8."""
        plain = dataclasses.asdict(self)
        return {key: list(value) if isinstance(value, tuple) else value for key, value in plain.items()}


def profile(path: Path, *, report: Report = ignore, should_stop: ShouldStop = never) -> Profile:
    """Profile the stored trace at `path`. Raises InputError when it is no trace, Cancelled when asked to stop."""
    header = read_header(path)
    tally = _Tally()
    for done, operation in enumerate(iter_operations(path)):
        if done % _REPORT_EVERY == 0:
            stop_if_asked(should_stop)
            report(Progress("profile", done, header.operations, "operations"))
        tally.add(operation)
    report(Progress("profile", header.operations, header.operations, "operations"))
    return tally.profile(header)


class _Tally:
    """Everything counted on the way."""

    def __init__(self) -> None:
        self.commands: Counter[str] = Counter()
        self.reads = self.writes = self.value_bytes = 0
        self.rate = RateCurve()
        self.keys = DistinctKeys()
        self.ttl, self.key_sizes, self.value_sizes = Quantiles(), Quantiles(), Quantiles()
        self.compatibility = Compatibility()
        self._families: dict[str, int] = {}
        self._family_operations: Counter[int] = Counter()
        self._family_bytes: Counter[int] = Counter()
        self._readonly: dict[str, bool] = {}

    def add(self, operation: Operation) -> None:
        self.commands[operation.cmd] += 1
        self.rate.add(operation.t_us)
        self._add_class(operation)
        if operation.value_len:
            self.value_bytes += operation.value_len
            self.value_sizes.add(operation.value_len)
        if operation.ttl_ms is not None:
            self.ttl.add(operation.ttl_ms)
        keys = _keys(operation)
        if keys:
            self._add_keys(operation, keys)
        self.compatibility.see(operation, keys)

    def _add_class(self, operation: Operation) -> None:
        if operation.flags & Flag.WRITE:
            self.writes += 1
        elif operation.key is not None and self._is_readonly(operation.cmd):
            self.reads += 1

    def _add_keys(self, operation: Operation, keys: tuple[bytes, ...]) -> None:
        first = self._family(keys[0])
        self.keys.add(operation.db, keys[0], first)
        for key in keys[1:]:
            self.keys.add(operation.db, key, self._family(key))
        self.key_sizes.add(len(keys[0]))
        self._family_operations[first] += 1
        self._family_bytes[first] += operation.value_len or 0

    def _is_readonly(self, cmd: str) -> bool:
        known = self._readonly.get(cmd)
        if known is None:
            command = commands.find(cmd)
            known = self._readonly[cmd] = command is not None and command.readonly
        return known

    def _family(self, key: bytes) -> int:
        pattern = family(key)
        if pattern not in self._families and len(self._families) >= FAMILIES_COUNTED:
            pattern = OTHER
        return self._families.setdefault(pattern, len(self._families))

    def profile(self, header: TraceHeader) -> Profile:
        duration_s = header.duration_us / 1e6
        mean = header.operations / duration_s if duration_s else None
        return Profile(
            format=header.format,
            operations=header.operations,
            duration_s=duration_s,
            clients=header.connections,
            keys=self.keys.count,
            reads=self.reads,
            writes=self.writes,
            commands=dict(self.commands.most_common()),
            mean_ops_per_s=mean,
            peak_ops_per_s=max(float(self.rate.peak), mean or 0.0),
            key_bytes=self.keys.name_bytes,
            value_bytes=self.value_bytes,
            ttl=TtlProfile(self.ttl.count, self.ttl.at(0.0), self.ttl.at(0.5), self.ttl.at(1.0)),
            families=self._family_profiles(),
            skipped=dict(header.skipped),
            compatibility=self.compatibility.findings(),
            curve=self.rate.per_second(),
            curve_step_s=self.rate.step_s,
            sizes={"key": _sizes(self.key_sizes), "value": _sizes(self.value_sizes)},
        )

    def _family_profiles(self) -> tuple[FamilyProfile, ...]:
        """By falling operations; what is beyond the list is summed in its last line."""
        keys = self.keys.per_family()
        found = [
            FamilyProfile(pattern, keys.get(number, 0), self._family_operations[number], self._family_bytes[number])
            for pattern, number in self._families.items()
        ]
        found.sort(key=lambda one: (one.pattern == OTHER, -one.operations, one.pattern))
        listed, rest = found[:FAMILIES_LISTED], found[FAMILIES_LISTED:]
        if rest:
            sums = (sum(one.keys for one in rest), sum(one.operations for one in rest), sum(one.bytes for one in rest))
            listed.append(FamilyProfile(OTHER, *sums))
        return tuple(listed)


def _keys(operation: Operation) -> tuple[bytes, ...]:
    """All keys of an operation; of a sized trace only the first is known."""
    if operation.key is None:
        return ()
    if operation.args is None or commands.only_key(operation.cmd) is not None:
        return (operation.key,)
    return tuple(commands.key_values(operation.cmd, operation.args)) or (operation.key,)


def _sizes(sizes: Quantiles) -> SizeProfile:
    return SizeProfile(sizes.count, sizes.at(0.5), sizes.at(0.9), sizes.at(0.99), sizes.at(1.0))
