"""What a run has finished, kept in its folder, so that starting it again goes on at the next phase.

`plan` and `calibrate` are kept as such. The phases between booting and the snapshot live in the engines' memory and are kept
as one (`live`): when the cluster is gone in the middle of them, they are the part that is done again.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PHASES = ("plan", "calibrate", "boot", "prepare", "replay", "settle", "snapshot", "ramp", "collect")


@dataclass(frozen=True, slots=True)
class Finished:
    """The finished parts of one run folder."""

    folder: Path

    def get(self, name: str) -> dict[str, Any] | None:
        """What a part left, None when it is not finished."""
        path = self._path(name)
        return json.loads(path.read_text()) if path.exists() else None

    def put(self, name: str, value: Mapping[str, Any]) -> None:
        """Keep what a part leaves: written beside, then renamed, so it is there whole or not at all."""
        path = self._path(name)
        beside = path.with_suffix(".part")
        beside.write_text(json.dumps(value))
        beside.replace(path)

    def drop(self, name: str) -> None:
        """Forget one part."""
        self._path(name).unlink(missing_ok=True)

    def forget(self) -> None:
        """Drop everything: the run was asked for in another way than before."""
        for path in self.folder.glob("finished-*.json"):
            path.unlink()

    def _path(self, name: str) -> Path:
        return self.folder / f"finished-{name}.json"
