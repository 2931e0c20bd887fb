"""What INFO tells of a server's workload: counters between two outputs, or since the start when there is one.

Field names are those of Redis and Valkey, 2.8 to 9. Outputs of several servers are refused: rates of one say nothing of
another.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from engine import commands
from engine.errors import InputError
from engine.traces.summaries.shape import RECORDED, TYPED, Tag, WorkloadShape

EXPECTED = "the output of INFO ALL, such as redis-cli INFO ALL writes it."
_TELLING = re.compile(
    r"^(?:redis_version|valkey_version|uptime_in_seconds|used_memory|total_commands_processed|cmdstat_[^:\s]+):",
    re.MULTILINE,
)
_LINE = re.compile(r"([A-Za-z0-9_.|\-]{1,120}):(.*)")
_NUMBER = re.compile(r"\d{1,18}(?:\.\d{1,18})?", re.ASCII)
_DATABASE = re.compile(r"db\d{1,9}", re.ASCII)
_SCRIPTS = frozenset(("EVAL", "EVALSHA", "EVAL_RO", "EVALSHA_RO", "FCALL", "FCALL_RO"))
_COUNTERS = {
    "operations_per_s": "total_commands_processed",
    "network_in_bytes_per_s": "total_net_input_bytes",
    "network_out_bytes_per_s": "total_net_output_bytes",
    "replication_bytes_per_s": "master_repl_offset",
    "evictions_per_s": "evicted_keys",
    "expirations_per_s": "expired_keys",
}
_CPU = ("used_cpu_user_main_thread", "used_cpu_sys_main_thread")
_CLASSES = ("reads_per_s", "writes_per_s", "scripts_per_s")


def is_info(text: str) -> bool:
    """Whether a text is an output of INFO, or a good part of one."""
    return len(_TELLING.findall(text)) >= 2


@dataclass(frozen=True, slots=True)
class Info:
    """One output: its fields as text."""

    source: str
    fields: Mapping[str, str]

    def number(self, name: str) -> float | None:
        """A field as a number; None when it is not there. Raises InputError when it is no number."""
        text = self.fields.get(name)
        return None if text is None else self._parsed(name, text)

    def parts(self, name: str) -> dict[str, float]:
        """The numbers of a field such as `keys=5,expires=0`."""
        found = {}
        for part in self.fields[name].split(","):
            key, _, text = part.partition("=")
            if key in ("keys", "expires", "avg_ttl", "calls"):
                found[key] = self._parsed(name, text)
        return found

    def calls(self) -> dict[str, float]:
        """Calls since the start, by canonical command name."""
        found: dict[str, float] = {}
        for name in self.fields:
            if name.startswith("cmdstat_"):
                command = name.removeprefix("cmdstat_").replace("|", " ").upper()
                found[command] = found.get(command, 0) + self.parts(name).get("calls", 0)
        return found

    def _parsed(self, name: str, text: str) -> float:
        if not _NUMBER.fullmatch(text):
            shown = "".join(char if char.isprintable() else "?" for char in text[:40])
            raise InputError(f"“{shown}” is no number.", source=f"{self.source}, {name}", expected="a number.")
        return float(text)


def parse(text: str, source: str) -> list[Info]:
    """The outputs in a text, which may hold several one after another. Raises InputError when there is none."""
    found: list[dict[str, str]] = [{}]
    for line in text.splitlines():
        match = _LINE.fullmatch(line.strip())
        if match is None:
            continue
        if match[1] in found[-1]:
            if match[1] not in ("redis_version", "used_memory"):  # a repeat inside one output
                continue
            found.append({})
        found[-1][match[1]] = match[2].strip()
    infos = [Info(source, fields) for fields in found if len(fields) > 1]
    if not infos:
        raise InputError("there is no INFO in it.", source=source, expected=EXPECTED)
    return infos


def shape_of(infos: list[Info], *, seconds_between: float | None = None) -> WorkloadShape:
    """The shape told by one output or two. Raises InputError naming file and field."""
    if len(infos) > 2:
        raise InputError(
            f"{len(infos)} outputs of INFO.",
            source=infos[2].source,
            expected="two of one server with some time between them.",
        )
    infos = sorted(infos, key=lambda info: info.number("uptime_in_seconds") or 0) if _same_run(infos) else infos
    last, first = infos[-1], infos[0] if len(infos) == 2 else None
    span_s, tag = _span(first, last, seconds_between)
    figures = _rates(first, last, span_s) | _levels(last)
    known = {name: value for name, value in figures.items() if value is not None}
    tags: dict[str, Tag] = {**dict.fromkeys(known, RECORDED), "span_s": tag}
    return WorkloadShape(
        "info",
        ", ".join(dict.fromkeys(info.source for info in infos)),
        span_s=span_s,
        tags=tags,
        notes=_notes(first, last, span_s),
        **known,
    )


def _same_run(infos: list[Info]) -> bool:
    runs = {info.fields.get("run_id") for info in infos}
    return len(infos) == 2 and len(runs) == 1 and None not in runs


def _span(first: Info | None, last: Info, given_s: float | None) -> tuple[float, Tag]:
    """Seconds the counters cover. Raises InputError when that cannot be told."""
    up = last.number("uptime_in_seconds")
    if first is None:
        if not up:
            raise _no_time(last, "has just started or does not tell its uptime")
        return up, RECORDED
    _check_same_server(first, last)
    before = first.number("uptime_in_seconds")
    if given_s is not None:
        return given_s, TYPED
    clocks = first.number("server_time_usec"), last.number("server_time_usec")
    if clocks[0] is not None and clocks[1] is not None and clocks[1] > clocks[0]:
        return (clocks[1] - clocks[0]) / 1e6, RECORDED
    if before is None or up is None or up <= before:
        raise _no_time(last, "was taken at the same second as the other, or its uptime is missing")
    return up - before, RECORDED


def _check_same_server(first: Info, last: Info) -> None:
    runs = first.fields.get("run_id"), last.fields.get("run_id")
    ups = first.number("uptime_in_seconds"), last.number("uptime_in_seconds")
    went_back = ups[0] is not None and ups[1] is not None and ups[1] < ups[0]
    if None not in runs and runs[0] != runs[1]:
        raise _restarted(last, "run_id", "is another than in the first output")
    if went_back:
        raise _restarted(last, "uptime_in_seconds", "went back")


def _restarted(info: Info, name: str, what: str) -> InputError:
    return InputError(
        f"it {what}: the server was restarted between the two outputs, or they are of two servers.",
        source=f"{info.source}, {name}",
        expected="two outputs of one server without a restart between them.",
        remedy="Give the later output alone, or take two new ones.",
    )


def _no_time(info: Info, why: str) -> InputError:
    return InputError(
        f"it {why}, so no rate can be told.",
        source=f"{info.source}, uptime_in_seconds",
        expected="outputs at least a second apart.",
        remedy="Say the seconds between the two outputs, or take the second one later.",
    )


def _rates(first: Info | None, last: Info, span_s: float) -> dict[str, Any]:
    figures: dict[str, Any] = {name: _rate(first, last, field, span_s) for name, field in _COUNTERS.items()}
    hits, misses = (_rate(first, last, name, span_s) for name in ("keyspace_hits", "keyspace_misses"))
    if hits is not None and misses is not None and hits + misses > 0:
        figures["hit_rate"] = hits / (hits + misses)
    cpu = [_rate(first, last, name, span_s) for name in _CPU]
    if None not in cpu:
        figures["engine_cpu_share"] = sum(part for part in cpu if part is not None)
    if not last.number("connected_slaves") and not figures["replication_bytes_per_s"]:
        figures["replication_bytes_per_s"] = None  # the offset does not move when nothing replicates
    calls = _calls(first, last, span_s)
    if calls:
        figures |= {"commands": calls, **_classes(calls)}
    return figures


def _rate(first: Info | None, last: Info, name: str, span_s: float) -> float | None:
    after = last.number(name)
    before = first.number(name) if first else 0.0
    if after is None or before is None:
        return None
    if after < before:
        raise _decreased(last, name)
    return (after - before) / span_s


def _decreased(info: Info, name: str) -> InputError:
    return InputError(
        "the counter is lower in the second output.",
        source=f"{info.source}, {name}",
        expected="counters that only grow.",
        remedy="CONFIG RESETSTAT or a restart between the outputs spoils them; take two new ones.",
    )


def _calls(first: Info | None, last: Info, span_s: float) -> dict[str, float]:
    before = first.calls() if first else {}
    found = {}
    for name, count in last.calls().items():
        new = count - before.get(name, 0)
        if new < 0:
            raise _decreased(last, f"cmdstat_{name.lower().replace(' ', '|')}")
        if new:
            found[name] = new / span_s
    return dict(sorted(found.items(), key=lambda one: -one[1]))


def _classes(calls: Mapping[str, float]) -> dict[str, float]:
    """Reads and writes as a profile counts them: commands the engine flags so; scripts apart."""
    sums = dict.fromkeys(_CLASSES, 0.0)
    for name, rate in calls.items():
        command = commands.find(name)
        if name in _SCRIPTS:
            sums["scripts_per_s"] += rate
        elif command is not None and command.write:
            sums["writes_per_s"] += rate
        elif command is not None and command.readonly and command.key_specs:
            sums["reads_per_s"] += rate
    return sums


def _levels(info: Info) -> dict[str, Any]:
    keys, expires, left = _keyspace(info)
    used, startup = info.number("used_memory"), info.number("used_memory_startup")
    data = info.number("used_memory_dataset")
    clients = info.number("connected_clients")
    memory = {name: int(value) for name in _MEMORY if (value := info.number(name)) is not None}
    return {
        "engine": "valkey" if "valkey_version" in info.fields else "redis" if "redis_version" in info.fields else None,
        "engine_version": (info.fields.get("valkey_version") or info.fields.get("redis_version") or "")[:40] or None,
        "keys": keys,
        "bytes_used": None if used is None else int(used - (startup or 0)) if used >= (startup or 0) else int(used),
        "item_bytes": data / keys if keys and data is not None else None,
        "ttl_share": min(1.0, expires / keys) if keys else None,
        "ttl_mean_ms": left,
        "clients": None if clients is None else int(clients),
        "memory_fields": memory or None,
    }


_MEMORY = (
    "used_memory",
    "used_memory_rss",
    "used_memory_peak",
    "used_memory_overhead",
    "used_memory_startup",
    "used_memory_dataset",
    "maxmemory",
)


def _keyspace(info: Info) -> tuple[int | None, int, float | None]:
    """Keys, keys with a time to live, and the mean of what is left of those, over all databases."""
    databases = [info.parts(name) for name in info.fields if _DATABASE.fullmatch(name)]
    if not databases:
        return _none_left(info), 0, None
    keys = int(sum(one.get("keys", 0) for one in databases))
    expires = int(sum(one.get("expires", 0) for one in databases))
    left = sum(one.get("avg_ttl", 0) * one.get("expires", 0) for one in databases)
    return keys, expires, left / expires if expires and left else None


def _none_left(info: Info) -> int | None:
    """INFO leaves out empty databases: without any the keyspace is empty, if the section was asked for at all."""
    return 0 if "keyspace_hits" in info.fields and "cluster_enabled" in info.fields else None


def _notes(first: Info | None, last: Info, span_s: float) -> tuple[str, ...]:
    notes = []
    if first is None:
        notes.append(
            f"One INFO: rates are means since the server started {span_s:,.0f} s ago; two outputs tell those of now."
        )
    if not any(name.startswith("cmdstat_") for name in last.fields):
        notes.append("INFO ALL would tell the calls of each command; without them reads and writes are not known.")
    if last.fields.get("cluster_enabled") == "1":
        notes.append("The server is one node of a cluster; its figures are not those of the whole cluster.")
    if last.fields.get("role") == "slave":
        notes.append("The server is a replica: it shows the writes it was sent, not all of the clients' reads.")
    notes.append("INFO tells no peaks, no sizes of single keys and no key names.")
    return tuple(notes)
