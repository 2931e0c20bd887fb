"""What people type in the wizard, handed on as the values the planner works with: shares of one, not per cent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms

from planner.estimates.forms_answers import AnswersForm, PercentField
from planner.runs.cluster import Cluster

MODES = (("cache", "Cache: no persistence, asynchronous replication"), ("durable", "Durable: not in this version"))


class MeasureForm(forms.Form):
    """The cluster to replay on. `cluster()` is the domain value."""

    engine = forms.ChoiceField(widget=forms.RadioSelect, required=False)
    shards = forms.IntegerField(min_value=1, max_value=6, help_text="Primaries that share the keys, 1 to 6.")
    replicas = forms.IntegerField(min_value=0, max_value=2, help_text="Copies of each shard, 0 to 2.")
    mode = forms.ChoiceField(choices=MODES, widget=forms.RadioSelect)
    speed = forms.FloatField(
        min_value=0.1, max_value=100, help_text="1 replays at the recorded times, 10 in a tenth of them."
    )

    def __init__(self, *args: Any, engines: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._choice("engine").choices = list(engines)
        mode = self._choice("mode").widget
        mode.create_option = _disabling(mode.create_option, {"durable"})  # per form, on purpose

    def _choice(self, name: str) -> forms.ChoiceField:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        return field

    def clean_mode(self) -> str:
        """Only what this version does."""
        mode: str = self.cleaned_data["mode"]
        if mode != "cache":
            raise forms.ValidationError("This version measures in cache mode only.")
        return mode

    def cluster(self) -> Cluster:
        """What was typed, as the run service takes it."""
        return Cluster(**self.cleaned_data)

    @staticmethod
    def start(typed: Mapping[str, Any], engines: Sequence[tuple[str, str]]) -> dict[str, Any]:
        """What the form starts from: what was typed before, else the defaults."""
        default = Cluster()
        known = [name for name, _ in engines]
        initial = {
            "engine": next(iter(known), ""),
            "shards": default.shards,
            "replicas": default.replicas,
            "mode": default.mode,
            "speed": default.speed,
        } | dict(typed)
        if initial["engine"] not in known:
            initial["engine"] = next(iter(known), "")
        return initial


class ScaleForm(AnswersForm):
    """How the recording relates to the real workload."""

    names = ("recording_is", "peak_to_average", "traffic_share", "growth_per_month", "horizon_months")

    recording_is = forms.ChoiceField(
        label="What was recorded?",
        choices=(("peak", "The busiest time"), ("average", "An average time")),
        widget=forms.RadioSelect,
        help_text="Peaks decide how large the nodes are; the average decides how much data is written in a month.",
    )
    peak_to_average = forms.FloatField(
        label="Peak to average", min_value=1, max_value=100,
        help_text="How many times busier the peak is than the average. 2 suits most sites with a day and a night.",
    )  # fmt: skip
    traffic_share = PercentField(
        label="Share of the traffic recorded", min_value=0.001, max_value=100,
        help_text="100 % when every node was recorded; 25 % when one shard of four was.",
    )  # fmt: skip
    growth_per_month = PercentField(
        label="Growth per month", min_value=-50, max_value=100,
        help_text="Of keys and of traffic, compounded.",
    )  # fmt: skip
    horizon_months = forms.IntegerField(
        label="Horizon", min_value=1, max_value=60, help_text="How far ahead the bill is drawn."
    )


def _disabling(create_option: Any, names: set[str]) -> Any:
    """An option maker that makes some options unselectable."""

    def made(name: str, value: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        option: dict[str, Any] = create_option(name, value, *args, **kwargs)
        if str(value) in names:
            option["attrs"]["disabled"] = True
        return option

    return made
