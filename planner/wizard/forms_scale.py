"""The step Scale: how the recording relates to the real workload."""

from __future__ import annotations

from django import forms

from planner.estimates.forms_fields import PercentField
from planner.estimates.forms_growth import GROWTH, GrowthForm
from planner.wizard.forms_season import SeasonForm


class ScaleForm(SeasonForm, GrowthForm):
    """How the recording relates to the real workload."""

    names = ("recording_is", "peak_to_average", "traffic_share", *GROWTH, "horizon_months")

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
    horizon_months = forms.IntegerField(
        label="Horizon", min_value=1, max_value=60, help_text="How far ahead the bill is drawn."
    )
