"""Growth as a form: one rate for data and traffic, each on its own where they differ, and how far the rates may be off."""

from __future__ import annotations

from planner.estimates.forms_fields import AnswersForm, PercentField

GROWTH = ("growth_per_month", "growth_data_per_month", "growth_traffic_per_month", "growth_spread_per_month")


class GrowthForm(AnswersForm):
    """The step Scale and the answer page share these."""

    growth_per_month = PercentField(
        label="Growth per month", min_value=-50, max_value=100,
        help_text="Of data and of traffic, compounded.",
    )  # fmt: skip
    growth_data_per_month = PercentField(
        label="Growth of data", min_value=-50, max_value=100, required=False,
        help_text="Where data and traffic differ. Empty: as growth per month.",
    )  # fmt: skip
    growth_traffic_per_month = PercentField(
        label="Growth of traffic", min_value=-50, max_value=100, required=False,
        help_text="Where data and traffic differ. Empty: as growth per month.",
    )  # fmt: skip
    growth_spread_per_month = PercentField(
        label="Growth may be off by", min_value=0, max_value=50, required=False,
        help_text="Points below and above: low and high growth, from which the range of the bill is drawn.",
    )  # fmt: skip
