"""What a sized design would be bought as: the keys of its spec that are capacity to choose, and the same in words."""

from __future__ import annotations

from collections.abc import Mapping

from planner.pricing import designs
from planner.sizing.bill import Sized
from planner.sizing.nodes import SERVICES
from planner.sizing.words import counted

CHOSEN = ("node_type", "shards", "replicas", "instance_type", "instances", "tier", "nodes")


def capacity(sized: Sized) -> Mapping[str, object]:
    """The chosen keys, empty where nothing fits. A search that keeps no spec still has the plan."""
    if sized.quote is None:
        return {}
    if sized.spec or sized.plan is None:
        return {key: sized.spec[key] for key in CHOSEN if key in sized.spec}
    plan = sized.plan
    if designs.find(sized.design_id)[0].service in SERVICES:
        return {"node_type": plan.node_type, "shards": plan.shards, "replicas": plan.replicas}
    return {"instance_type": plan.node_type, "instances": plan.shards * (1 + plan.replicas)}


def number(keys: Mapping[str, object], name: str) -> int:
    """A count among the keys; 0 where there is none."""
    value = keys.get(name, 0)
    return value if isinstance(value, int) else 0


def in_words(sized: Sized) -> str:
    """`2 shards x (1 + 1) db.r7g.large`, with the database's instances where there are any; empty where nothing fits."""
    keys = capacity(sized)
    parts = []
    if keys.get("node_type") and "shards" in keys:
        shards = counted(number(keys, "shards"), "shard")
        parts.append(f"{shards} x (1 + {number(keys, 'replicas')}) {keys['node_type']}")
    elif keys.get("node_type") or keys.get("tier"):
        parts.append(f"{counted(number(keys, 'nodes') or 1, 'node')} of {keys.get('node_type') or keys.get('tier')}")
    if keys.get("instance_type"):
        parts.append(f"{counted(number(keys, 'instances') or 1, 'instance')} of {keys['instance_type']}")
    return ", ".join(parts)
