"""Bytes counted as they would be billed: by command, by key family, by second, and in bursts of 10 ms."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from engine import commands
from engine.replay import resp
from engine.replication.call import Words
from engine.traces.families import family

NO_KEY = "(no key)"
BURST_US = 10_000
_US_PER_S = 1_000_000


@dataclass(slots=True)
class Tally:
    """Add in order of time. `burst_bytes`: the most that came within 10 ms of the first byte of a burst."""

    total: int = 0
    commands: int = 0
    by_command: Counter[str] = field(default_factory=Counter)
    by_family: Counter[str] = field(default_factory=Counter)
    per_second: Counter[int] = field(default_factory=Counter)
    burst_bytes: int = 0
    _burst: int = 0
    _burst_ends_us: float = 0.0

    def add(self, t_us: float, words: Words) -> None:
        """One replicated command at a moment of the recording."""
        cmd, args = commands.split(words)
        keys = commands.key_indexes(cmd, args)
        size = resp.length(words)
        self.total += size
        self.commands += 1
        self.by_command[cmd] += size
        self.by_family[family(args[keys[0]]) if keys else NO_KEY] += size
        self.per_second[int(t_us) // _US_PER_S] += size
        if t_us >= self._burst_ends_us:
            self._burst, self._burst_ends_us = 0, t_us + BURST_US
        self._burst += size
        self.burst_bytes = max(self.burst_bytes, self._burst)
