"""What people can bring, how they make it, and what it can and cannot tell. Words only; reading knows the formats itself."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FormatRow:
    """One kind of input, for people. `make`: how to get one. `tells`, `lacks`: in a sentence each."""

    name: str
    looks: str
    make: str
    tells: str
    lacks: str


FORMATS = (
    FormatRow(
        "MONITOR", "text",
        "redis-cli -h HOST MONITOR > recording.txt",
        "Every command with its arguments, its client and its time to the microsecond. Files of several nodes, chosen "
        "together, are merged by time into one recording of the cluster.",
        "Replies are not in it, so the size of what was read is worked out. MONITOR costs the server throughput.",
    ),
    FormatRow(
        "Append-only file (AOF)", ".aof, or the folder as zip or tar",
        "appendonly.aof, or the folder appendonlydir packed with its manifest",
        "Every write exactly, with its values; with aof-timestamp-enabled also when. The keys that a base file starts from.",
        "Reads and clients are not in it: what it tells of rates and hit rates holds for writes only. Without times, say "
        "how long it took.",
    ),
    FormatRow(
        "Snapshot (RDB)", ".rdb",
        "redis-cli -h HOST --rdb dump.rdb",
        "Every key at one moment with type, encoding, size and time to live; it is what a replay starts from.",
        "There is no traffic in it: no rates, no reads, no writes.",
    ),
    FormatRow(
        "Network capture", ".pcap, .pcapng",
        "tcpdump -i any -w traffic.pcap port 6379",
        "Commands and their replies, so the size of what was read is recorded; clients and times to the microsecond.",
        "Encrypted connections cannot be read. What the capture lost is noticed and counted, not restored.",
    ),
    FormatRow(
        "Cache trace", ".csv, .zst, .oracleGeneral",
        "Twitter cache-trace, CacheLib kvcache, libCacheSim oracleGeneral, or the CSV that Valkey's MONITOR may print",
        "Times, keys, sizes and operations of a cache, from public collections or in-house ones.",
        "Values and data types are not in it: values of the recorded size are made up at the replay.",
    ),
    FormatRow(
        "Command list", "text",
        "one command a line, quoted as redis-cli does: SET cart:17 \"two words\"",
        "Commands and their order.",
        "There are no times and no clients in it: say how long it took.",
    ),
    FormatRow(
        "Figures (CloudWatch, INFO)", ".json, .txt",
        "aws cloudwatch get-metric-data … > metrics.json, or redis-cli INFO twice with some minutes between",
        "Rates, memory, keys and hit rate over days or months.",
        "There are no commands in it, so nothing can be replayed as it is: a workload that matches the figures is generated.",
    ),
)  # fmt: skip
