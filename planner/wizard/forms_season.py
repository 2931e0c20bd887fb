"""A year of metrics brought in the step Scale: read at once into twelve factors a month; the file itself is not kept."""

from __future__ import annotations

import dataclasses
from typing import Any

from django import forms
from django.core.files import File

from engine.errors import InputError
from planner.estimates.forms_fields import DEFAULTS, AnswersForm
from planner.sizing.answers import LONGEST_SOURCE, parse_answers
from planner.sizing.growth import likely_growth
from planner.sizing.seasonality import season_of

MOST_BYTES = 1_000_000
NO_SEASON: dict[str, Any] = {"season_peak": [], "season_mean": [], "season_source": ""}


class SeasonForm(AnswersForm):
    """The file, which of its columns is traffic, and a tick that takes the season away again."""

    season_file = forms.FileField(
        label="A year of metrics", required=False, max_length=255,
        help_text="Daily or hourly traffic as CSV (a time and a value a line) or CloudWatch JSON, at most 1 MB. "
        "It tells how each month differs from the others.",
        error_messages={"empty": "The file is empty. Expected: a year of daily or hourly values."},
    )  # fmt: skip
    season_metric = forms.CharField(
        label="Which is traffic", required=False, max_length=100,
        help_text="The column or metric, where the file has several.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )  # fmt: skip
    season_remove = forms.BooleanField(label="Season", required=False)

    @property
    def season(self) -> str:
        """The season there is, in words; empty without one."""
        if not self.initial.get("season_peak"):
            return ""
        return f"season from {self.initial.get('season_source') or 'the answers given'}"

    @classmethod
    def start(cls, typed: Any) -> dict[str, Any]:
        """Also the season there is, of which the form shows the name."""
        return {**super().start(typed), **{name: typed.get(name, empty) for name, empty in NO_SEASON.items()}}

    def clean(self) -> dict[str, Any]:
        """Growth within the year is taken out at the rate stated, so the file is read after the other fields."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        file = cleaned.get("season_file")
        if file is not None and not self.errors:
            try:
                cleaned["season"] = self._read(file, cleaned)
            except InputError as error:
                self.add_error("season_file", str(error))
        return cleaned

    def answers(self) -> dict[str, Any]:
        """With the season read, or without one where it is to go; else it stays as it was."""
        if "season" in self.cleaned_data:
            return {**super().answers(), **self.cleaned_data["season"]}
        return {**super().answers(), **(NO_SEASON if self.cleaned_data["season_remove"] else {})}

    def _read(self, file: File[bytes], cleaned: dict[str, Any]) -> dict[str, Any]:
        name = (file.name or "the file")[:LONGEST_SOURCE]
        stated = dataclasses.replace(
            DEFAULTS,
            growth_per_month=cleaned.get("growth_per_month") or 0.0,
            growth_traffic_per_month=cleaned.get("growth_traffic_per_month"),
        )
        season = season_of(
            _text(file, name), name,
            metric=cleaned.get("season_metric") or "", growth_per_month=likely_growth(stated).traffic,
        )  # fmt: skip
        found = {"season_peak": list(season.peak), "season_mean": list(season.mean), "season_source": name}
        parse_answers(found)
        return found


def _text(file: File[bytes], name: str) -> str:
    if (file.size or 0) > MOST_BYTES:
        raise InputError("has more than 1 MB.", source=name, expected="a year of daily or hourly values.")
    try:
        text: str = file.read().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError("is not text.", source=name, expected="CSV or JSON in UTF-8.") from error
    return text
