"""What people type in the wizard, handed on as the values the planner works with: shares of one, not per cent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.conf import settings

from engine.cluster import durability
from engine.comparison import BOTH
from engine.replay.splitting import MOST_PLAYERS
from engine.run_spec import MAX_ZONE_RTT_MS
from planner.runs.cluster import Cluster

MODES = (
    (durability.CACHE, "Cache: no persistence, asynchronous replication"),
    (durability.DURABLE, "Durable: each write on two of three disks before it is acknowledged (needs 2 replicas)"),
    (BOTH, "Both: one after the other, side by side on the run page"),
)


class MeasureForm(forms.Form):
    """The cluster to replay on. `cluster()` is the domain value."""

    engine = forms.ChoiceField(widget=forms.RadioSelect, required=False)
    shards = forms.IntegerField(min_value=1, max_value=6, help_text="Primaries that share the keys, 1 to 6.")
    replicas = forms.IntegerField(min_value=0, max_value=2, help_text="Copies of each shard, 0 to 2.")
    mode = forms.ChoiceField(choices=MODES, widget=forms.RadioSelect)
    speed = forms.FloatField(
        min_value=0.1, max_value=100, help_text="1 replays at the recorded times, 10 in a tenth of them."
    )
    ramp = forms.BooleanField(
        required=False, label="Find the highest rate",
        help_text="Afterwards the rate is raised, step by step, until the objective breaks. A minute or two more.",
    )  # fmt: skip
    objective_read_ms = forms.FloatField(
        required=False, min_value=0.1, max_value=60_000, label="Objective of reads", help_text="p99 of response time."
    )
    objective_write_ms = forms.FloatField(
        required=False, min_value=0.1, max_value=60_000, label="Objective of writes", help_text="p99 of response time."
    )

    players = forms.IntegerField(
        required=False, min_value=1, max_value=MOST_PLAYERS, label="Player processes",
        help_text="They share the recorded connections. More than one for rates that one processor cannot send.",
    )  # fmt: skip
    zone_rtt_ms = forms.FloatField(
        required=False, min_value=0, max_value=MAX_ZONE_RTT_MS, label="Round trip between zones",
        help_text="For durable mode: what a commit would wait for copies in other zones. Assumed, added to measured writes.",
    )  # fmt: skip

    def __init__(self, *args: Any, engines: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._choice("engine").choices = list(engines)

    def _choice(self, name: str) -> forms.ChoiceField:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        return field

    def clean(self) -> dict[str, Any]:
        """Durable mode needs three copies; objectives left empty are the usual ones."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        replicas, mode = cleaned.get("replicas"), cleaned.get("mode")
        if mode == durability.DURABLE and replicas is not None and replicas < durability.COPIES - 1:
            self.add_error("replicas", "Durable mode keeps three copies of each shard: 2 replicas.")
        if mode == durability.CACHE and cleaned.get("zone_rtt_ms") is not None:
            self.add_error("zone_rtt_ms", "Only commits go between zones: choose Durable or Both, or leave this empty.")
        for name in ("objective_read_ms", "objective_write_ms"):
            if cleaned.get(name) is None:
                cleaned[name] = getattr(Cluster(), name)
        return cleaned

    def cluster(self) -> Cluster:
        """What was typed, as the run service takes it; of both modes the first."""
        mode = durability.CACHE if self.in_both_modes else self.cleaned_data["mode"]
        return Cluster(**self.cleaned_data | {"mode": mode})

    @property
    def in_both_modes(self) -> bool:
        """Whether durable mode is to follow cache mode."""
        return bool(self.cleaned_data["mode"] == BOTH)

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
            "ramp": default.ramp,
            "objective_read_ms": default.objective_read_ms,
            "objective_write_ms": default.objective_write_ms,
            "players": settings.HEADROOM_PLAYERS,
            "zone_rtt_ms": default.zone_rtt_ms,
        } | dict(typed)
        if initial["engine"] not in known:
            initial["engine"] = next(iter(known), "")
        return initial
