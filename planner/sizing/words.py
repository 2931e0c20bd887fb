"""Small wordings that several sentences of an estimate share."""

from __future__ import annotations

from decimal import Decimal


def percent(share: float | Decimal, decimals: int = 0) -> str:
    """0.7 -> `70 %`."""
    return f"{float(share) * 100:.{decimals}f} %"


def counted(number: int, word: str) -> str:
    """`1 shard`, `2 shards`."""
    return f"{number} {word if number == 1 else word + 's'}"
