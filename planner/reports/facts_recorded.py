"""What the charts of a recording's profile say; the profile in the JSON form of DESIGN §8."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from planner.reports.facts import TABLE_ROWS, Facts, coarse, top_and_rest
from planner.reports.wording import count, duration, rate, share


def command_mix_facts(profile: Mapping[str, Any]) -> Facts:
    """Calls per command, most frequent first."""
    title = "Command mix"
    commands = top_and_rest(profile["commands"], "other commands")
    if not commands:
        return Facts(title, "The recording holds no commands.")
    total = sum(number for _, number in commands)
    rows = tuple((name, count(number), share(number / total)) for name, number in commands)
    summary = f"{commands[0][0]} is called most: {share(commands[0][1] / total)} of {count(total)} operations."
    return Facts(title, summary, ("Command", "Operations", "Share"), rows)


def rate_curve_facts(profile: Mapping[str, Any]) -> Facts:
    """Operations per second of the recording."""
    title = "Operations per second of the recording"
    curve = profile.get("curve") or ()
    if len(curve) < 2:
        return Facts(title, "The recording is too short for a curve.")
    summary = (
        f"{count(profile['operations'])} operations in {duration(profile['duration_s'])}: "
        f"mean {rate(profile['mean_ops_per_s'])}, peak {rate(profile['peak_ops_per_s'])}."
    )
    steps = coarse(curve, TABLE_ROWS)
    rows = tuple((label, count(number)) for label, number in zip(steps.labels, steps.values, strict=True))
    return Facts(title, summary, ("Second", "Operations"), rows)
