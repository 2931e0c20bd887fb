"""When a step holds, and what broke it when it does not: the engine, the player or the whole machine.

A class is judged by the 99th percentile of its response time, which takes at least `FEWEST` answers: ten lie beyond it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from engine.ramp.model import ENGINE, MACHINE, MEMORY, PLAYER, TOO_FEW, Played, RampStep

FEWEST = 1_000
LATE_SHARE_ALLOWED = 0.01
_BUSY = 0.8  # of one processor: a player above it had no time to spare
_LATE_US = 1_000.0
_OWN_SHARE = 0.5  # of what was missed: a machine that wakes threads so late took it away from all that run on it
_NAMES = {"read": "reads", "write": "writes"}


@dataclass(frozen=True, slots=True)
class _Look:
    played: Played
    objective_us: Mapping[str, float]

    def judged(self) -> list[str]:
        """Classes with enough answers for a 99th percentile."""
        known = self.played.latency_us
        return [name for name in self.objective_us if name in known and known[name].count >= FEWEST]

    def broken(self) -> list[str]:
        latency = self.played.latency_us
        return [name for name in self.judged() if latency[name].p99_us > self.objective_us[name]]

    def slow_once_sent(self) -> bool:
        latency = self.played.latency_us
        return any(latency[name].service_p99_us > self.objective_us[name] for name in self.judged())

    def late_share(self) -> float:
        return self.played.late / self.played.units if self.played.units else 0.0

    def was_held(self) -> bool:
        """Whether operations left late because answers they had to wait for (order, commits) came late."""
        return self.played.units > 0 and self.played.held / self.played.units > LATE_SHARE_ALLOWED

    def fell_behind(self) -> bool:
        return self.played.dropped > 0 or self.late_share() > LATE_SHARE_ALLOWED

    def machine_was_late(self) -> bool:
        """Whether waking up alone took half of the objective that broke, or of what counts as late."""
        late_us = self.played.machine_p99_us
        allowed = min((self.objective_us[name] for name in self.broken()), default=_LATE_US)
        return late_us is not None and late_us > _OWN_SHARE * allowed

    def player_was_busier(self) -> bool:
        player, engine = self.played.player_busy, self.played.engine_busy
        return player is not None and player >= _BUSY and player >= (engine or 0.0)


def judge(played: Played, objective_us: Mapping[str, float]) -> RampStep:
    """The step with its verdict."""
    look = _Look(played, objective_us)
    if played.out_of_memory:
        return RampStep(played, False, MEMORY, "The engine ran out of memory: it refused writes (OOM).")
    if not look.judged():
        return RampStep(played, False, TOO_FEW, f"Too few answers for a 99th percentile, which takes {FEWEST:,}.")
    broken, behind = look.broken(), look.fell_behind()
    if played.unanswered and not broken:
        return RampStep(played, False, ENGINE, f"{played.unanswered:,} operations were not acknowledged.")
    if (broken or behind) and look.machine_was_late():
        late_ms = (played.machine_p99_us or 0) / 1000
        missed = _broken(look, broken) if broken else _behind(look)
        why = f"{missed}, on a machine that woke a waiting thread {late_ms:.3g} ms late (p99): too busy to judge an engine."
        return RampStep(played, False, MACHINE, why)
    before_sending = not look.slow_once_sent() and (behind or (broken and not look.was_held()))
    if before_sending or (behind and look.player_was_busier()):
        lost = _behind(look) if behind else f"{_broken(look, broken)}, lost before they were sent"
        return RampStep(played, False, PLAYER, f"Player too slow: {lost}; this is not the engine's knee.")
    if broken:
        return RampStep(played, False, ENGINE, f"{_broken(look, broken)}.")
    return RampStep(played, True, "", _unjudged(look))


def _behind(look: _Look) -> str:
    if look.played.dropped:
        return f"{look.played.dropped:,} operations were dropped"
    return f"{look.late_share():.1%} of the operations were sent more than 1 ms late (at most 1 % is allowed)"


def _broken(look: _Look, broken: list[str]) -> str:
    latency = look.played.latency_us
    return ", ".join(
        f"p99 of {_NAMES.get(name, name)} {latency[name].p99_us / 1000:.3g} ms > {look.objective_us[name] / 1000:g} ms"
        for name in broken
    )


def _unjudged(look: _Look) -> str:
    """Classes that were there, and too few to be judged."""
    judged, known = look.judged(), look.played.latency_us
    few = [f"{known[name].count:,} {_NAMES.get(name, name)}" for name in look.objective_us if name in known]
    names = [name for name in look.objective_us if name in known]
    found = [text for name, text in zip(names, few, strict=True) if name not in judged]
    return f"Not judged, too few for a p99: {', '.join(found)}." if found else ""
