"""The coverage-guided fuzzer runs, and a short run of it finds nothing."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
RUNS = 300


@pytest.mark.skipif(importlib.util.find_spec("atheris") is None, reason="atheris does not install on this platform")
@pytest.mark.parametrize("format", ["pcap", "valkey_csv"])
def test_a_short_run_finds_nothing(format: str) -> None:
    command = [sys.executable, "-m", "tests.fuzz.fuzz", format, f"-runs={RUNS}", "-seed=1"]
    finished = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, timeout=300, check=False)
    assert finished.returncode == 0, finished.stderr[-4_000:]
    assert "Done" in finished.stderr
