"""Outputs of redis-cli that people have at hand but that tell too little: recognised by name, refused with what helps."""

from __future__ import annotations

import re

from engine.errors import InputError

_REMEDY = "Give two outputs of INFO ALL some minutes apart, or a recording of MONITOR."
_SCANNING = "# Scanning the entire keyspace to find "
_IN_BYTES = re.compile(r"Biggest +(?:list|hash|set|zset|stream) +found.* \d+ bytes")
_RAW_SLOWLOG = re.compile(r"\s*\d{1,12}\r?\n1[0-9]{9}\r?\n\d{1,12}\r?\n[A-Za-z][\w.|-]{0,40}\r?\n")
_NUMBERED_SLOWLOG = re.compile(r"\s*\d+\) +1\) \(integer\) \d+\r?\n +2\) \(integer\) 1\d{9}\r?\n +3\) \(integer\) \d+")


def problem_of(text: str, source: str) -> InputError | None:
    """What to say of a text that is such an output; None for any other text."""
    if _SCANNING in text[:500]:
        name = "redis-cli --memkeys" if _IN_BYTES.search(text) else "redis-cli --bigkeys"
        return _refusal(source, name, "the biggest keys and mean sizes, but no commands, rates or times to live")
    if _RAW_SLOWLOG.match(text) or _NUMBERED_SLOWLOG.match(text):
        return _refusal(source, "SLOWLOG GET", "single slow commands, but neither rates nor the keyspace")
    return None


def _refusal(source: str, name: str, tells: str) -> InputError:
    return InputError(
        f"this is the output of {name}; it tells {tells}.",
        source=source,
        expected="a recording or a summary of the whole workload.",
        remedy=_REMEDY,
    )
