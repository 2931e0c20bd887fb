"""Typed access to the tables of a workload file: every mistake becomes an InputError that names file and field."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from engine.errors import InputError


@dataclass(slots=True)
class Fields:
    """One table of a file. `where`: file and table, for messages. Call `finish` when all fields were taken."""

    data: Mapping[str, Any]
    where: str
    _taken: set[str] = field(default_factory=set)

    def text(self, name: str, default: str | None = None) -> str:
        """A string."""
        return str(self._take(name, str, "text in quotes", default))

    def whole(self, name: str, default: int | None = None) -> int:
        """An integer."""
        return int(self._take(name, int, "a whole number", default))

    def decimal(self, name: str, default: float | None = None) -> float:
        """A number."""
        return float(self._take(name, (int, float), "a number", default))

    def truth(self, name: str, default: bool) -> bool:
        """true or false."""
        return bool(self._take(name, bool, "true or false", default))

    def either(self, name: str, default: str | float | None = None) -> str | float:
        """A number, or the name of a parameter or variable."""
        found = self._take(name, (int, float, str), "a number, or a name in quotes", default)
        return found if isinstance(found, str) else float(found)

    def texts(self, name: str, default: list[str] | None = None) -> list[str]:
        """A list of strings."""
        found = self._take(name, list, "a list of texts", default)
        if not all(isinstance(one, str) for one in found):
            raise self.wrong(name, "a list of texts")
        return list(found)

    def listed(self, name: str, default: list[Any] | None = None) -> list[Any]:
        """A list of anything."""
        return list(self._take(name, list, "a list", default))

    def has(self, name: str) -> bool:
        """Whether the field is there."""
        return name in self.data

    def one_of(self, name: str, known: tuple[str, ...], default: str | None = None) -> str:
        """One of a few words."""
        found = self.text(name, default)
        if found not in known:
            raise self.wrong(name, f"one of {', '.join(known)}")
        return found

    def table(self, name: str) -> Fields:
        """A table inside; empty when it is not there."""
        return Fields(self._take(name, dict, "a table", {}), f"{self.where}, {name}")

    def tables(self, name: str) -> Iterator[Fields]:
        """An array of tables."""
        for place, one in enumerate(self.listed(name, []), 1):
            where = f"{self.where}, {name} {place}"
            if not isinstance(one, dict):
                raise InputError("not a table.", source=where, expected=f"[[{name}]]")
            yield Fields(one, where)

    def finish(self) -> None:
        """Raise InputError when a field is there that nobody asked for."""
        unknown = sorted(self.data.keys() - self._taken)
        if unknown:
            known = ", ".join(sorted(self._taken))
            raise InputError("no such field.", source=f"{self.where}, {unknown[0]}", expected=f"one of {known}.")

    def wrong(self, name: str, expected: str) -> InputError:
        """The error for a field of the wrong kind."""
        found = repr(self.data.get(name))[:60]
        return InputError(f"{found} does not fit.", source=f"{self.where}, {name}", expected=f"{expected}.")

    def _take(self, name: str, kind: type | tuple[type, ...], expected: str, default: Any) -> Any:
        self._taken.add(name)
        if name not in self.data:
            if default is None:
                raise InputError("missing.", source=f"{self.where}, {name}", expected=f"{expected}.")
            return default
        found = self.data[name]
        if not isinstance(found, kind) or (isinstance(found, bool) and kind is not bool):
            raise self.wrong(name, expected)
        return found
