"""What each part of a design needs for a load, as keys of its quote: one function per design that has no nodes of MemoryDB or
ElastiCache to choose (those are in `fit`)."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from planner.sizing.parts import dynamodb, others, relational, serverless
from planner.sizing.parts.demand import Demand, Part

SIZERS: Mapping[str, Callable[[Demand], Part]] = {
    "elasticache-serverless-valkey": serverless.serverless,
    "elasticache-serverless-redis": serverless.serverless,
    "dynamodb-on-demand": dynamodb.on_demand,
    "dynamodb-provisioned": dynamodb.provisioned,
    "aurora-standard": relational.aurora_standard,
    "aurora-io-optimized": relational.aurora_io_optimized,
    "aurora-serverless-v2": relational.aurora_serverless,
    "rds-postgresql": relational.rds_single,
    "rds-postgresql-multi-az": relational.rds_multi,
    "ec2-redis": others.ec2,
    "gcp-memorystore-redis": others.memorystore_instance,
    "gcp-memorystore-cluster": others.memorystore_cluster,
    "azure-managed-redis": others.azure_managed,
    "azure-cache-redis": others.azure_cache,
}
