"""Reads a workload file (TOML; the format is described in `engine/traces/workloads/README.md`).

Raises InputError naming the file and the field for anything that would not generate a valid recording.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Set

from engine import commands
from engine.errors import InputError
from engine.traces.generation import template
from engine.traces.generation.fields import Fields
from engine.traces.generation.parsing_variables import variable
from engine.traces.generation.template import Template
from engine.traces.generation.variables import Counter, Index, Variable
from engine.traces.generation.workload import (
    LABELS,
    SCRIPT,
    SLIDERS,
    Action,
    Population,
    ReadyWorkload,
    Slider,
    Workload,
)

_WHOLE = frozenset(("keys", "value_size"))
_LOGARITHMIC = frozenset(("keys", "rate", "value_size", "duration_s"))
_FLOORS = {"keys": 1, "rate": 0.01, "value_size": 1, "duration_s": 0.1}
MAX_CONNECTIONS = 10_000


def parse(text: str, ident: str, source: str) -> Workload:
    """The workload of a file's text; `source` is what messages call the file."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"no TOML: {error}.", source=source, expected="a workload file.") from error
    return _workload(Fields(data, source), ident)


def _workload(fields: Fields, ident: str) -> Workload:
    about = ReadyWorkload(
        id=ident,
        title=fields.text("title"),
        summary=fields.text("summary"),
        attribution=fields.text("attribution", ""),
        sliders=_sliders(fields),
    )
    variables = _variables(fields)
    workload = Workload(
        about=about,
        connections=fields.whole("connections", 16),
        peak=fields.decimal("peak", 1.0),
        variables=variables,
        actions=tuple(_action(one) for one in fields.tables("actions")),
        population=tuple(_population(one) for one in fields.tables("population")),
    )
    _check_numbers(workload, fields)
    _check_names(workload, fields)
    fields.finish()
    return workload


def _sliders(fields: Fields) -> tuple[Slider, ...]:
    table = fields.table("parameters")
    sliders = tuple(_slider(table.table(name), name) for name in SLIDERS)
    table.finish()
    return sliders


def _slider(fields: Fields, name: str) -> Slider:
    label, unit = LABELS[name]
    low, high, default = (fields.decimal(one) for one in ("low", "high", "default"))
    floor = _FLOORS.get(name, 0)
    if not floor <= low <= default <= high < math.inf:
        raise InputError(
            f"low {low:g}, default {default:g}, high {high:g} do not rise.",
            source=fields.where,
            expected=f"{floor:g} <= low <= default <= high.",
        )
    slider = Slider(
        name=name,
        label=fields.text("label", label),
        unit=fields.text("unit", unit) if unit else "",
        low=low,
        high=high,
        default=default,
        logarithmic=name in _LOGARITHMIC,
        whole=name in _WHOLE,
    )
    fields.finish()
    return slider


def _variables(fields: Fields) -> tuple[Variable, ...]:
    table = fields.table("variables")
    found = tuple(variable(table.table(name), name) for name in table.data)
    return tuple(sorted(found, key=_turn))


def _turn(one: Variable) -> int:
    """Counters come after what they are counted by, and after the counter they stay behind."""
    if not isinstance(one, Counter):
        return 0
    return 1 if one.behind is None else 2


def _action(fields: Fields) -> Action:
    script = fields.text("script") if fields.has("script") else None
    action = Action(
        name=fields.text("name"),
        weight=fields.decimal("weight", 1.0),
        reads=fields.one_of("class", ("read", "write")) == "read",
        commands=_templates(fields, "commands"),
        runs=_templates(fields, "runs") if fields.has("runs") else (),
        transaction=fields.truth("transaction", False),
        script=script,
        client=fields.text("client", "application"),
        connection_by=fields.text("connection_by") if fields.has("connection_by") else None,
    )
    if not action.weight > 0:
        raise fields.wrong("weight", "a number above 0")
    if action.runs and script is None:
        raise fields.wrong("runs", "a script that runs them")
    fields.finish()
    return action


def _population(fields: Fields) -> Population:
    population = Population(
        commands=_templates(fields, "commands"),
        each=fields.text("each") if fields.has("each") else None,
        repeat=fields.whole("repeat", 1),
    )
    if population.repeat < 1:
        raise fields.wrong("repeat", "at least 1")
    fields.finish()
    return population


def _templates(fields: Fields, name: str) -> tuple[Template, ...]:
    found = tuple(template.parse(text, f"{fields.where}, {name}") for text in fields.texts(name))
    if not found:
        raise fields.wrong(name, "at least one command")
    for one in found:
        known = commands.find(commands.split(one.example())[0])
        if known is None:
            word = one.example()[0].decode("utf-8", "replace")
            raise InputError(f"{word} is no command.", source=f"{fields.where}, {name}", expected="a data command.")
    return found


def _check_numbers(workload: Workload, fields: Fields) -> None:
    clients = len({action.client for action in workload.actions})
    if not max(1, clients) <= workload.connections <= MAX_CONNECTIONS:
        raise fields.wrong("connections", f"{max(1, clients)} to {MAX_CONNECTIONS:,}, at least one for each client")
    if not 1.0 <= workload.peak <= 2.0:
        raise fields.wrong("peak", "1 (flat) to 2: the busiest moment's rate over the mean")
    if not workload.actions:
        raise InputError("nobody does anything.", source=fields.where, expected="at least one [[actions]] table.")


def _check_names(workload: Workload, fields: Fields) -> None:
    """Every name that is used must be declared, and of a kind that fits."""
    known = {one.name: one for one in workload.variables}
    for action in workload.actions:
        used = {name for one in (*action.commands, *action.runs) for name in one.names}
        extra = {SCRIPT} if action.script is not None else set()
        if action.connection_by is not None:
            used.add(action.connection_by)
        _require(used, known.keys() | extra, f"{fields.where}, action {action.name}")
    for population in workload.population:
        used = {name for one in population.commands for name in one.names}
        _require(used, known.keys(), f"{fields.where}, population")
        if population.each is not None and not isinstance(known.get(population.each), Index):
            raise InputError(
                f"“{population.each}” cannot be counted through.",
                source=f"{fields.where}, population, each",
                expected="a variable drawn as zipf or uniform.",
            )
    for one in workload.variables:
        if isinstance(one, Counter):
            _require({name for name in (one.per, one.behind) if name}, known.keys(), f"{fields.where}, {one.name}")


def _require(used: set[str], known: Set[str], where: str) -> None:
    unknown = sorted(used - known)
    if unknown:
        raise InputError(
            f"“{unknown[0]}” is not declared.", source=where, expected=f"one of {', '.join(sorted(known))}."
        )
