"""ElastiCache for Valkey on nodes. Alone it may lose data; it is made to stand before a database."""

from __future__ import annotations

from planner.pricing.designs import elasticache

DESIGN = elasticache.on_nodes("elasticache-valkey", "ElastiCache for Valkey", "Valkey")
