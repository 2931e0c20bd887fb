"""What a run was given and by whom: operations, load sources, the busiest slot, throughput, the commit of writes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from engine.measured.latency import Quantiles


@dataclass(frozen=True, slots=True)
class Operations:
    """What became of the trace's operations.

    `sent` reached a server; `ok` were answered without an error; `errors` counts replies by their first word;
    `not_replayed` counts operations left out, by reason; `late` were sent more than the stated threshold after they were
    due; `dropped` were never sent because nobody could serve them; `redirected` were answered MOVED or ASK and followed.
    `aborted_transactions` were answered nil because a watched key had changed, which is no error; `messages` were sent to
    subscribers; `tried_again` were sent again after TRYAGAIN. None: measured before this was counted.
    """

    recorded: int
    sent: int
    ok: int
    errors: Mapping[str, int]
    not_replayed: Mapping[str, int]
    late: int
    dropped: int
    redirected: int
    unanswered: int = 0
    aborted_transactions: int | None = None
    messages: int | None = None
    message_bytes: int | None = None
    tried_again: int | None = None


@dataclass(frozen=True, slots=True)
class LoadSource:
    """One of several player processes: what it sent. `clock_uncertainty_us`: how closely its clock was known (None:
    it shared our clock)."""

    name: str
    connections: int
    operations: int
    clock_uncertainty_us: float | None


@dataclass(frozen=True, slots=True)
class SlotLoad:
    """Share of operations of the busiest slot and the busiest key, 0..1 (None: no keyed operation)."""

    hottest_slot_share: float | None
    hottest_key_share: float | None
    hottest_slot: int | None


@dataclass(frozen=True, slots=True)
class Throughput:
    """What a closed loop reached: up to `depth` operations in flight on each of `connections`. `client_us_per_op` is the
    player's own CPU: where it is above the server's, the player may have been the limit."""

    operations_per_s: float
    depth: int
    connections: int
    client_us_per_op: float


@dataclass(frozen=True, slots=True)
class Commit:
    """How writes of a durable run were acknowledged: by a WAIT behind them that `wait_replicas` copies answered in time.

    `waits` were sent, each for the writes in flight on its connection: `writes_per_wait` on average (None: no write).
    `timed_out` writes were executed and not confirmed in time: they are not acknowledged. `aof_bytes` grew on the disks of
    all nodes while the recording was replayed; `filesystem` is what they lie on. `zone_rtt_us` is assumed, and stands in
    `write_with_zone_us` alone (response time of writes plus that round trip); None: not asked for.
    """

    wait_replicas: int
    waits: int
    writes_per_wait: float | None
    timed_out: int
    zone_rtt_us: float | None
    aof_bytes: int
    filesystem: str
    not_reproduced: tuple[str, ...]
    write_with_zone_us: Quantiles | None = None
