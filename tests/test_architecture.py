"""Who may import whom. Read from the source, so that an import inside a function counts as much as one at the top.

CONTRIBUTING draws the same picture; a message here names the file, the line and the import that breaks it.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[1]
PACKAGES = ("engine", "planner")
APPS = ("accounts", "jobs", "prices", "traces", "runs", "external", "estimates", "wizard")
# An area imports areas further down only; areas of one line do not import each other.
ORDER = (("wizard",), ("estimates",), ("external",), ("runs",), ("traces", "prices"), ("jobs", "reports", "accounts"))
# Inside an app: who may be imported is what stands further down. Other modules (presentation, storage …) serve any of these.
LAYERS = (("urls",), ("views", "tasks"), ("forms",), ("services",), ("models",))
DOORS = {
    "redis": ("engine/cluster/", "engine/replay/"),
    "pandas": ("engine/traces/profile.py", "engine/stats/summary.py", "planner/reports/charts.py"),
    "plotly": ("planner/reports/charts.py",),
    "matplotlib": ("planner/reports/print_charts.py", "planner/reports/pdf.py"),  # the latter for its fonts
    "typst": ("planner/reports/pdf.py",),
    "numba": ("engine/kernels.py",),
    "dpkt": ("engine/traces/capture/",),
    "zstandard": ("engine/traces/wrapping/",),
    "datasketches": ("engine/traces/profiling/key_table.py", "engine/traces/profiling/key_tally.py"),
    "libcachesim": ("engine/traces/hit_rate.py",),
    "ijson": ("planner/pricing/offers/",),
    "boto3": ("planner/prices/vendor.py",),
    "celery": ("planner/celery.py", "planner/*/tasks.py"),
}


@dataclass(frozen=True, slots=True)
class Import:
    """One import statement's one target: `module` is the most exact module that exists, or the outside name."""

    path: str
    line: int
    importer: str
    module: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line} imports {self.module}"

    def of(self, *names: str) -> bool:
        """Whether the target is one of these modules or inside it."""
        return any(self.module == name or self.module.startswith(f"{name}.") for name in names)


def _module_name(path: Path) -> str:
    parts = path.relative_to(PROJECT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def _modules() -> dict[str, Path]:
    found = (path for package in PACKAGES for path in (PROJECT / package).rglob("*.py"))
    return {_module_name(path): path for path in found if "migrations" not in path.parts}


@cache
def _imports() -> tuple[Import, ...]:
    return tuple(found for name, path in _modules().items() for found in _imports_of(name, path))


def _imports_of(name: str, path: Path) -> Iterator[Import]:
    shown = path.relative_to(PROJECT).as_posix()
    for node in ast.walk(ast.parse(path.read_text(), filename=shown)):
        for target in _targets(node, name, is_package=path.name == "__init__.py"):
            yield Import(shown, getattr(node, "lineno", 0), name, target)


def _targets(node: ast.AST, importer: str, *, is_package: bool) -> Iterator[str]:
    if isinstance(node, ast.Import):
        yield from (alias.name for alias in node.names)
    elif isinstance(node, ast.ImportFrom):
        base = node.module or ""
        if node.level:
            above = importer.split(".")[: None if is_package and node.level == 1 else -node.level + is_package]
            base = ".".join([*above, base]).strip(".")
        for alias in node.names:
            inner = f"{base}.{alias.name}"
            yield inner if inner in _modules() else base


def _broken(rule: Callable[[Import], bool]) -> list[str]:
    return [str(found) for found in _imports() if rule(found)]


def _app_and_layer(module: str) -> tuple[str, str]:
    """`planner.runs.views` -> (`runs`, `views`); empty where it is neither."""
    parts = [*module.split("."), "", ""]
    return (parts[1], parts[2]) if parts[0] == "planner" else ("", "")


def _is_command(module: str) -> bool:
    return ".management.commands." in module


def test_there_is_something_to_hold() -> None:
    assert len(_modules()) > 50
    assert len(_imports()) > 500


def test_engine_knows_neither_django_nor_planner() -> None:
    assert _broken(lambda i: i.importer.startswith("engine") and i.of("django", "planner", "celery")) == []


@pytest.mark.parametrize("package", ["planner.pricing", "planner.sizing"])
def test_pricing_and_sizing_are_pure(package: str) -> None:
    pure = ("planner.pricing", "planner.sizing")
    inside = [found for found in _imports() if found.importer.startswith(package)]
    assert inside
    assert [str(i) for i in inside if i.of("django", "celery") or (i.of("planner") and not i.of(*pure))] == []


@pytest.mark.parametrize("app", [app for line in ORDER for app in line])
def test_an_area_imports_areas_below_it_only(app: str) -> None:
    level = next(number for number, line in enumerate(ORDER) if app in line)
    forbidden = [f"planner.{other}" for line in ORDER[: level + 1] for other in line if other != app]
    assert _broken(lambda i: i.importer.startswith(f"planner.{app}.") and i.of(*forbidden)) == []


@pytest.mark.parametrize("layer", [layer for line in LAYERS for layer in line])
def test_a_layer_imports_layers_below_it_only(layer: str) -> None:
    level = next(number for number, line in enumerate(LAYERS) if layer in line)
    above = {name for line in LAYERS[: level + 1] for name in line}

    def reaches_up(found: Import) -> bool:
        app, own = _app_and_layer(found.importer)
        other, target = _app_and_layer(found.module)
        same_pure_kind = layer == target and layer in {"models", "services", "forms"}
        return app in APPS and own == layer and other in APPS and target in above and not same_pure_kind

    assert _broken(reaches_up) == []


def test_urls_know_views_only() -> None:
    def other_than_views(found: Import) -> bool:
        app, layer = _app_and_layer(found.importer)
        return app in APPS and layer == "urls" and found.of("planner", "engine") and not found.module.endswith(".views")

    assert _broken(other_than_views) == []


def test_tasks_call_services_and_nothing_else() -> None:
    def other_than_services(found: Import) -> bool:
        app, layer = _app_and_layer(found.importer)
        allowed = found.module.endswith(".services") or found.of("planner.celery")
        return app in APPS and layer == "tasks" and found.of("planner", "engine") and not allowed

    assert _broken(other_than_services) == []


def test_only_commands_start_other_processes_parts() -> None:
    outside = ("planner.supervision",)
    assert (
        _broken(
            lambda i: (
                i.of(*outside) and not i.importer.startswith("planner.supervision") and not _is_command(i.importer)
            )
        )
        == []
    )


def test_settings_are_read_through_django() -> None:
    assert _broken(lambda i: i.of("planner.settings")) == []


@pytest.mark.parametrize("library", sorted(DOORS))
def test_an_outside_library_has_few_doors(library: str) -> None:
    def at_no_door(found: Import) -> bool:
        path = Path(found.path)
        return found.of(library) and not any(
            found.path.startswith(door) if door.endswith("/") else path.match(door) for door in DOORS[library]
        )

    assert _broken(at_no_door) == []


def test_no_module_imports_itself_through_others() -> None:
    graph: dict[str, set[str]] = {name: set() for name in _modules()}
    for found in _imports():
        if found.module in graph and found.module != found.importer:
            graph[found.importer].add(found.module)
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail("imported by the one before: " + " <- ".join(error.args[1]))


def test_every_file_says_what_it_promises_and_postpones_annotations() -> None:
    silent = []
    for path in _modules().values():
        body = ast.parse(path.read_text()).body
        postponed = any(isinstance(node, ast.ImportFrom) and node.module == "__future__" for node in body)
        if body and (ast.get_docstring(ast.Module(body, [])) is None or (len(body) > 1 and not postponed)):
            silent.append(path.relative_to(PROJECT).as_posix())
    assert silent == []
