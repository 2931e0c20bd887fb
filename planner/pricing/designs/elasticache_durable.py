"""ElastiCache that keeps its writes, since Valkey 9.0: on nodes, in cluster mode, with a replica in every shard.

`sync` acknowledges a write once it is in two or more zones and costs a surcharge on the node price; `async` acknowledges at
once, may lose up to 10 s of writes, and costs nothing more (FACTS).
"""

from __future__ import annotations

from engine.errors import InputError
from planner.pricing.catalogue import ELASTICACHE, Price, catalogue
from planner.pricing.designs import elasticache
from planner.pricing.designs.base import PAPER, VENDOR_DOCS, Context, Design
from planner.sizing.model.bills import CostLine, Durability

_SURCHARGE = ("Valkey 9.0+ (durability, synchronous writes)", "surcharge on node-hour price")
_HOME = "us-east-1"


def surcharge(context: Context) -> Price | None:
    """Percent on the node price: the region's own, else the only one known."""
    here = context.catalogue.price(ELASTICACHE, *_SURCHARGE)
    return here or catalogue(_HOME).price(ELASTICACHE, *_SURCHARGE)


def _sync_lines(spec: elasticache.Quantities, context: Context) -> tuple[CostLine, ...]:
    _require_replica(spec)
    return elasticache.cluster_lines(spec, context, "Valkey", surcharge(context))


def _async_lines(spec: elasticache.Quantities, context: Context) -> tuple[CostLine, ...]:
    _require_replica(spec)
    return elasticache.cluster_lines(spec, context, "Valkey")


def _require_replica(spec: elasticache.Quantities) -> None:
    if not spec.replicas:
        raise InputError("durability needs a replica in every shard.", source="replicas", expected="1 to 5.")


SYNC = Design(
    id="elasticache-durable-sync",
    title="ElastiCache for Valkey, durable (synchronous)",
    role="store",
    durable=True,
    quantities=elasticache.Quantities,
    lines=_sync_lines,
    durability=Durability(
        acknowledged_after="the write is stored in two or more availability zones",
        loss_window="none for an acknowledged write",
        failover_s="a few seconds",
        consistency="reads from a replica may be stale",
        source=f"published: {VENDOR_DOCS}",
    ),
    read_latency_us=elasticache.READ_LATENCY_US,
    write_latency_us={"p50": "single-digit ms", "tag": "published", "source": VENDOR_DOCS},
    price_files=elasticache.PRICE_FILES,
    service=ELASTICACHE,
    engine="Valkey",
)
ASYNC = Design(
    id="elasticache-durable-async",
    title="ElastiCache for Valkey, durable (asynchronous)",
    role="store",
    durable=False,
    quantities=elasticache.Quantities,
    lines=_async_lines,
    durability=Durability(
        acknowledged_after="the primary has it in memory; it is stored later",
        loss_window="up to 10 s of writes; beyond that writes are refused",
        failover_s="a few seconds",
        consistency="reads from a replica may be stale",
        source=f"published: {VENDOR_DOCS}",
    ),
    read_latency_us=elasticache.READ_LATENCY_US,
    write_latency_us={"p50": "<1000", "tag": "published", "source": f"{VENDOR_DOCS}; {PAPER}"},
    price_files=elasticache.PRICE_FILES,
    service=ELASTICACHE,
    engine="Valkey",
)
