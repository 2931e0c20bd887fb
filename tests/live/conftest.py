"""What live tests share: which processes a test has started and not yet ended, and one calibration of each engine."""

from __future__ import annotations

from collections.abc import Callable

import psutil
import pytest

from engine import run
from engine.cluster.binaries import Engine
from engine.measurement import Calibration
from engine.progress import Report, ShouldStop, ignore, never
from engine.replay.calibration import calibrate

Children = Callable[[], list[psutil.Process]]


@pytest.fixture
def children() -> Children:
    """The living processes that this test started; what other tests keep running does not count."""
    before = set(psutil.Process().children())

    def living() -> list[psutil.Process]:
        started = (each for each in psutil.Process().children() if each not in before)
        return [each for each in started if each.status() != psutil.STATUS_ZOMBIE]

    return living


@pytest.fixture(scope="session")
def calibrations() -> dict[Engine, Calibration]:
    """What each engine spends on the standard load here, as far as it was measured."""
    return {}


@pytest.fixture(autouse=True)
def calibrated_once(calibrations: dict[Engine, Calibration], monkeypatch: pytest.MonkeyPatch) -> None:
    """The first run on an engine calibrates it, and later ones in this process take that: it takes longer than they do.

    The engine is the same then. Runs from the command line and the pages, tested elsewhere, calibrate each for itself.
    """

    def known(engine: Engine, *, report: Report = ignore, should_stop: ShouldStop = never) -> Calibration:
        if engine not in calibrations:
            calibrations[engine] = calibrate(engine, report=report, should_stop=should_stop)
        return calibrations[engine]

    monkeypatch.setattr(run, "calibrate", known)
