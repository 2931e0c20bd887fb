"""Units that were answered TRYAGAIN: the keys they name lie on two shards while their slot moves. When to send them again.

Pure. Such a unit did nothing. It is sent again a little later, and given up as the error it is after five seconds.
"""

from __future__ import annotations

from dataclasses import dataclass, field

PAUSE_NS = 5_000_000
PATIENCE_NS = 5_000_000_000
NEVER_NS = 1 << 62


@dataclass(slots=True)
class Again:
    """`put` what has to wait, `take` what may leave. `who` is whatever the player calls a unit under way."""

    _waiting: list[tuple[int, int]] = field(default_factory=list)
    _first_ns: dict[int, int] = field(default_factory=dict)
    _tries: dict[int, int] = field(default_factory=dict)

    def put(self, who: int, unit: int, now_ns: int) -> bool:
        """Have a unit wait; False when it has been tried for long enough."""
        if now_ns - self._first_ns.setdefault(unit, now_ns) > PATIENCE_NS:
            return False
        self._tries[unit] = self._tries.get(unit, 0) + 1
        self._waiting.append((now_ns + PAUSE_NS, who))
        return True

    def tries(self, unit: int) -> int:
        """How often it had to wait; each time it may be redirected once more."""
        return 2 * self._tries.get(unit, 0)

    @property
    def next_ns(self) -> int:
        """When the next may leave."""
        return self._waiting[0][0] if self._waiting else NEVER_NS

    def take(self, now_ns: int) -> list[int]:
        """Those that may leave now, in the order in which they were put."""
        count = sum(1 for at_ns, _ in self._waiting if at_ns <= now_ns)
        ready, self._waiting = self._waiting[:count], self._waiting[count:]
        return [who for _, who in ready]
