"""What is typed to have a workload generated from figures."""

from __future__ import annotations

from django import forms

SHORTEST_S, LONGEST_S, USUAL_S = 5, 3600, 60
LARGEST_SEED = 2**31 - 1


class MatchingForm(forms.Form):
    """How long the generated workload is to be, and which of the equally good ones."""

    duration_s = forms.IntegerField(
        label="Duration", min_value=SHORTEST_S, max_value=LONGEST_S, initial=USUAL_S,
        help_text="The replay takes as long. A minute is enough for rates and latency.",
    )  # fmt: skip
    seed = forms.IntegerField(
        label="Seed", min_value=0, max_value=LARGEST_SEED, initial=1, help_text="The same seed makes the same workload."
    )
