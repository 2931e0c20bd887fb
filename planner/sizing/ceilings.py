"""What a shard must carry and may carry: each ceiling as used / allowed, and solved for the number of shards.

The busiest shard holds the hottest slot and an even part of everything else. With reads from replicas the copies that are left
after the loss asked about carry the reads.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from planner.pricing.value import value
from planner.sizing.loss import serving_copies
from planner.sizing.model.answers import Answers
from planner.sizing.nodes import BURSTABLE_SHARDS, CONNECTIONS, NodeType, Service

RESIDENT = "memory of keys and hot values"
ALMOST = 1e-9  # a load that divides evenly must not cost a shard to floating point


@value
class Load:
    """What one cluster of a design must carry at peak, over all its shards.

    `reads_per_s` and `writes_per_s` are in units of the calibration's GET and SET (CPU ratio applied).
    `client_bytes_per_s` counts both directions; `replies_bytes_per_s` of it are answers, which reads from replicas take
    off the primary. `hottest_slot_share` is 0 when not known. `resident_bytes`: of `memory_bytes`, what may not leave
    memory on nodes with SSD (None: all). `connections`: every client keeps one to every node. `shards_at_most`: what the
    data itself allows.
    """

    memory_bytes: int
    shard_overhead_bytes: int
    reads_per_s: float
    writes_per_s: float
    client_bytes_per_s: float
    replicated_bytes_per_s: float
    hottest_slot_share: float
    hottest_key_share: float
    replies_bytes_per_s: float = 0.0
    resident_bytes: int | None = None
    connections: int = 0
    shards_at_most: int = 500
    replicated_burst_bytes: int | None = None


def fewest_shards(load: Load, node: NodeType, service: Service, answers: Answers) -> int | None:
    """The fewest shards of this node type that carry the load, None when no number up to the service's limit does."""
    memory = usable_memory(node, answers) - load.shard_overhead_bytes
    dram = usable_dram(node, answers) - load.shard_overhead_bytes
    if dram <= 0 or load.connections > CONNECTIONS:
        return None
    wanted = [load.memory_bytes / memory, resident_bytes(load) / dram if node.ssd_bytes else 0.0]
    hot = load.hottest_slot_share
    for relative in relative_loads(load, node, service, answers).values():
        if relative * hot >= 1 and relative > 1:
            return None  # the hottest slot alone fills a shard, however many there are
        wanted.append(1.0 if relative <= 1 else relative * (1 - hot) / (1 - relative * hot))
    shards = max(1, math.ceil(max(wanted) - ALMOST))
    return shards if shards <= most_shards(load, node, service, answers) else None


def most_shards(load: Load, node: NodeType, service: Service, answers: Answers) -> int:
    """As many as the service allows nodes, and the data shards."""
    most = BURSTABLE_SHARDS if node.burstable else service.nodes_at_most // (1 + answers.replicas)
    return min(most, load.shards_at_most)


def utilisation(load: Load, node: NodeType, shards: int, service: Service, answers: Answers) -> dict[str, float]:
    """Used / allowed per constraint on the busiest shard (1.0 = full), the worse of before and after the loss."""
    relative = relative_loads(load, node, service, answers)
    busiest = load.hottest_slot_share + (1 - load.hottest_slot_share) / shards
    memory = load.memory_bytes / shards + load.shard_overhead_bytes
    used = {
        "memory": memory / usable_memory(node, answers),
        **{name: value * busiest for name, value in relative.items()},
        "hottest slot": relative["cpu"] * load.hottest_slot_share,
    }
    if load.connections:
        used["connections"] = load.connections / CONNECTIONS
    if node.ssd_bytes:
        kept = resident_bytes(load) / shards + load.shard_overhead_bytes
        used[RESIDENT] = kept / usable_dram(node, answers)
    return used


def usable_memory(node: NodeType, answers: Answers) -> float:
    """Bytes of a node that data may fill: maxmemory less the service's reserve, and SSD, less the headroom asked for."""
    return usable_dram(node, answers) + node.ssd_bytes * (1 - answers.memory_headroom)


def usable_dram(node: NodeType, answers: Answers) -> float:
    """The part of `usable_memory` that is memory."""
    return node.maxmemory_bytes * (1 - node.reserve) * (1 - answers.memory_headroom)


def resident_bytes(load: Load) -> int:
    """What may not leave memory: all of the data where nothing says which part is cold."""
    return load.memory_bytes if load.resident_bytes is None else load.resident_bytes


def relative_loads(load: Load, node: NodeType, service: Service, answers: Answers) -> dict[str, float]:
    """The whole load against what one shard may carry, per constraint that sharding spreads.

    The worse of with all copies and after the loss asked about: with reads from replicas fewer copies carry them.
    Arithmetic only, element by element, so that `grid` may put columns of loads and nodes in."""
    target = answers.target_utilisation
    copies, least = 1 + answers.replicas, serving_copies(answers)
    reads = load.reads_per_s / least if answers.stale_reads else load.reads_per_s
    sent = _sent_bytes(load, service, copies, answers)
    if answers.stale_reads and least < copies:
        sent = _larger(sent, _sent_bytes(load, service, least, answers))
    found = {
        "cpu": (reads / node.reads_per_s + load.writes_per_s / node.writes_per_s) / target,
        "network": sent / (node.baseline_bytes_per_s * target),
    }
    if service.replication_cap is not None:
        found["replication"] = load.replicated_bytes_per_s / (service.replication_cap * target)
    return found


def _larger(first: Any, second: Any) -> Any:
    """The larger of two numbers or, element by element, of two columns."""
    return np.maximum(first, second) if isinstance(first, np.ndarray) else max(first, second)


def _sent_bytes(load: Load, service: Service, copies: int, answers: Answers) -> float:
    """What a shard's primary receives and sends while this many copies serve."""
    followers = 1 if service.to_log else copies - 1
    spread = load.replies_bytes_per_s * (1 - 1 / copies) if answers.stale_reads else 0.0
    return load.client_bytes_per_s - spread + load.replicated_bytes_per_s * followers
