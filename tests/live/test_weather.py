"""Bad weather on real engines: each state is named, what was measured until then is kept, and what can go on goes on.

The runs are made at the same time, a few at once: most of what they take is waiting.
"""

from __future__ import annotations

import itertools
import os
import re
import signal
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
import redis

from engine import weather
from engine.cluster.binaries import choose
from engine.errors import Cancelled, HeadroomError, InputError, Interrupted
from engine.measurement import Measurement
from engine.partial import Partial
from engine.progress import Progress
from engine.replay import clock_watch, happened
from engine.replay.clock_watch import ClockWatch, Reading
from engine.replay.phases import Finished
from engine.run import RunSpec, measure, partial_of
from engine.weather import Incident
from tests.engine.replay.recordings import line, read

pytestmark = pytest.mark.live
PER_S, SECONDS, KEYS = 100, 2, 200
VALUE = "x" * 20_000
CALIBRATION = {"get_us": 10.0, "set_us": 10.0, "overhead_us": 5.0, "operations": 1}  # of no matter here
AT_ONCE = 4
LIMIT, ROOM_TO_EVICT = (
    4_200_000,
    6_000_000,
)  # an empty node uses 2.8 MB, the keys 2 MB, the backlog of their writes 2 MB


@dataclass(frozen=True)
class Node:
    """An engine process of a storm's cluster, as its starter noted it."""

    pid: int
    config: Path

    def setting(self, name: str) -> str:
        """One line of its configuration."""
        found = re.search(rf"^{name} (.*)$", self.config.read_text(), re.MULTILINE)
        assert found is not None
        return found[1]


@dataclass
class Storm:
    """One run and what happens to it: `act` is called once, with the nodes, in `phase`; in a replay after its first second."""

    folder: Path
    act: Callable[[list[Node]], None] = lambda nodes: None
    phase: str = "replay"
    shards: int = 1
    replicas: int = 0
    server: str | None = None
    arguments: str = ""
    limits: str = ""
    more: Mapping[str, int | str | float] = field(default_factory=dict)
    happened: bool = False

    def run(self) -> tuple[Measurement | None, Partial | None, HeadroomError | None]:
        """The measurement, or the partial result with the error."""
        self.folder.mkdir()
        spec = RunSpec(
            recording(self.folder),
            self.folder / "run",
            shards=self.shards,
            replicas=self.replicas,
            engine=str(self.starter()),
            **self.more,  # type: ignore[arg-type]  # limits of a run
        )
        self.skip_calibration(spec)
        try:
            return measure(spec, report=self.report), partial_of(spec.folder), None
        except HeadroomError as error:
            return None, partial_of(spec.folder), error

    def starter(self) -> Path:
        """The engine, started by a script that notes which process it is."""
        script = self.folder / "server"
        note = f'[ "$1" = --version ] || echo "$$ $1" >> {self.folder}/nodes'
        start = f'exec {choose(self.server).path} "$@" {self.arguments}'
        script.write_text(f"#!/bin/sh\n{note}\n[ $1 = --version ] && exec {choose(self.server).path} $1\n")
        with script.open("a") as more:
            more.write(f"{self.limits}\n{start}\n")
        script.chmod(0o700)
        return script

    @staticmethod
    def skip_calibration(spec: RunSpec) -> None:
        """Plan the run, stop it, and put a finished calibration in its folder, as if it had been interrupted after it."""
        phases = []
        with pytest.raises(Cancelled):
            measure(spec, report=lambda each: phases.append(each.phase), should_stop=lambda: "calibrate" in phases)
        Finished(spec.folder).put("calibration", CALIBRATION)

    def report(self, progress: Progress) -> None:
        """Let it happen when its time has come."""
        if progress.phase == self.phase and not self.happened and (self.phase != "replay" or progress.done > PER_S):
            self.happened = True
            self.act(self.nodes())

    def nodes(self) -> list[Node]:
        """Primaries first; of a second try to boot, where a port was taken, the later ones."""
        noted = [each.split(" ", 1) for each in (self.folder / "nodes").read_text().splitlines()]
        latest = {Path(config).parent.name: Node(int(pid), Path(config)) for pid, config in noted}
        return [latest[f"node-{number}"] for number in range(len(latest))]


def recording(folder: Path) -> Path:
    """Two clients, one writes and one reads what has been written."""
    writes = [line(n / PER_S, f"SET key:{n % KEYS} {VALUE}") for n in range(0, PER_S * SECONDS, 2)]
    reads = [
        line(n / PER_S, f"GET key:{(n - 1) % KEYS}", client="127.0.0.1:5001") for n in range(1, PER_S * SECONDS, 2)
    ]
    return read(folder, sorted(writes + reads))


def killed(which: int) -> Callable[[list[Node]], None]:
    return lambda nodes: os.kill(nodes[which].pid, signal.SIGKILL)


def stopped(nodes: list[Node]) -> None:
    os.kill(nodes[0].pid, signal.SIGSTOP)


def a_replica_dies_and_a_primary_is_stopped_for_a_second(nodes: list[Node]) -> None:
    os.kill(nodes[2].pid, signal.SIGKILL)
    os.kill(nodes[0].pid, signal.SIGSTOP)
    threading.Timer(1.0, os.kill, (nodes[0].pid, signal.SIGCONT)).start()


def moved_to_another_port(nodes: list[Node]) -> None:
    with redis.Redis(port=int(nodes[0].setting("port")), password=nodes[0].setting("requirepass")) as client:
        client.config_set("port", 0)


def clocks_that_jump() -> Callable[[], Reading]:
    """The machine's own readings; from the third on the wall clock is a minute ahead. Setting the real one is not ours to do,
    and a time namespace moves the monotonic clock only."""
    looks = itertools.count()

    def look() -> Reading:
        now = clock_watch.read()
        return replace(now, wall_ns=now.wall_ns + (60 * 10**9 if next(looks) >= 2 else 0))

    return look


AOF = "--appendonly yes --appendfsync"
FILES_OF_200_KB = "trap '' XFSZ\nulimit -f 400"  # in blocks of 512 bytes
Result = tuple[Measurement | None, Partial | None, HeadroomError | None]


@pytest.fixture(scope="module")
def storms(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Future[Result]]]:
    """All of them, under way."""
    folder = tmp_path_factory.mktemp("weather")
    found = {
        "given up": Storm(folder / "a", stopped, shards=2, more={"patience_s": 1.5}),
        "survived": Storm(folder / "b", a_replica_dies_and_a_primary_is_stopped_for_a_second, shards=2, replicas=1),
        "primary": Storm(folder / "c", killed(0), shards=2),
        "evicted": Storm(folder / "d", more={"max_memory_bytes": ROOM_TO_EVICT, "eviction": "allkeys-lru"}),
        "full": Storm(folder / "e", more={"max_memory_bytes": LIMIT}),
        "disk, every second": Storm(folder / "f", arguments=f"{AOF} everysec", limits=FILES_OF_200_KB),
        "disk, always": Storm(folder / "g", arguments=f"{AOF} always", limits=FILES_OF_200_KB),
        "refused": Storm(folder / "h", moved_to_another_port, phase="prepare"),
    }
    with pytest.MonkeyPatch.context() as patch, ThreadPoolExecutor(AT_ONCE) as pool:
        patch.setattr(happened, "ClockWatch", lambda: ClockWatch(clocks_that_jump()))
        yield {name: pool.submit(storm.run) for name, storm in found.items()}


def ended(storms: dict[str, Future[Result]], name: str, kind: str) -> tuple[Partial, HeadroomError]:
    """The partial result of a run that was ended, which names the state."""
    result, partial, error = storms[name].result()
    assert result is None and partial is not None and error is not None
    assert (partial.ended_by.kind, partial.ended_by.fatal) == (kind, True), partial.incidents
    return partial, error


def incident(result: Measurement, kind: str) -> Incident:
    """The only one of its kind."""
    [found] = [each for each in result.incidents if each.kind == kind]
    return found


def test_a_primary_that_is_killed_ends_the_run_and_what_was_answered_until_then_is_kept(
    storms: dict[str, Future[Result]],
) -> None:
    partial, error = ended(storms, "primary", weather.NODE_DIED)
    assert isinstance(error, Interrupted)
    assert re.match(r"The engine process of shard 0 \(primary, pid \d+\) was killed by SIGKILL\.", str(error))
    assert partial.phase == "replay"
    assert partial.replayed_s is not None and 0 < partial.replayed_s < SECONDS
    operations = partial.operations
    assert operations.planned == PER_S * SECONDS
    assert PER_S < operations.answered <= operations.sent < operations.planned
    assert partial.latency_us["all"].response.count == operations.answered
    assert partial.memory is not None and partial.memory.keys > 0
    assert partial.data_written is not None
    written, each = partial.data_written, len(VALUE) + len("*3\r\n$3\r\nSET\r\n$6\r\nkey:10\r\n$20000\r\n\r\n")
    assert written.commands > 0
    assert abs(written.bytes - written.commands * each) <= written.commands  # names of one and of three digits


def test_a_replica_that_dies_is_told_and_the_run_goes_on(storms: dict[str, Future[Result]]) -> None:
    result, partial, error = storms["survived"].result()
    assert error is None and partial is None and result is not None
    died = incident(result, weather.NODE_DIED)
    assert (died.where, died.spoils, died.fatal) == ("The replica of shard 0", (weather.REPLICAS,), False)
    assert result.memory.lines is not None and result.memory.lines.replicas_used_bytes is None
    assert result.snapshot.taken_on == "primary"
    assert result.operations.ok == PER_S * SECONDS
    assert result.data_written.bytes + result.data_written.protocol_bytes == result.data_written.offset_growth_bytes


def test_a_node_that_is_stopped_for_a_second_shows_in_response_times_which_are_then_not_valid(
    storms: dict[str, Future[Result]],
) -> None:
    result = storms["survived"].result()[0]
    assert result is not None
    slow = [each for each in result.incidents if each.kind == weather.SLOW_NODE]
    silent = next(each for each in slow if each.where == "The primary of shard 0")
    assert silent.lasted_s is not None and silent.lasted_s >= 0.5
    assert result.latency_us["all"].response.max >= silent.lasted_s * 1e6 * 0.9
    assert not result.valid_for_latency.ok
    assert silent.sentence in result.valid_for_latency.reason


def test_a_clock_that_jumps_is_told_with_what_it_spoils(storms: dict[str, Future[Result]]) -> None:
    result = storms["survived"].result()[0]
    assert result is not None
    jumped = incident(result, weather.CLOCK_JUMPED)
    assert "clock jumped 60.00 s forward" in jumped.seen
    assert jumped.at_s is not None and jumped.at_s < SECONDS
    assert jumped.sentence in result.assumptions


def test_a_node_that_is_stopped_for_ever_is_given_up_by_name(storms: dict[str, Future[Result]]) -> None:
    partial, error = ended(storms, "given up", weather.SLOW_NODE)
    assert str(error).startswith("The primary of shard 0 lives but has answered nothing for")
    assert partial.ended_by.at_s is not None and 0 < partial.ended_by.at_s < SECONDS
    assert partial.operations.unanswered > 0
    assert partial.operations.answered > 20


def test_memory_that_is_full_ends_a_run_that_may_not_evict(storms: dict[str, Future[Result]]) -> None:
    partial, error = ended(storms, "full", weather.OUT_OF_MEMORY)
    assert isinstance(error, InputError) and "refused writes (OOM)" in str(error)
    assert partial.ended_by.where == "The primary of shard 0"
    assert partial.operations.errors["OOM"] >= 1
    assert partial.operations.answered > 0


def test_evicted_keys_are_counted_and_memory_is_marked_as_bounded(storms: dict[str, Future[Result]]) -> None:
    result, partial, error = storms["evicted"].result()
    assert error is None and partial is None and result is not None
    evicted = incident(result, weather.EVICTED)
    assert re.match(
        r"The primary of shard 0 evicted \d+ keys to stay below maxmemory \(5.72 MiB, allkeys-lru\)", evicted.seen
    )
    assert weather.MEMORY in evicted.spoils
    assert evicted.sentence in result.assumptions
    assert result.memory.keys < KEYS / 2  # as many as were written


def test_a_full_disk_that_makes_the_engine_refuse_writes_ends_the_run(storms: dict[str, Future[Result]]) -> None:
    partial, _ = ended(storms, "disk, every second", weather.DISK_FULL)
    assert "cannot write its append-only file and refuses writes (MISCONF)" in partial.ended_by.seen
    assert partial.operations.answered > 0


def test_a_full_disk_that_makes_the_engine_end_is_told_apart_from_a_crash(storms: dict[str, Future[Result]]) -> None:
    partial, _ = ended(storms, "disk, always", weather.DISK_FULL)
    assert re.search(r"ended with status 1\. It wrote: .*AOF", partial.ended_by.seen)
    assert partial.operations.answered > 0


def test_a_port_that_nobody_listens_on_is_a_refused_connection(storms: dict[str, Future[Result]]) -> None:
    partial, _ = ended(storms, "refused", weather.CONNECTION)
    assert re.search(r"The primary of shard 0 \(port \d+\) lives and refuses connections", partial.ended_by.seen)
    assert (partial.operations.sent, partial.operations.planned) == (0, PER_S * SECONDS)
