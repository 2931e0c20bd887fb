"""What the charts of a measurement say: latency, throughput, memory, data written."""

from __future__ import annotations

from collections.abc import Sequence

from engine.external_measurement import Timed
from engine.measurement import Measurement, Quantiles
from planner.reports.facts import BLUE, GREY, TABLE_ROWS, VERMILLION, Facts, Ranked, coarse, top_and_rest
from planner.reports.wording import count, counted, latency, rate, share, size

CLASS_COLOURS = {"all": GREY, "read": BLUE, "write": VERMILLION}
QUANTILES = (
    ("p50", "p50"),
    ("p90", "p90"),
    ("p99", "p99"),
    ("p99_9", "p99.9"),
    ("p99_99", "p99.99"),
    ("max", "max"),
)
SHORTEST = 2  # seconds that make a curve
TOO_SHORT = "The replay was too short for a curve, which takes at least two seconds with answers."
REPLICATION_CAP_BYTES_PER_S = 100_000_000  # per shard; MemoryDB and durable ElastiCache, vendor documentation


def quantile_values(quantiles: Quantiles) -> tuple[float, ...]:
    """The values of `QUANTILES`, in µs."""
    return tuple(getattr(quantiles, name) for name, _ in QUANTILES)


def latency_classes(measurement: Timed) -> tuple[str, ...]:
    """Of all, read and write those that had operations."""
    known = measurement.latency_us
    return tuple(name for name in CLASS_COLOURS if name in known and known[name].response.count)


def latency_facts(measurement: Timed) -> Facts:
    """Response and service time per class at each quantile."""
    title = "Latency by class"
    classes = latency_classes(measurement)
    if not classes:
        return Facts(title, "No operation was answered, so there is no latency to show.")
    rows = tuple(
        (f"{name}, {kind}", *(latency(value) for value in quantile_values(getattr(measurement.latency_us[name], kind))))
        for name in classes
        for kind in ("response", "service")
    )
    response = measurement.latency_us[classes[0]].response
    summary = (
        f"Half of {count(response.count)} operations were answered within {latency(response.p50)} of the time they "
        f"were due, 99 % within {latency(response.p99)}.{doubt(measurement)}"
    )
    return Facts(title, summary, ("Class", *(label for _, label in QUANTILES)), rows)


def doubt(measurement: Timed) -> str:
    """Sentences, after a space, when the run is not valid for latency or was measured elsewhere; else nothing. What to change
    stands once on each page, so only the first sentence of the reason is here."""
    valid = measurement.valid_for_latency
    there = measurement.latency_from if isinstance(measurement, Measurement) else None
    where = f" Measured on {there.target}." if there else ""
    return where if valid.ok else f"{where} Not valid for latency: {valid.reason.partition('. ')[0].rstrip('.')}."


def latency_over_time_facts(measurement: Timed) -> Facts:
    """Median and 99th percentile of response time, second by second."""
    series = measurement.series
    title = "Latency over time"
    known = [us for us in series.response_p99_us if us is not None]
    if len(known) < SHORTEST:
        return Facts(title, TOO_SHORT)
    medians, tails = coarse(series.response_p50_us, TABLE_ROWS), coarse(series.response_p99_us, TABLE_ROWS)
    points = zip(medians.labels, medians.values, tails.values, strict=True)
    rows = tuple((label, latency(p50), latency(p99)) for label, p50, p99 in points)
    summary = f"The 99th percentile of response time was {latency(max(known))} in the worst second.{doubt(measurement)}"
    return Facts(title, summary, ("Second", "p50", "p99"), rows)


def throughput_facts(measurement: Timed) -> Facts:
    """Operations answered, second by second."""
    operations = measurement.series.operations
    title = "Throughput over time"
    if len(operations) < SHORTEST:
        return Facts(title, TOO_SHORT)
    summary = f"Mean {rate(sum(operations) / len(operations))}, peak {rate(max(operations))}."
    return Facts(title, summary, ("Second", "Operations"), _series_rows(operations))


def _series_rows(values: Sequence[float]) -> tuple[tuple[str, ...], ...]:
    steps = coarse(values, TABLE_ROWS)
    return tuple((label, count(number)) for label, number in zip(steps.labels, steps.values, strict=True))


def memory_by_shard_facts(measurement: Measurement) -> Facts:
    """Dataset and overhead per shard."""
    memory = measurement.memory
    rows = tuple(
        (str(item.shard), size(item.dataset_bytes), size(item.overhead_bytes), size(item.used_bytes), count(item.keys))
        for item in memory.shards
    )
    shards = counted(len(rows), "shard")
    summary = f"{size(memory.used_bytes)} in use for {count(memory.keys)} keys over {shards}."
    return Facts("Memory by shard", summary, ("Shard", "Dataset", "Overhead", "Used", "Keys"), rows)


def memory_families(measurement: Measurement) -> Ranked:
    """Bytes by key family, largest first, the tail as `other families`."""
    return top_and_rest({item.pattern: item.bytes for item in measurement.memory.families}, "other families")


def memory_by_family_facts(measurement: Measurement) -> Facts:
    """Bytes per key family, from sampled keys."""
    title = "Memory by key family"
    families = memory_families(measurement)
    if not families:
        return Facts(title, "No keys were left after the replay, so no family holds memory.")
    total = sum(number for _, number in families)
    keys = {item.pattern: item.keys for item in measurement.memory.families}
    rows = tuple((name, size(number), share(number / total), count(keys.get(name))) for name, number in families)
    name, most = families[0]
    summary = f"{name} holds the most: {size(most)}, {share(most / total)} of the memory of keys."
    return Facts(title, summary, ("Family", "Memory", "Share", "Keys"), rows)


def written_by(measurement: Measurement) -> tuple[tuple[str, Ranked], ...]:
    """Workload bytes of the replication streams by command, then by family, largest first."""
    written = measurement.data_written
    return (
        ("By command", top_and_rest(written.by_command, "other commands")),
        ("By key family", top_and_rest(written.by_family, "other families")),
    )


def data_written_facts(measurement: Measurement) -> Facts:
    """Where the data written comes from."""
    title = "Data written by command and key family"
    written = measurement.data_written
    if not written.bytes:
        return Facts(title, "The recording changed nothing: no data was written.")
    rows = tuple(
        (group, name, size(number), share(number / written.bytes))
        for group, items in written_by(measurement)
        for name, number in items
    )
    summary = (
        f"{count(written.bytes)} bytes of workload in the replication streams. With {count(written.protocol_bytes)} "
        f"bytes of protocol they make {count(written.offset_growth_bytes)}, the growth of the replication offset."
    )
    return Facts(title, summary, ("Split", "Name", "Data written", "Share"), rows)


def cap_in_sight(measurement: Measurement) -> float | None:
    """The write limit of all shards, bytes a second, when the peak reaches a twentieth of it; else None."""
    cap = float(REPLICATION_CAP_BYTES_PER_S * measurement.topology.shards)
    return cap if measurement.data_written.bytes_per_s_peak >= cap / 20 else None


def data_written_rate_facts(measurement: Measurement) -> Facts:
    """Workload bytes per second of replay against the limit per shard."""
    title = "Data written per second"
    written = measurement.data_written
    if not written.bytes:
        return Facts(title, "The recording changed nothing: no data was written.")
    if len(written.per_second) < SHORTEST:
        return Facts(title, TOO_SHORT)
    shards = measurement.topology.shards
    used = written.bytes_per_s_peak / (REPLICATION_CAP_BYTES_PER_S * shards)
    summary = (
        f"Peak {size(written.bytes_per_s_peak)}/s, mean {size(written.bytes_per_s_mean)}/s. The peak is "
        f"{share(used)} of the limit of 100 MB/s for each of the measured shards."
    )
    return Facts(title, summary, ("Second", "Bytes"), _series_rows(written.per_second))
