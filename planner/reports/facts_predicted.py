"""Data written as a recording alone makes one expect it, before any run. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from planner.reports.facts import Facts
from planner.reports.wording import count, share, size

TITLE = "Data written, predicted"
KEY = "data_written_predicted"
_ROWS = 12
_COLUMNS = ("Command replicated", "Data written", "Share")


def predicted_facts(profile: Mapping[str, Any]) -> Facts | None:
    """Bytes of the replication stream by the command that stands in it. None where a recording was read before there were
    predictions, or holds no traffic."""
    if KEY not in profile or not profile.get("operations"):
        return None
    found = profile[KEY]
    if found is None:
        return Facts(TITLE, "Not predicted for a recording of this length. A run measures it.")
    total = found["bytes"] or 1
    ordered = sorted(found["by_command"].items(), key=lambda item: (-item[1], item[0]))
    rows = [(name, size(number), share(number / total)) for name, number in ordered[:_ROWS]]
    if rest := sum(number for _, number in ordered[_ROWS:]):
        rows.append(("other commands", size(rest), share(rest / total)))
    return Facts(TITLE, _summary(found, float(profile["duration_s"])), _COLUMNS, tuple(rows))


def _summary(found: Mapping[str, Any], duration_s: float) -> str:
    mean = f", {size(found['bytes'] / duration_s)} a second on average" if duration_s >= 1 else ""
    said = (
        f"{count(found['bytes'])} bytes would reach replicas and a transaction log at the recorded pace{mean} and "
        f"{size(found['peak_bytes_per_s'])} in the busiest second. Worked out from the commands in the words of "
        f"{found['engine']}, without a server; a run measures it."
    )
    if silent := found["silent_scripts"]:
        said += f" Missing: what {count(silent)} script calls wrote of which the recording shows no command."
    return said
