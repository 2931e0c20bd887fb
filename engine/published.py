"""Figures others have published about durable and non-durable engines, to stand beside ours: never mixed with them.

All from one table of the MemoryDB paper (SIGMOD 2024), which compares Redis with Amazon MemoryDB on the same nodes.
"""

from __future__ import annotations

from dataclasses import dataclass

SOURCE = "Amazon MemoryDB: A Fast and Durable Memory-First Cloud Database, SIGMOD 2024, doi 10.1145/3626246.3653380"
CONDITIONS = (
    "1000 connections, 100-byte values, client and server in one availability zone, no TLS, no pipelining, engine 7.0.7"
)
EXACTLY, BELOW, AT_MOST, ABOUT = "", "<", "≤", "~"


@dataclass(frozen=True, slots=True)
class Value:
    """A figure with how it was given: `relation` is EXACTLY, BELOW, AT_MOST or ABOUT."""

    amount: float
    relation: str = EXACTLY

    def __str__(self) -> str:
        return f"{self.relation}{self.amount:,g}"


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table. `unit` is `/s` or `ms`."""

    name: str
    unit: str
    redis: Value
    memorydb: Value


FIGURES = (
    Figure("reads, nodes below 2xlarge, at most", "/s", Value(200_000, AT_MOST), Value(200_000, AT_MOST)),
    Figure("reads, nodes from 2xlarge up, at most", "/s", Value(330_000), Value(500_000)),
    Figure("writes, at most", "/s", Value(300_000, ABOUT), Value(185_000)),
    Figure("read p50", "ms", Value(1, BELOW), Value(1, BELOW)),
    Figure("read p99", "ms", Value(2, BELOW), Value(2, BELOW)),
    Figure("write p50", "ms", Value(1, BELOW), Value(3)),
    Figure("write p99", "ms", Value(3, AT_MOST), Value(6, AT_MOST)),
    Figure("80 % reads, 20 % writes, p50", "ms", Value(1, BELOW), Value(1, BELOW)),
    Figure("80 % reads, 20 % writes, p99", "ms", Value(2, AT_MOST), Value(4, AT_MOST)),
)
