"""The CloudWatch metrics of MemoryDB and ElastiCache that describe a workload, and what each of them says.

Names, units and meaning as in the vendor's lists of metrics for both services. A counter's datapoint is the sum over its
period; a gauge's is a level.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

HITS, MISSES, VOLATILE = "(hits)", "(misses)", "(volatile keys)"  # figures others are made of


@dataclass(frozen=True, slots=True)
class Metric:
    """`mean` and `peak`: fields of WorkloadShape (None: shown over time only). `share`: recorded in percent."""

    name: str
    mean: str | None
    peak: str | None = None
    counter: bool = False
    share: bool = False
    kind: str | None = None  # of data, for counts of commands by kind


def _counter(name: str, field: str | None) -> Metric:
    peak = {
        "reads_per_s": "reads_peak_per_s",
        "writes_per_s": "writes_peak_per_s",
        "scripts_per_s": "scripts_peak_per_s",
        "operations_per_s": "operations_peak_per_s",
        "network_in_bytes_per_s": "network_in_peak_bytes_per_s",
        "network_out_bytes_per_s": "network_out_peak_bytes_per_s",
        "replication_bytes_per_s": "replication_peak_bytes_per_s",
    }
    return Metric(name, field, peak.get(field or ""), counter=True)


_KINDS = {
    "StringBasedCmds": "string",
    "HashBasedCmds": "hash",
    "ListBasedCmds": "list",
    "SetBasedCmds": "set",
    "SortedSetBasedCmds": "zset",
    "StreamBasedCmds": "stream",
    "GeoSpatialBasedCmds": "geo",
    "HyperLogLogBasedCmds": "hyperloglog",
    "BitmapBasedCmds": "bitmap",
    "JsonBasedCmds": "json",
    "KeyBasedCmds": "key",
    "PubSubBasedCmds": "pubsub",
    "ClusterBasedCmds": "cluster",
    "NonKeyTypeCmds": "no key",
}
_LISTED = (
    _counter("GetTypeCmds", "reads_per_s"),
    _counter("SetTypeCmds", "writes_per_s"),
    _counter("EvalBasedCmds", "scripts_per_s"),
    _counter("TotalCmdsCount", "operations_per_s"),
    _counter("NetworkBytesIn", "network_in_bytes_per_s"),
    _counter("NetworkBytesOut", "network_out_bytes_per_s"),
    _counter("ReplicationBytes", "replication_bytes_per_s"),
    _counter("Evictions", "evictions_per_s"),
    _counter("Reclaimed", "expirations_per_s"),
    _counter("KeyspaceHits", HITS),
    _counter("CacheHits", HITS),
    _counter("KeyspaceMisses", MISSES),
    _counter("CacheMisses", MISSES),
    _counter("ElastiCacheProcessingUnits", "processing_units_per_s"),
    _counter("NetworkBandwidthInAllowanceExceeded", None),
    _counter("NetworkBandwidthOutAllowanceExceeded", None),
    _counter("NewConnections", None),
    Metric("CurrItems", "keys"),
    Metric("CurrVolatileItems", VOLATILE),
    Metric("BytesUsedForMemoryDB", "bytes_used", "bytes_used_peak"),
    Metric("BytesUsedForCache", "bytes_used", "bytes_used_peak"),
    Metric("CurrConnections", "clients"),
    Metric("MaxReplicationThroughput", None, "replication_peak_bytes_per_s"),
    Metric("EngineCPUUtilization", "engine_cpu_share", "engine_cpu_peak_share", share=True),
    Metric("CacheHitRate", "hit_rate", share=True),
    Metric("KeyspaceHitRate", "hit_rate", share=True),
    *(Metric(name, None, counter=True, kind=kind) for name, kind in _KINDS.items()),
)
METRICS = {metric.name: metric for metric in _LISTED}
STATISTICS = ("Sum", "Average", "Maximum", "Minimum", "SampleCount")

_PLAIN = {name.lower(): name for name in METRICS}
_ANY_METRIC = re.compile("|".join(sorted(_PLAIN, key=len, reverse=True)))
_STATISTIC = re.compile(r"(?<![a-z])(sum|average|avg|maximum|max|minimum|min|samplecount)(?![a-z])")
_SHORT = {"avg": "Average", "max": "Maximum", "min": "Minimum", "samplecount": "SampleCount"}
_FACTORS = {"": 1, "kilo": 10**3, "mega": 10**6, "giga": 10**9, "tera": 10**12}


def metric_in(text: str) -> Metric | None:
    """The metric a label or id names, whatever stands around it; `get_type_cmds` is taken as `GetTypeCmds`."""
    for plain in (text.lower(), re.sub(r"[^a-z]", "", text.lower())):
        found = _ANY_METRIC.search(plain)
        if found:
            return METRICS[_PLAIN[found[0]]]
    return None


def statistic_in(text: str, metric: Metric) -> str | None:
    """The statistic a label or id names beside its metric."""
    found = _STATISTIC.search(text.lower().replace(metric.name.lower(), " "))
    return _SHORT.get(found[1], found[1].capitalize()) if found else None


def factor(unit: str) -> float | None:
    """What a value in this unit is multiplied with to be in bytes or counts; None for a unit that is not known."""
    plain = unit.lower().removesuffix("/second")
    if plain in ("", "none", "count", "percent"):
        return 1
    for name, size in (("bytes", 1.0), ("bits", 0.125)):
        if plain.endswith(name) and plain.removesuffix(name) in _FACTORS:
            return size * _FACTORS[plain.removesuffix(name)]
    return None


def is_rate(unit: str) -> bool:
    """Whether the unit is already one of a second."""
    return unit.lower().endswith("/second")
