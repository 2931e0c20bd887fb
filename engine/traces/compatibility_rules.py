"""The rules a managed cluster puts on a workload, as data: `engine/data/compatibility.toml`, one `Rule` a target.

A rule says what is wrong, what to do, and who says so. Nothing is decided here about a recording.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from engine import commands

TABLE = Path(__file__).parents[1] / "data" / "compatibility.toml"
BLOCKS, DIFFERENT, CHECK = "blocks", "works differently", "check"
SEVERITIES = (BLOCKS, DIFFERENT, CHECK)
TARGETS: Mapping[str, str] = {
    "memorydb": "MemoryDB",
    "elasticache": "ElastiCache node-based",
    "serverless": "ElastiCache Serverless",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One rule that `count` operations of the workload break on `target`.

    `severity`: `blocks`, `works differently` or `check`. `example`: one operation as it is stored, printable and cut.
    `remedy` says what to do, `source` who says that it is so.
    """

    target: str
    severity: str
    rule: str
    count: int
    example: str
    remedy: str = ""
    source: str = ""


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule on one target; its texts may hold `{names}` that the finder fills in."""

    id: str
    target: str
    severity: str
    text: str
    remedy: str
    source: str

    def finding(self, count: int, example: str, **figures: str) -> Finding:
        """The finding of this rule; `figures` fill its texts."""
        text, remedy, source = (part.format(**figures) for part in (self.text, self.remedy, self.source))
        return Finding(TARGETS[self.target], self.severity, text, count, example, remedy, source)


@cache
def rules(ident: str) -> tuple[Rule, ...]:
    """The rule of this id on every target it holds for."""
    return tuple(found for raw in _raw() if raw["id"] == ident for found in _rules(raw))


@lru_cache(maxsize=1 << 14)
def rules_by_name(command: str) -> tuple[Rule, ...]:
    """The rules a command breaks by its name alone: refusals, advice of the engines, unknown commands."""
    names = {command, command.partition(" ")[0]}
    found = [rule for raw in _raw() if names & set(raw.get("names", ())) for rule in _rules(raw)]
    known = commands.find(command)
    if known is None:
        found += rules("unknown-command")
    elif known.deprecated_since:
        found += rules("deprecated")
    return tuple(found)


def words_of(command: str) -> dict[str, str]:
    """What the texts of `rules_by_name` are filled with."""
    known = commands.find(command)
    return {
        "command": command,
        "since": (known and known.deprecated_since) or "",
        "engine": (known and known.deprecated_by) or "",
        "instead": ((known and known.replaced_by) or "its successor").replace("`", ""),
    }


@cache
def _raw() -> tuple[dict[str, Any], ...]:
    return tuple(tomllib.loads(TABLE.read_text(encoding="utf-8"))["rule"])


def _rules(raw: Mapping[str, Any]) -> list[Rule]:
    return [
        Rule(raw["id"], target, severity, raw["text"], raw["remedy"], raw["source"])
        for target, severity in raw["severity"].items()
    ]
