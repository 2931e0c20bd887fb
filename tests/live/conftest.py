"""What live tests share: each engine in turn, a primary of it whose stream is kept, one calibration of it, and which
processes a test has started and not yet ended.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import psutil
import pytest

from engine import run
from engine.cluster.binaries import Engine, find_engines
from engine.cluster.local import ClusterSpec, boot
from engine.measurement import Calibration
from engine.progress import Progress, Report, ShouldStop, ignore, never
from engine.replay.calibration import calibrate
from tests.live.tapping import TappedNode

Children = Callable[[], list[psutil.Process]]


@pytest.fixture(scope="session", params=find_engines(), ids=lambda engine: engine.ident)
def engine(request: pytest.FixtureRequest) -> Engine:
    """Each engine of this machine."""
    found: Engine = request.param
    return found


@pytest.fixture(scope="session")
def tapped(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TappedNode]:
    """One primary with a replica attached."""
    with boot(ClusterSpec(engine, shards=1, replicas=0)) as cluster:
        node = TappedNode(cluster, tmp_path_factory.mktemp("tap"))
        yield node
        node.close()


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
        if engine in calibrations:
            report(Progress("calibrate"))
        else:
            calibrations[engine] = calibrate(engine, report=report, should_stop=should_stop)
        return calibrations[engine]

    monkeypatch.setattr(run, "calibrate", known)
