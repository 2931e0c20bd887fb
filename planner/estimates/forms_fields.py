"""What every form of answers is made of: fields named like `Answers`, shares typed in per cent, empty means the default."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, ClassVar

from django import forms

from planner.sizing.model.answers import Answers

DEFAULTS = Answers()


class PercentField(forms.FloatField):
    """Typed in per cent, cleaned to a share of one."""

    def prepare_value(self, value: Any) -> Any:
        """A share as per cent; what somebody typed stays as typed."""
        return f"{value * 100:.6g}" if isinstance(value, float) else value

    def clean(self, value: Any) -> Any:
        """Per cent as a share."""
        percent = super().clean(value)
        return None if percent is None else percent / 100


class AnswersForm(forms.Form):
    """A form whose fields are those of `Answers` of the same name."""

    names: ClassVar[tuple[str, ...]] = ()

    def answers(self) -> dict[str, Any]:
        """The cleaned answers in JSON types; exact numbers as text. What was not sent is left out, so that it stays as it
        was; a tick that is not set cannot be told from one that was not shown."""
        return {name: _plain(name, self.cleaned_data[name]) for name in self.names if not self._omitted(name)}

    def _omitted(self, name: str) -> bool:
        return bool(self.fields[name].widget.value_omitted_from_data(self.data, self.files, self.add_prefix(name)))

    @classmethod
    def start(cls, typed: Mapping[str, Any]) -> dict[str, Any]:
        """What the form starts from: what was answered before, else the defaults."""
        return {name: typed.get(name, getattr(DEFAULTS, name)) for name in cls.names}


def _plain(name: str, value: Any) -> Any:
    if value is None or value == "":
        value = getattr(DEFAULTS, name)
    if isinstance(value, Decimal):
        return str(value)
    return list(value) if isinstance(value, tuple) else value
