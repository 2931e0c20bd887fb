"""Latency by class and by command, and operations by the same: folds over the blocks of a record and of its plan."""

from __future__ import annotations

from collections import defaultdict

import numpy as np

from engine.measurement import Latency
from engine.replay.plan import READ, WRITE, PlanFacts, PlanFiles
from engine.replay.records import RecordFile
from engine.stats.summary import Times

ROLES = {"read": READ, "write": WRITE}


def latencies(recorded: RecordFile, facts: PlanFacts) -> dict[str, Latency]:
    """Latency by class and command, as far as any was measured."""
    whole, roles, kinds = Times(), defaultdict[int, Times](Times), defaultdict[int, Times](Times)
    for block in recorded.blocks():
        whole.add(block)
        for role in np.unique(block.index["role"]).tolist():
            roles[role].add(block, block.index["role"] == role)
        for kind in np.unique(block.kind).tolist():
            kinds[kind].add(block, block.kind == kind)
    named = {"all": whole} | {name: roles[role] for name, role in ROLES.items()}
    named |= {cmd: kinds[kind] for kind, cmd in enumerate(facts.kinds) if kind in kinds}
    found = {name: times.latency() for name, times in named.items()}
    return {name: value for name, value in found.items() if value is not None}


def by_role(recorded: RecordFile) -> dict[str, Latency]:
    """Latency of reads and of writes, as far as any was measured."""
    roles = {name: Times() for name in ROLES}
    for block in recorded.blocks():
        for name, role in ROLES.items():
            roles[name].add(block, block.index["role"] == role)
    found = {name: times.latency() for name, times in roles.items()}
    return {name: value for name, value in found.items() if value is not None}


def by_class(files: PlanFiles, facts: PlanFacts) -> dict[str, int]:
    """Operations of the plan by class and command; a transaction counts with all its commands."""
    roles, kinds = np.zeros(256, dtype=np.int64), np.zeros(len(facts.kinds), dtype=np.int64)
    for block in files.blocks():
        np.add.at(roles, block["role"], block["operations"])
        np.add.at(kinds, block["kind"], block["operations"])
    counted = {"all": int(roles.sum())} | {name: int(roles[role]) for name, role in ROLES.items()}
    return counted | {cmd: int(count) for cmd, count in zip(facts.kinds, kinds, strict=True)}
