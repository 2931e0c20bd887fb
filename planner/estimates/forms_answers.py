"""The answers about the real workload as forms: the wizard's steps and the controls on the answer page share them.

Shares are typed in per cent and cleaned to shares of one. A setting left empty takes its default.
"""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms

from planner.estimates.choices import choices, grouped
from planner.estimates.forms_fields import AnswersForm, PercentField
from planner.estimates.forms_growth import GROWTH, GrowthForm
from planner.pricing.catalogue import regions
from planner.pricing.terms import TERMS
from planner.sizing.answers import HOURS_OF_MONTHS

SETTINGS = (
    "free_tb", "free_snapshot", "free_backup_gb", "zone_replication", "clients_other_zone", "clients_internet",
    "hours_per_month", "operations_hours", "operations_usd_per_hour", "savings_plan_percent",
)  # fmt: skip


class SettingsForm(AnswersForm):
    """What must be settable because the vendors' documents disagree, or because only the person knows it."""

    term = forms.ChoiceField(
        label="Nodes are paid",
        choices=[(each.id, each.title) for each in TERMS.values()], required=False,
        help_text="What is not sold on a term is priced on demand, and the bill says so.",
    )  # fmt: skip
    free_tb = forms.ChoiceField(
        label="Valkey's free 10 TB of data written", required=False,
        choices=(("decimal", "10,000 GB"), ("binary", "10,240 GB")),
        help_text="No source says which; 10,000 GB is the cautious reading.",
    )  # fmt: skip
    free_snapshot = forms.ChoiceField(
        label="MemoryDB's free snapshots", required=False,
        choices=(("cluster-storage", "Up to the memory of all nodes"), ("one-snapshot", "One snapshot")),
        help_text="The pricing page says the first, older wording of the guide the second.",
    )  # fmt: skip
    free_backup_gb = forms.DecimalField(
        label="ElastiCache backups that are free", min_value=0, max_value=1_000_000, decimal_places=6, required=False,
        help_text="Sources disagree: none, or one snapshot a cluster.",
    )  # fmt: skip
    zone_replication = forms.ChoiceField(
        label="ElastiCache replication between zones", required=False,
        choices=(("free", "Not charged"), ("charged", "Charged: replicated bytes × replicas")),
        help_text="Sources disagree. Between instances of your own on EC2 it is always charged.",
    )  # fmt: skip
    clients_other_zone = PercentField(
        label="Client traffic from another zone", min_value=0, max_value=100, required=False,
        help_text="Of the bytes clients send and receive. Both sides are charged.",
    )  # fmt: skip
    clients_internet = PercentField(
        label="Answers that leave for the internet", min_value=0, max_value=100, required=False,
        help_text="Of the bytes clients receive.",
    )  # fmt: skip
    hours_per_month = forms.IntegerField(
        label="Hours in a month", min_value=HOURS_OF_MONTHS[0], max_value=HOURS_OF_MONTHS[1], required=False,
        help_text="730 as the vendors' calculators; 672 to 744 for a month of the calendar.",
    )  # fmt: skip
    operations_hours = forms.DecimalField(
        label="Work on nodes of your own", min_value=0, max_value=744, decimal_places=6, required=False,
        help_text="Hours a month for Redis on EC2: upgrades, failures, backups.",
    )  # fmt: skip
    operations_usd_per_hour = forms.DecimalField(
        label="What such an hour costs", min_value=0, max_value=10_000, decimal_places=6, required=False
    )
    savings_plan_percent = forms.DecimalField(
        label="Savings plan", min_value=0, max_value=100, decimal_places=6, required=False,
        help_text="Off Aurora's instances and capacity.",
    )  # fmt: skip


class CompareForm(SettingsForm):
    """What to compare, and how much room to leave."""

    names: ClassVar[tuple[str, ...]] = (
        "region", "designs", "replicas", "target_utilisation", "memory_headroom", "cache_share",
        "snapshot_retention_days", "read_consistency", "survive", "stale_reads", "data_tiering", "term", *SETTINGS,
    )  # fmt: skip

    region = forms.ChoiceField(choices=lambda: [(each, each) for each in regions()])
    designs = forms.MultipleChoiceField(choices=choices, widget=forms.CheckboxSelectMultiple)
    replicas = forms.IntegerField(
        label="Replicas per shard", min_value=0, max_value=5,
        help_text="At least one keeps the service up, and the data of a cache, when a node fails.",
    )  # fmt: skip
    target_utilisation = PercentField(
        label="Use at peak, at most", min_value=10, max_value=100,
        help_text="Of CPU, network and write bandwidth of a shard.",
    )  # fmt: skip
    memory_headroom = PercentField(
        label="Memory kept free", min_value=0, max_value=80, help_text="Of what a node offers for data."
    )
    cache_share = PercentField(
        label="Data the cache holds", min_value=1, max_value=100,
        help_text="For designs with a database under the cache. Reads that miss go to the database.",
    )  # fmt: skip
    snapshot_retention_days = forms.IntegerField(
        label="Snapshots kept", min_value=0, max_value=35, help_text="Daily snapshots, in days."
    )
    read_consistency = forms.ChoiceField(
        label="DynamoDB reads",
        choices=(("eventual", "Eventually consistent (half the price)"), ("strong", "Strongly consistent")),
        widget=forms.RadioSelect,
    )
    survive = forms.ChoiceField(
        label="What may be lost", required=False,
        choices=(
            ("auto", "A node, where there are replicas"), ("none", "Nothing"), ("node", "A node"), ("zone", "A zone of three"),
        ),
        help_text="Every ceiling still holds afterwards. A node and a zone bring at least one replica.",
    )  # fmt: skip
    stale_reads = forms.BooleanField(
        label="Reads from replicas", required=False, help_text="They take load off the primaries and may be stale."
    )
    data_tiering = forms.BooleanField(
        label="Data tiering", required=False,
        help_text="Nodes that keep cold values on SSD (r6gd), where a design has them.",
    )  # fmt: skip

    @property
    def groups(self) -> Any:
        """The designs as a grouped list, those chosen marked."""
        return grouped(self["designs"].value() or ())

    def clean_designs(self) -> tuple[str, ...]:
        """In the order of the list."""
        return tuple(self.cleaned_data["designs"])


class WhatIfForm(CompareForm, GrowthForm):
    """The controls of the answer page: what to compare, and what moves with the business."""

    names = (*CompareForm.names, "peak_to_average", *GROWTH, "horizon_months")

    peak_to_average = forms.FloatField(label="Peak to average", min_value=1, max_value=100)
    horizon_months = forms.IntegerField(label="Horizon", min_value=1, max_value=60)
