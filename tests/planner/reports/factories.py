"""A whole estimate document with plausible, hand-written figures, for tests that print one."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from engine.measurement import (
    AllocatorCorrection,
    Calibration,
    Cpu,
    DataWritten,
    EngineIdentity,
    FamilyMemory,
    Latency,
    Measurement,
    Memory,
    Network,
    Operations,
    Quantiles,
    Series,
    ShardDataWritten,
    ShardMemory,
    SlotLoad,
    Snapshot,
    Topology,
    Validity,
)
from engine.traces.model import TraceHeader
from planner.reports.document import CommandCount, EstimateDocument, FamilyCount, ProfileSummary
from planner.sizing.bill import database_bill
from planner.sizing.model.answers import Answers
from planner.sizing.model.bills import CostLine, Durability, Range
from planner.sizing.model.clusters import Plan
from planner.sizing.model.figures import Assumption
from planner.sizing.model.needs import HitPoint, ItemLoad, Needs
from planner.sizing.model.result import (
    DesignEstimate,
    EstimateResult,
    GrowthPoint,
    PriceListUse,
    Recommendation,
    Sensitivity,
)

SHA = "5d41402abc4b2a76b9719d911017c592ae2f4b6ef6b2f0cbb2f0cbb7a7c0ffee"
CREATED = datetime(2026, 3, 14, 15, 9, 26, tzinfo=UTC)
FAMILIES = {
    "cart:{id}": 4_812_340,
    "session:{hex}": 3_204_118,
    "product:{id}:stock": 702_112,
    "rate:{ip}:{id}": 512_884,
    "leaderboard:{date}": 98_304,
}

CACHED = "elasticache-valkey+dynamodb-on-demand"


def make_document(**overrides: Any) -> EstimateDocument:
    """A document in which every part has something to say; any field can be replaced."""
    fields: dict[str, Any] = {
        "name": "Shop, Black Friday rehearsal",
        "created": CREATED,
        "result": make_result(),
        "header": make_header(),
        "profile": make_profile(),
        "measurement": make_measurement(),
        "version": "0.1.0",
    }
    return EstimateDocument(**{**fields, **overrides})


def make_header(**overrides: Any) -> TraceHeader:
    """The header of a MONITOR recording."""
    header = TraceHeader(
        format="monitor",
        source_name="ecommerce.monitor.txt.gz",
        source_sha256=SHA,
        source_bytes=2_400_123,
        operations=60_412,
        connections=24,
        duration_us=60_000_000,
        clock_resolution_us=1,
        first_wall_clock_us=1_767_000_000_000_000,
        engine_version=None,
        skipped={"AUTH with redacted arguments": 24},
        notes=("MONITOR does not record replies; sizes of values that were only read are assumed.",),
    )
    return dataclasses.replace(header, **overrides)


def make_profile(**overrides: Any) -> ProfileSummary:
    """What is in that recording."""
    commands = {"HGETALL": 18_220, "GET": 15_904, "SET": 9_811, "HSET": 8_450, "EVAL": 4_310, "ZADD": 3_717}
    profile = ProfileSummary(
        operations=60_412,
        duration_s=60.0,
        clients=24,
        keys=11_406,
        reads=34_124,
        writes=26_288,
        mean_ops_per_s=1006.9,
        peak_ops_per_s=1421.0,
        commands=tuple(CommandCount(name, calls) for name, calls in commands.items()),
        families=tuple(FamilyCount(name, 100 + size // 900, size // 300, size) for name, size in FAMILIES.items()),
    )
    return dataclasses.replace(profile, **overrides)


def quantiles(scale: float, count: int) -> Quantiles:
    """A long-tailed distribution around `scale` µs."""
    return Quantiles(
        p50=scale, p90=scale * 1.9, p99=scale * 4.2, p99_9=scale * 11, p99_99=scale * 28, max=scale * 41, count=count
    )


def make_measurement(**overrides: Any) -> Measurement:
    """Three shards of one replica each; data written adds up to the offset growth."""
    latency = {
        name: Latency(response=quantiles(response, count), service=quantiles(response * 0.8, count))
        for name, response, count in (("all", 182.0, 60_412), ("read", 171.0, 34_124), ("write", 196.0, 26_288))
    }
    measurement = Measurement(
        engine=EngineIdentity("valkey", "9.1.2", "libc"),
        topology=Topology(shards=3, replicas=1),
        mode="cache",
        speed=1.0,
        operations=Operations(
            recorded=60_412,
            sent=60_412,
            ok=60_398,
            errors={"WRONGTYPE": 14},
            not_replayed={"SUBSCRIBE: subscriptions are not replayed": 3},
            late=112,
            dropped=0,
            redirected=0,
        ),
        valid_for_latency=Validity(True, ""),
        latency_us=latency,
        memory=make_memory(),
        data_written=make_data_written(),
        cpu=Cpu(
            us_per_op={"all": 6.1, "read": 5.2, "write": 7.3},
            calibration_us_per_op=5.0,
            calibration=Calibration(get_us=4.6, set_us=5.4, overhead_us=4.1, operations=200_000),
            main_thread_us_per_op=19.4,
        ),
        network=Network(bytes_in=9_120_332, bytes_out=14_882_019),
        snapshot=Snapshot(bytes=7_340_032, seconds=0.084, taken_on="replica"),
        duration_s=60.2,
        trace_sha256=SHA,
        trace_format="monitor",
        operations_by_class={"read": 34_124, "write": 26_288},
        slot_load=SlotLoad(hottest_slot_share=0.034, hottest_key_share=0.021, hottest_slot=5474),
        series=Series(
            operations=tuple(900 + 37 * (second % 15) for second in range(60)),
            response_p50_us=tuple(180.0 + second % 7 for second in range(60)),
            response_p99_us=tuple(None if second == 31 else 700.0 + 40 * (second % 9) for second in range(60)),
            used_bytes=tuple(6_000_000 + 150_000 * second for second in range(60)),
        ),
        assumptions=("Values that were read before they were written were created with 100 bytes.",),
    )
    return dataclasses.replace(measurement, **overrides)


def make_memory() -> Memory:
    """16.5 MB over three primaries."""
    shards = tuple(
        ShardMemory(
            shard=index,
            used_bytes=5_500_000 + 70_000 * index,
            dataset_bytes=3_400_000 + 70_000 * index,
            overhead_bytes=2_100_000,
            rss_bytes=9_800_000,
            peak_bytes=6_000_000,
            keyspace_bytes=3_120_000 + 70_000 * index,
            keys=3_800 + index,
            bytes_per_key=821.05,
        )
        for index in range(3)
    )
    return Memory(
        used_bytes=sum(shard.used_bytes for shard in shards),
        dataset_bytes=sum(shard.dataset_bytes for shard in shards),
        overhead_bytes=sum(shard.overhead_bytes for shard in shards),
        rss_bytes=sum(shard.rss_bytes for shard in shards),
        peak_bytes=sum(shard.peak_bytes for shard in shards),
        keyspace_bytes=sum(shard.keyspace_bytes for shard in shards),
        keys=sum(shard.keys for shard in shards),
        bytes_per_key=839.2,
        shards=shards,
        families=tuple(FamilyMemory(name, 100 + size // 900, size, 200) for name, size in FAMILIES.items()),
        allocator_correction=AllocatorCorrection(0.96, 0.93, 1.0, "assumed", "size classes of libc and jemalloc"),
    )


def make_data_written() -> DataWritten:
    """5,400,000 bytes of workload and 1,110 of protocol."""
    shards = tuple(ShardDataWritten(index, 1_800_000, 370, 1_800_370) for index in range(3))
    return DataWritten(
        bytes=5_400_000,
        protocol_bytes=1_110,
        offset_growth_bytes=5_401_110,
        commands=26_310,
        bytes_per_s_mean=90_000.0,
        bytes_per_s_peak=131_072.0,
        by_command={"HSET": 2_600_000, "SET": 1_900_000, "ZADD": 500_000, "INCRBY": 300_000, "DEL": 100_000},
        by_family={"cart:{id}": 2_700_000, "session:{hex}": 1_800_000, "rate:{ip}:{id}": 900_000},
        protocol_by_command={"PING": 999, "SELECT": 111},
        per_second=tuple(80_000 + 3_404 * (second % 16) for second in range(60)),
        shards=shards,
    )


def make_result(**overrides: Any) -> EstimateResult:
    """Three designs, the first recommended."""
    result = EstimateResult(
        answers=Answers(growth_per_month=0.05),
        needs=make_needs(),
        designs=(
            make_design("memorydb-valkey", "MemoryDB for Valkey", "315.798", "0.00"),
            make_design("memorydb-redis", "MemoryDB for Redis OSS", "451.14", "46.6560001"),
            make_cached_design(),
        ),
        recommended=Recommendation(
            "memorydb-valkey",
            "MemoryDB for Valkey costs the least of the designs that lose no acknowledged write.",
        ),
        growth=tuple(make_growth_point(month) for month in range(13)),
        sensitivity=(
            Sensitivity("Peak rate", Decimal("315.798"), Decimal("631.596")),
            Sensitivity("Growth per month", Decimal("290.11"), Decimal("402.5")),
            Sensitivity("Memory of a key", Decimal("315.798"), Decimal("315.798")),
        ),
        assumptions=(
            Assumption("Month", "730 hours", "published", "vendor calculators"),
            Assumption("Memory kept free", "20 %", "assumed", "answer"),
            Assumption("Memory of the keyspace", "9.57 MB", "measured", "replay on valkey 9.1.2"),
            Assumption("Peak rate", "1,421 operations/s", "recorded", "recording"),
        ),
        price_lists=(
            PriceListUse("memorydb_prices.csv", "3f9a2c1b77e0", "2024-10-01", "2026-02-18"),
            PriceListUse("dynamodb_prices.csv", "0be1d9a0c4f2", "2025-11-02", "2026-01-30"),
        ),
        database_bills={CACHED: database_bills(make_needs())},
    )
    return dataclasses.replace(result, **overrides)


def database_bills(needs: Needs) -> tuple[Decimal | None, ...]:
    """The table's bill at each point of the hit-rate curve."""
    return tuple(database_bill(CACHED, needs, Answers(), point.hit_rate) for point in needs.hit_curve)


def make_needs() -> Needs:
    """What the real workload needs."""
    return Needs(
        memory_bytes=9_570_000,
        memory_low_bytes=8_900_000,
        memory_high_bytes=10_400_000,
        keys=11_406,
        peak_reads_per_s=568.7,
        peak_writes_per_s=438.1,
        average_reads_per_s=284.4,
        average_writes_per_s=219.1,
        cpu_read_ratio=1.04,
        cpu_write_ratio=1.46,
        bytes_in_per_s_peak=151_501.0,
        bytes_out_per_s_peak=247_209.0,
        replicated_bytes_per_s_peak=131_072.0,
        replicated_bytes_per_s_average=45_000.0,
        snapshot_bytes=7_340_032,
        hottest_slot_share=0.034,
        hottest_key_share=0.021,
        items=ItemLoad(219.1, 284.4, Decimal("1.02"), Decimal(1), 11_406, 684),
        hit_curve=tuple(
            HitPoint(int(9_570_000 * part / 10), part / 10, round(0.93 * (1 - 0.6**part), 6)) for part in range(1, 11)
        ),
    )


def make_line(name: str, quantity: str, unit: str, price: str | None) -> CostLine:
    """A cost line whose amount is the exact product."""
    unit_price = None if price is None else Decimal(price)
    amount = None if unit_price is None else Decimal(quantity) * unit_price
    return CostLine(
        name=name,
        quantity=Decimal(quantity),
        unit=unit,
        unit_price=unit_price,
        amount=amount,
        source="vendor price list, us-east-1",
        as_of="2026-02-18",
        provenance="read" if price else "missing",
        derivation="",
    )


def make_design(identifier: str, title: str, nodes_usd: str, written_usd: str) -> DesignEstimate:
    """A design of two nodes; `nodes_usd` is the bill of the nodes."""
    written = Decimal(written_usd)
    lines = (
        make_line("Node hours", "1460", "node-hour", format(Decimal(nodes_usd) / 1460, "f")),
        make_line("Data written", format(written / Decimal("0.2"), "f"), "GB", "0.2"),
        make_line("Snapshot storage (free)", "0.007", "GB-month", "0"),
    )
    likely = sum((line.amount or Decimal(0) for line in lines), Decimal(0))
    return DesignEstimate(
        id=identifier,
        title=title,
        plan=Plan(
            node_type="db.r7g.large",
            shards=1,
            replicas=1,
            binding="memory",
            utilisation={"memory": 0.41, "cpu": 0.02, "network": 0.01, "replication": 0.002, "hottest slot": 0.01},
            limits={"memory": "14037181030 bytes"},
        ),
        monthly_usd=Range(likely * Decimal("0.94"), likely, likely * Decimal("1.12")),
        lines=lines,
        durability=Durability(
            acknowledged_after="commit to the multi-AZ log",
            loss_window="none",
            failover_s="a few seconds",
            consistency="linearizable on the primary",
            source="MemoryDB paper, SIGMOD 2024",
        ),
        read_latency_us={"p50": "<1000", "p99": "<2000", "tag": "published"},
        write_latency_us={"p50": "3000", "p99": "<=6000", "tag": "published"},
        flags=("Two nodes are the least that survive the loss of one.",),
        missing=(),
    )


def make_cached_design() -> DesignEstimate:
    """A cache in front of DynamoDB."""
    cache = make_design("x", "x", "255.792", "0")
    lines = (
        make_line("Node hours", "1460", "node-hour", "0.1752"),
        make_line("Write request units", "587.3", "million", "0.625"),
        make_line("Read request units", "26.2", "million", "0.125"),
        make_line("Storage", "0.0078", "GB-month", "0.25"),
        make_line("Stream read units", "2.5", "million", None),
    )
    likely = sum((line.amount or Decimal(0) for line in lines), Decimal(0))
    return dataclasses.replace(
        cache,
        id="elasticache-valkey+dynamodb-on-demand",
        title="ElastiCache for Valkey + DynamoDB on demand",
        lines=lines,
        monthly_usd=Range(likely * Decimal("0.8"), likely, likely * Decimal("1.3")),
        missing=("Stream read units",),
        flags=("Cache and database can disagree after a failed write.",),
    )


def make_growth_point(month: int) -> GrowthPoint:
    """5 % a month; the second design no longer fits in the last month."""
    factor = Decimal("1.05") ** month
    return GrowthPoint(
        month,
        {
            "memorydb-valkey": Decimal("315.798") * (1 if month < 8 else 2),
            "memorydb-redis": None if month == 12 else Decimal("497.80") * (1 if month < 8 else 2),
            "elasticache-valkey+dynamodb-on-demand": Decimal("255.792") + Decimal("370.34") * factor,
        },
    )
