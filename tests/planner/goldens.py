"""Golden texts: what came out is compared with what came out when somebody last looked, line by line.

A golden guards against change, not against being wrong, so hand-computed asserts stand beside each. To accept a
change, set HEADROOM_UPDATE_GOLDEN=1, run the test, and read the diff before keeping it.
"""

from __future__ import annotations

import difflib
import os
from pathlib import Path

GOLDEN = Path(__file__).parent.parent / "golden"


def assert_golden(name: str, text: str) -> None:
    """`text` equals the file `name` under tests/golden; otherwise the failure shows the differing lines."""
    path = GOLDEN / name
    if os.environ.get("HEADROOM_UPDATE_GOLDEN"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    kept = path.read_text().splitlines()
    diff = "\n".join(difflib.unified_diff(kept, text.splitlines(), "golden", "now", lineterm="", n=1))
    assert not diff, f"{name} changed:\n{diff}"
