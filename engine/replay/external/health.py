"""When to stop by ourselves: the servers say they are in trouble, or they no longer answer. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field

_OF_THE_SERVER = (
    "OOM",
    "MISCONF",
    "READONLY",
    "LOADING",
    "BUSY",
    "CLUSTERDOWN",
    "MASTERDOWN",
    "NOREPLICAS",
    "TRYAGAIN",
)
_OF_OUR_PLACE = ("NOPERM", "NOAUTH", "MOVED", "ASK")
TROUBLE = frozenset((*_OF_THE_SERVER, *_OF_OUR_PLACE))
MOST_TROUBLE = 20
SILENCE_NS = 5_000_000_000


@dataclass(slots=True)
class Health:
    """Fed with every error and every answer; `verdict` says why to stop, empty while all is well."""

    troubles: dict[str, int] = field(default_factory=dict)
    answered_at_ns: int = 0

    def error(self, kind: str) -> None:
        """Take in an error reply by its first word. Errors of the workload itself (WRONGTYPE …) mean no trouble."""
        if kind in TROUBLE:
            self.troubles[kind] = self.troubles.get(kind, 0) + 1

    def verdict(self, now_ns: int, *, waiting: bool) -> str:
        """`waiting`: something was sent and is not answered."""
        if not waiting:
            self.answered_at_ns = now_ns
        elif now_ns - self.answered_at_ns > SILENCE_NS:
            return f"the servers had not answered for {SILENCE_NS // 1_000_000_000} s"
        if sum(self.troubles.values()) >= MOST_TROUBLE:
            kinds = ", ".join(f"{count:,} {kind}" for kind, count in sorted(self.troubles.items()))
            return f"the servers answered with errors that mean trouble ({kinds})"
        return ""
