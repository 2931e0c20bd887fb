"""The profile page: charts with tables beside them, what clusters refuse, the rights used, and what is not known."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils.html import escape

from planner.reports.charts import Chart
from planner.traces.models import Trace
from planner.traces.presentation import ProfileView, finding_rows, profile_view
from tests.planner.traces.making import START, imported

OLD_PARTS = (
    "format",
    "operations",
    "duration_s",
    "clients",
    "keys",
    "reads",
    "writes",
    "commands",
    "mean_ops_per_s",
    "peak_ops_per_s",
    "key_bytes",
    "value_bytes",
    "ttl",
    "skipped",
    "curve",
    "curve_step_s",
)


def view(trace: Trace) -> ProfileView:
    found = profile_view(trace)
    assert found is not None
    return found


def charts_of(found: ProfileView) -> list[Chart]:
    charts = found.charts
    return [*charts.activity, *charts.keys, *charts.sizes, *charts.keyspace]


def page(client: Client, trace: Trace) -> str:
    response = client.get(reverse("traces:detail", args=[trace.pk]))
    assert response.status_code == 200
    return str(response.content.decode())


def test_every_chart_that_is_drawn_has_a_table_and_every_other_says_why(owner: User) -> None:
    drawn = 0
    for chart in charts_of(view(imported(owner))):
        assert chart.summary.endswith(".")
        if chart.figure:
            drawn += 1
            assert chart.rows
            assert {len(row) for row in chart.rows} == {len(chart.columns)}
    assert drawn >= 8


def test_what_the_format_cannot_tell_is_said_with_its_reason(owner: User, owner_client: Client) -> None:
    html = page(owner_client, imported(owner))
    assert "Not recorded: The format shows no replies." in html
    assert "Reply length" in html


def test_a_finding_says_what_to_do_and_for_which_services(owner: User, owner_client: Client) -> None:
    lines = f'{START}.000000 [0 127.0.0.1:5000] "MGET" "user:1" "user:2"\n{START}.000001 [0 127.0.0.1:5000] "BGSAVE"\n'
    trace = imported(owner, lines.encode())
    (crossing,) = (row for row in view(trace).findings if "CROSSSLOT" in row.rule)
    assert [severity for _, severity in crossing.targets] == ["blocks"] * 3
    html = page(owner_client, trace)
    assert "hash tag" in html
    assert escape(crossing.example) in html
    assert "BGSAVE is refused" in html and "ElastiCache Serverless: blocks" in html


def test_findings_of_one_rule_stand_together_and_the_worst_come_first() -> None:
    one: dict[str, Any] = {"rule": "a", "count": 2, "example": "x", "remedy": "", "source": ""}
    found = [
        {**one, "target": "A", "severity": "check"},
        {**one, "target": "B", "severity": "works differently"},
        {"rule": "b", "count": 1, "example": "", "target": "A", "severity": "blocks"},
    ]
    rows = finding_rows(found)
    assert [(row.rule, row.severity) for row in rows] == [("b", "blocks"), ("a", "works differently")]
    assert rows[1].targets == (("A", "check"), ("B", "works differently"))


def test_the_rights_of_each_group_can_be_copied(owner: User, owner_client: Client) -> None:
    trace = imported(owner)
    trace.privileges = [
        {
            "group": "<web>",
            "user": "web",
            "operations": 2,
            "commands": {"GET": 2},
            "patterns": ["%R~user:*"],
            "channels": [],
            "acl_setuser": "ACL SETUSER web on >PASSWORD resetkeys resetchannels -@all +get %R~user:*",
            "withheld": {"CONFIG GET": "for administrators"},
            "notes": ["The recording is redacted."],
            "checked": {"engine": "valkey", "version": "9.1.2", "allowed": 3, "refused": 9, "mistakes": []},
        }
    ]
    trace.save()
    html = page(owner_client, trace)
    assert "+get %R~user:*" in html and "&gt;PASSWORD" in html
    assert "&lt;web&gt;" in html and "<web>" not in html
    assert 'data-copy="rights-line-1"' in html and 'id="rights-line-1"' in html
    assert "9 outside are refused" in html
    assert "<code>CONFIG GET</code> (for administrators)" in html


def test_the_import_finds_the_rights_by_itself(owner: User) -> None:
    groups = imported(owner).privileges
    assert groups is not None
    (group,) = groups
    assert set(group["commands"]) == {"GET", "SET"}
    assert "%R~" not in group["acl_setuser"] and "~" in group["acl_setuser"]


def test_a_profile_stored_by_an_older_version_is_shown_as_far_as_it_goes(owner: User, owner_client: Client) -> None:
    trace = imported(owner)
    new = trace.profile or {}
    old = {name: new[name] for name in OLD_PARTS}
    old["families"] = [{"pattern": "user:{id}", "keys": 1, "operations": 2, "bytes": 3}]
    old["sizes"] = {"key": {"count": 1, "p50": 1, "p90": 1, "p99": 1, "max": 1}}
    old["compatibility"] = [{"target": "any", "severity": "warning", "rule": "unknown", "count": 1, "example": "X"}]
    trace.profile, trace.privileges = old, None
    trace.save()
    html = page(owner_client, trace)
    assert "Read it again to see it." in html
    assert "user:{id}" in html
    assert all(chart.summary for chart in charts_of(view(trace)))


@pytest.mark.parametrize("part", ["reads", "clients", "keys", "value_bytes", "mean_ops_per_s"])
def test_a_figure_that_is_not_known_is_a_dash_and_no_zero(owner: User, owner_client: Client, part: str) -> None:
    trace = imported(owner)
    trace.profile = {**(trace.profile or {}), part: None}
    trace.save()
    html = page(owner_client, trace)
    assert ("reads not recorded" if part == "reads" else "–") in html


def test_a_snapshot_has_its_memory_by_type_and_family(owner: User, owner_client: Client) -> None:
    trace = imported(owner)
    kinds = [{"type": "string", "keys": 2, "bytes": 200}, {"type": "hash", "keys": 1, "bytes": 100}]
    families = [{"pattern": "user:{id}", "type": "string", "keys": 2, "bytes": 200}]
    keyspace = {"keys": 3, "bytes": 300, "with_ttl": 0, "largest_bytes": 150, "types": kinds, "families": families}
    trace.profile = {**(trace.profile or {}), "keyspace": keyspace}
    trace.save()
    by_type, by_family = view(trace).charts.keyspace
    assert by_type.rows == (("string", "200 B", "67 %"), ("hash", "100 B", "33 %"))
    assert by_family.rows == (("user:{id}", "200 B", "100 %"),)
    assert "Snapshot" in page(owner_client, trace)
