"""A workload that matches a summary: the rates by command, the keys, the bytes of a key, times to live, hits and misses.

Matched: calls per second by command (or by kind of data, or reads and writes), peak over mean, number of keys, memory of
a key, share of keys that expire, mean time to live, hit rate, connections. What the summary does not tell is assumed and
said in the notes. Not matched: memory of HyperLogLogs and of streams below 4 kB, which the engine decides, and growth by
commands that add elements. Large workloads are sampled by key: that share of the keys and of the rate.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from engine.errors import InputError
from engine.traces.generation import shape_commands, template
from engine.traces.generation.shape_commands import KINDS, SCRIPT_SOURCE
from engine.traces.generation.template import Template
from engine.traces.generation.variables import Choice, Count, Index, Integer, Value, Variable
from engine.traces.generation.workload import LABELS, Action, Population, ReadyWorkload, Slider, Workload
from engine.traces.summaries.shape import WorkloadShape

MOST_KEYS = 200_000
MOST_BYTES = 512 << 20
MOST_RATE = 20_000.0
MOST_OPERATIONS = 3_000_000
ASSUMED_KEYS = 10_000
ASSUMED_VALUE_BYTES = 200
ASSUMED_KEY_BYTES = 20
ASSUMED_READ_SHARE = 0.8
ASSUMED_SKEW = 0.99
ASSUMED_TTL_MS = 86_400_000
_ELEMENT_BYTES = 32  # of a collection's elements, where a key's memory allows several
_MOST_ELEMENTS = 120  # engines keep collections of up to 128 elements compact
_ABSENT_SHARE = 0.01  # names of keys that are not there, over the keys that are
_ABSENT_PREFIX = "absent"


@dataclass(frozen=True, slots=True)
class Matching:
    """A workload with the values of its parameters; `sampling`: the share of keys and rate it stands for."""

    workload: Workload
    parameters: Mapping[str, float]
    sampling: float
    notes: tuple[str, ...]


def matching(shape: WorkloadShape, duration_s: float) -> Matching:
    """The workload that matches a shape. Raises InputError when the shape tells no rate."""
    if not 0 < duration_s < 1e6:
        raise InputError(f"{duration_s:g} is no duration.", source="duration", expected="seconds above 0.")
    return _Matcher(shape, duration_s).matching()


class _Matcher:
    def __init__(self, shape: WorkloadShape, duration_s: float) -> None:
        self.shape = shape
        self.duration_s = duration_s
        self.notes: list[str] = []
        self.calls = self._calls()
        self.rate = sum(self.calls.values())
        if not self.rate > 0:
            raise InputError(
                "it does not tell how many commands there are.",
                source=shape.source_name or shape.source,
                expected="commands per second, or reads and writes per second.",
            )
        self.keys = self._keys()
        self.item_bytes = self._item_bytes()
        self.sampling = self._sampling()

    def matching(self) -> Matching:
        shares = self._kind_shares()
        workload = Workload(
            about=self._about(),
            connections=max(1, min(shape_clients(self.shape), 1_000)),
            peak=self._peak(),
            variables=tuple(self._variables(shares)),
            actions=tuple(self._actions()),
            population=tuple(self._population(shares)),
        )
        parameters = {slider.name: slider.default for slider in workload.about.sliders}
        return Matching(workload, parameters, self.sampling, tuple(self.notes))

    # -- what the summary tells ---------------------------------------------------------------------------------------

    def _calls(self) -> dict[tuple[str, str], float]:
        """Calls per second by template and kind."""
        calls: dict[tuple[str, str], float] = {}
        replaced: list[str] = []
        for name, kind, per_s in self._told():
            text, own = shape_commands.template_of(name, kind)
            if not own:
                replaced.append(name)
            if per_s > 0:
                calls[text, kind] = calls.get((text, kind), 0.0) + per_s
        if replaced:
            listed = ", ".join(sorted(set(replaced))[:8])
            self.notes.append(f"Commands generated as the nearest simple one of their kind: {listed}.")
        return calls

    def _told(self) -> Iterator[tuple[str, str, float]]:
        """Command, kind of data, calls per second, from the most exact figures there are."""
        shape = self.shape
        by_name = [(name, shape_commands.kind_of(name), per_s) for name, per_s in (shape.commands or {}).items()]
        if any(kind for _, kind, _ in by_name):
            yield from ((name, kind, per_s) for name, kind, per_s in by_name if kind)
            return
        reads, writes = self._reads_and_writes()
        kinds = self._kinds()
        for kind, share in kinds.items():
            yield KINDS[kind].read.split()[0], kind, reads * share
            yield KINDS[kind].write.split()[0], kind, writes * share
        if shape.scripts_per_s and "script" not in kinds:
            yield "EVALSHA", "script", shape.scripts_per_s

    def _kinds(self) -> dict[str, float]:
        """Shares by kind of data; strings when the summary does not tell."""
        found: dict[str, float] = {}
        for name, per_s in (self.shape.command_types or {}).items():
            kind = shape_commands.KIND_OF_TYPE.get(name.lower())
            if kind and per_s > 0:
                found[kind] = found.get(kind, 0.0) + per_s
        total = sum(found.values())
        if not total:
            self.notes.append("Assumed: all data are strings, read with GET and written with SET.")
            return {"string": 1.0}
        return {kind: per_s / total for kind, per_s in found.items()}

    def _reads_and_writes(self) -> tuple[float, float]:
        shape = self.shape
        reads, writes, total = shape.reads_per_s, shape.writes_per_s, shape.operations_per_s
        if reads is not None and writes is not None:
            return reads, writes
        if total is None:
            return reads or 0.0, writes or 0.0
        if reads is None and writes is None:
            self.notes.append(f"Assumed: {ASSUMED_READ_SHARE:.0%} of commands read.")
            return total * ASSUMED_READ_SHARE, total * (1 - ASSUMED_READ_SHARE)
        if reads is None:
            return max(0.0, total - (writes or 0.0)), writes or 0.0
        return reads, max(0.0, total - reads)

    def _keys(self) -> int:
        shape = self.shape
        if shape.keys:
            return shape.keys
        if shape.bytes_used and shape.item_bytes:
            return max(1, round(shape.bytes_used / shape.item_bytes))
        self.notes.append(f"Assumed: {ASSUMED_KEYS:,} keys.")
        return ASSUMED_KEYS

    def _item_bytes(self) -> float:
        """Engine memory of a key with its value."""
        shape = self.shape
        if shape.item_bytes:
            return shape.item_bytes
        if shape.bytes_used and shape.keys:
            return shape.bytes_used / shape.keys
        value = shape.value_bytes
        if value is None:
            self.notes.append(f"Assumed: values of {ASSUMED_VALUE_BYTES} bytes.")
            value = ASSUMED_VALUE_BYTES
        return value + self._key_bytes() + KINDS["string"].overhead_bytes

    def _key_bytes(self) -> int:
        return round(self.shape.key_bytes or ASSUMED_KEY_BYTES)

    def _sampling(self) -> float:
        most = min(
            MOST_KEYS / self.keys,
            MOST_BYTES / (self.keys * self.item_bytes),
            MOST_RATE / self.rate,
            MOST_OPERATIONS / (self.rate * self.duration_s),
        )
        if most >= 1:
            return 1.0
        self.notes.append(f"Sampled by key: {most:.4%} of the keys and of the rate are generated.")
        return most

    def _peak(self) -> float:
        shape = self.shape
        if not shape.operations_peak_per_s or not shape.operations_per_s:
            return 1.0
        return min(2.0, max(1.0, shape.operations_peak_per_s / shape.operations_per_s))

    # -- the workload -------------------------------------------------------------------------------------------------

    def _about(self) -> ReadyWorkload:
        skew = self.shape.skew
        if skew is None:
            self.notes.append(f"Assumed: skew of key use {ASSUMED_SKEW} (Zipf exponent).")
            skew = ASSUMED_SKEW
        values = {
            "keys": float(max(1, round(self.keys * self.sampling))),
            "rate": self.rate * self.sampling,
            "value_size": max(1.0, self.item_bytes - self._key_bytes() - KINDS["string"].overhead_bytes),
            "read_share": self._read_share(),
            "skew": skew,
            "duration_s": self.duration_s,
        }
        sliders = tuple(Slider(name, *LABELS[name], value, value, value) for name, value in values.items())
        title = f"a workload like {self.shape.source_name or self.shape.source}"
        return ReadyWorkload("summary", title, "Matches the figures of a summary.", "", sliders)

    def _read_share(self) -> float:
        reads = sum(per_s for (text, _), per_s in self.calls.items() if shape_commands.reads(text))
        return reads / self.rate

    def _kind_shares(self) -> dict[str, float]:
        """The share of keys of each kind: the share of calls on it."""
        found: dict[str, float] = {}
        for (_, kind), per_s in self.calls.items():
            found[kind] = found.get(kind, 0.0) + per_s / self.rate
        return found

    def _families(self, kind: str) -> Iterator[tuple[str, float, bool]]:
        """Variable of the keys, share of the kind's keys, whether they expire."""
        expiring = min(1.0, self.shape.ttl_share or 0.0)
        if expiring < 1:
            yield kind, 1 - expiring, False
        if expiring > 0:
            yield f"{kind}_expiring", expiring, True

    def _variables(self, shares: Mapping[str, float]) -> Iterator[Variable]:
        for kind, share in shares.items():
            for name, part, _ in self._families(kind):
                length = max(1, self._key_bytes() - len(name) - 1)
                yield Index(name, Count("keys", share * part), "skew", length=length, start=1)
            yield from self._values(kind)
        yield Integer("score", 0, 999)
        if self._misses():
            yield Index(_ABSENT_PREFIX, Count("keys", _ABSENT_SHARE), 0.0, start=1)
        ttl_ms = round(self.shape.ttl_mean_ms or ASSUMED_TTL_MS)
        if self.shape.ttl_share and not self.shape.ttl_mean_ms:
            self.notes.append("Assumed: times to live of a day.")
        values = tuple(b"%d" % max(1, round(ttl_ms * factor)) for factor in (0.5, 1.0, 1.5))
        yield Choice("ttl", values, (0.25, 0.5, 0.25))

    def _values(self, kind: str) -> Iterator[Variable]:
        size = self._element_bytes(kind)
        if kind in shape_commands.NAMED_VALUES:
            yield Choice(f"{kind}_value", (b"x" * round(size),), (1.0,))
            return
        for n in range(self._elements(kind)):
            yield Value(f"{kind}_value{n or ''}", size)

    def _payload(self, kind: str) -> float:
        return max(1.0, self.item_bytes - self._key_bytes() - KINDS[kind].overhead_bytes)

    def _elements(self, kind: str) -> int:
        return max(1, min(_MOST_ELEMENTS, int(self._payload(kind) // _ELEMENT_BYTES))) if KINDS[kind].elements else 1

    def _element_bytes(self, kind: str) -> float:
        """The value of one element: its share of the payload without what stands beside it."""
        return max(1.0, self._payload(kind) / self._elements(kind) - KINDS[kind].element_bytes)

    def _misses(self) -> float:
        return 0.0 if self.shape.hit_rate is None else 1.0 - min(1.0, self.shape.hit_rate)

    def _actions(self) -> Iterator[Action]:
        for (text, kind), per_s in self.calls.items():
            reads = shape_commands.reads(text)
            for name, part, expires in self._families(kind):
                found = 1.0 - self._misses() if reads else 1.0
                spoken = _with_ttl(text) if expires else text
                if per_s * part * found > 0:
                    yield self._action(spoken, kind, name, reads, per_s * part * found)
            if reads and self._misses():
                yield self._action(text, kind, _ABSENT_PREFIX, reads, per_s * self._misses())

    def _action(self, text: str, kind: str, name: str, reads: bool, weight: float) -> Action:
        runs = (_bound('GET "{key}"', kind, name),) if kind == "script" else ()
        script = SCRIPT_SOURCE if kind == "script" else None
        return Action(text.split()[0], weight, reads, (_bound(text, kind, name),), runs, script=script)

    def _population(self, shares: Mapping[str, float]) -> Iterator[Population]:
        for kind in shares:
            texts = shape_commands.creation(kind, self._elements(kind))
            for name, _, expires in self._families(kind):
                more = ['PEXPIRE "{key}" {ttl}'] if expires else []
                yield Population(tuple(_bound(text, kind, name) for text in (*texts, *more)), each=name)
        if self._misses():
            # What is read and was never deleted would be taken to stand there at the start.
            yield Population((_bound('DEL "{key}"', "string", _ABSENT_PREFIX),), each=_ABSENT_PREFIX)


def shape_clients(shape: WorkloadShape) -> int:
    """Connections to generate."""
    return shape.clients or 16


def _with_ttl(text: str) -> str:
    return f"{text} PX {{ttl}}" if text.startswith("SET ") else text


def _bound(text: str, kind: str, name: str) -> Template:
    """A template with its variables named: `{key}` is a key of the family."""
    named = text.replace("{key}", f"{name}:{{{name}}}").replace("{value", f"{{{kind}_value")
    return template.parse(named, name)
