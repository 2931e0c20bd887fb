"""Options of a ramp, and a ramp as text."""

from __future__ import annotations

import argparse

from engine.errors import InputError
from engine.ramp.model import Ramp, RampSpec, RampStep
from engine.units import format_duration_us

_DEFAULT = RampSpec()
_OF_A_RAMP = ("objective_read_ms", "objective_write_ms", "step_seconds", "rest_seconds", "tries", "rates")


def add_ramp_options(parser: argparse.ArgumentParser) -> None:
    """Declare --ramp and how it looks for the knee."""
    group = parser.add_argument_group("ramp", "Afterwards find the highest rate that keeps a latency objective.")
    group.add_argument("--ramp", action="store_true", help="raise the rate until the objective breaks")
    group.add_argument(
        "--objective-read-ms", type=float, metavar="MS", help="p99 of response time allowed to reads (default 2)"
    )
    group.add_argument(
        "--objective-write-ms", type=float, metavar="MS", help="p99 of response time allowed to writes (default 5)"
    )
    group.add_argument("--step-seconds", type=float, metavar="S", help="how long a rate is played (default 5)")
    group.add_argument("--rest-seconds", type=float, metavar="S", help="quiet between two steps (default 1)")
    group.add_argument("--tries", type=int, metavar="N", help="a rate is given up when it broke N times (default 2)")
    group.add_argument(
        "--rates", metavar="R,R,…", help="operations a second to try, instead of doubling and halving the gap"
    )


def ramp_spec(args: argparse.Namespace) -> RampSpec | None:
    """What was asked for; None without --ramp. Raises InputError naming the option."""
    if not args.ramp:
        given = [name for name in _OF_A_RAMP if getattr(args, name) is not None]
        if given:
            option = f"--{given[0].replace('_', '-')}"
            raise InputError("this belongs to a ramp.", source=option, expected="--ramp beside it.")
        return None
    if args.target is not None:
        raise InputError(
            "a ramp is played on a cluster of this machine only.", source="--ramp", expected="no --target."
        )
    spec = RampSpec(
        read_us=_DEFAULT.read_us if args.objective_read_ms is None else args.objective_read_ms * 1000,
        write_us=_DEFAULT.write_us if args.objective_write_ms is None else args.objective_write_ms * 1000,
        step_s=_DEFAULT.step_s if args.step_seconds is None else args.step_seconds,
        rest_s=_DEFAULT.rest_s if args.rest_seconds is None else args.rest_seconds,
        tries=_DEFAULT.tries if args.tries is None else args.tries,
        rates=() if args.rates is None else _rates(args.rates),
    )
    spec.require_sane()
    return spec


def _rates(text: str) -> tuple[float, ...]:
    try:
        return tuple(sorted(float(part) for part in text.split(",")))
    except ValueError as error:
        raise InputError(f"“{text}” are no rates.", source="--rates", expected="numbers such as 1000,2000.") from error


def ramp_words(ramp: Ramp | None) -> list[tuple[str, str]]:
    """The knee and what set it, for the list of facts."""
    if ramp is None:
        return []
    return [("knee", ramp.knee_words()), ("limited by", f"{ramp.limited_by}. {ramp.reason}")]


def ramp_rows(ramp: Ramp | None) -> list[tuple[str, ...]]:
    """A heading and a row for each step, lowest rate first; empty when nothing was played."""
    if ramp is None or not ramp.steps:
        return []
    heading = ("asked/s", "reached/s", "read p50", "read p99", "write p50", "write p99", "late", "held")
    return [heading, *(_row(step) for step in sorted(ramp.steps, key=lambda step: step.played.asked_ops_per_s))]


def _row(step: RampStep) -> tuple[str, ...]:
    played = step.played
    times = [
        format_duration_us(getattr(played.latency_us[name], level)) if name in played.latency_us else "-"
        for name in ("read", "write")
        for level in ("p50_us", "p99_us")
    ]
    rates = (f"{played.asked_ops_per_s:,.0f}", f"{played.reached_ops_per_s:,.0f}")
    return (*rates, *times, f"{played.late:,}", "yes" if step.held else f"no, {step.limit}")
