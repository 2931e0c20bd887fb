"""Replays on clusters that are not ours: what is theirs stays, what is ours goes, and nobody reads a password on the way."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest

from engine.cluster.binaries import Engine, choose
from engine.cluster.external.network import Policy, machine_addresses, parse_networks
from engine.cluster.external.target import Target, parse_target
from engine.cluster.local import ClusterSpec, LocalCluster, boot
from engine.commands_refresh import server
from engine.errors import Cancelled, InputError, Interrupted
from engine.external_measurement import ExternalMeasurement
from engine.external_run import ExternalSpec, measure_there
from engine.progress import Progress, ignore
from engine.recording.address import Address
from engine.replay.external.keys import parse_prefix
from engine.replay.remote.hosting import listening
from tests.engine.replay.recordings import line, read
from tests.engine.traces.reading_as_is import read_recording
from tests.live.joining import TOKEN, files_in, started, words
from tests.live.tls_cluster import PASSWORD, RIGHTS, USER, TlsCluster, tls_cluster
from tests.live.up import free_port

pytestmark = pytest.mark.live
PROJECT = Path(__file__).parents[2]
MIXED = PROJECT / "tests" / "data" / "monitor" / "mixed_7.0.15.txt.gz"
LOCAL = Policy(parse_networks(["127.0.0.0/8", "::1"], "x"), machine=machine_addresses())
PREFIX = parse_prefix("headroom:")
THEIRS = {b"theirs:1", b"headroomy", b"{theirs}:2"}


@pytest.fixture(scope="module")
def cluster(debian_engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TlsCluster]:
    with tls_cluster(debian_engine, tmp_path_factory.mktemp("external")) as started:
        for key in THEIRS:
            started.owner(started.port_of(key), "SET", key, "kept")
        yield started


def target(cluster: TlsCluster, *, policy: Policy = LOCAL, password: str = PASSWORD) -> Target:
    return parse_target(cluster.url, {"HEADROOM_TARGET_PASSWORD": password}, ca=cluster.authority, policy=policy)


@pytest.fixture
def replay(tmp_path: Path) -> Callable[..., ExternalMeasurement]:
    """Measures a trace on a target; confirmed unless said otherwise."""

    def run(
        trace: Path, where: Target, report: Callable[[Progress], None] = ignore, **more: object
    ) -> ExternalMeasurement:
        stop, workers = more.pop("should_stop", lambda: False), more.pop("workers", None)
        spec = ExternalSpec(trace, tmp_path / "run", where, PREFIX, **{"confirmed": True, "per_s": 5000.0, **more})  # type: ignore[arg-type]
        return measure_there(spec, report=report, should_stop=stop, workers=workers)  # type: ignore[arg-type]

    return run


def short(tmp_path: Path, seconds: float = 0.2) -> Path:
    """Hundred keys written and read."""
    lines = [line(seconds * n / 100, f"SET key:{n} value") for n in range(100)]
    return read(tmp_path, [*lines, *(line(seconds, f"GET key:{n}") for n in range(100))])


def test_a_real_recording_on_a_cluster_with_tls_and_users(
    cluster: TlsCluster, tmp_path: Path, replay: Callable[..., ExternalMeasurement]
) -> None:
    read_recording(MIXED, tmp_path / "trace.parquet")
    cluster.everywhere("CONFIG", "RESETSTAT")
    command_lines: set[str] = set()

    def look(progress: Progress) -> None:
        if progress.phase == "replay":
            command_lines.update(" ".join(each.cmdline()) for each in psutil.Process().children())

    result = replay(tmp_path / "trace.parquet", target(cluster), look)
    operations = result.operations
    assert operations.sent + sum(operations.not_replayed.values()) == operations.recorded
    assert (operations.errors, operations.dropped, operations.unanswered) == ({"WRONGTYPE": 1}, 0, 0)
    assert (result.topology.shards, result.topology.clustered, result.stopped) == (3, True, "")
    assert result.engine is not None
    assert (result.engine.name, result.engine.version) == ("redis", "7.0.15")
    assert result.latency_us["all"].service.count > 10_000
    assert result.memory is not None
    assert (result.memory.others_keys, result.memory.own_keys) == (len(THEIRS), result.removed_keys)
    assert result.removed_keys > 100
    assert result.families
    assert result.execution_us
    assert (result.data_written, result.snapshot) == (None, None)
    assert set(result.not_measured) == {"data_written", "snapshot", "us_per_op", "replication_growth_bytes"}
    seen = b" ".join(cluster.everywhere("INFO", "commandstats")).decode()
    for forbidden in (
        "flushall",
        "flushdb",
        "keys",
        "config|get",
        "psync",
        "debug",
        "eval",
        "publish",
        "bgsave",
        "wait",
    ):
        assert f"cmdstat_{forbidden}:" not in seen
    assert cluster.keys() == THEIRS
    assert any("engine.replay.external.player" in each for each in command_lines)
    assert not any(PASSWORD in each for each in command_lines)


def test_two_workers_play_over_tls_what_one_player_would(
    cluster: TlsCluster, tmp_path: Path, replay: Callable[..., ExternalMeasurement]
) -> None:
    lines = [line(0.002 * n, f"SET key:{n} value", client=f"127.0.0.1:{5000 + n % 4}") for n in range(200)]
    allowed = ("--allow-network", "127.0.0.0/8", "--allow-network", "::1")
    with (
        listening(Address("127.0.0.1", 0), 2, TOKEN.encode()) as workers,
        started(workers.address, tmp_path / "there", TOKEN, TOKEN, options=allowed) as both,
    ):
        result = replay(read(tmp_path, lines), target(cluster), workers=workers, players=2)
        endings = [words(process) for process in both]
    assert [status for status, _ in endings] == [0, 0]
    assert not any(PASSWORD in text for _, text in endings)
    assert (result.operations.ok, result.removed_keys, result.stopped) == (200, 200, "")
    assert [each.operations for each in result.sources] == [100, 100]
    assert sum("2 player processes shared" in note for note in result.assumptions) == 1
    assert files_in(tmp_path / "there") == []
    assert cluster.keys() == THEIRS


def test_a_worker_connects_to_nothing_its_own_host_forbids(
    cluster: TlsCluster, tmp_path: Path, replay: Callable[..., ExternalMeasurement]
) -> None:
    with (
        listening(Address("127.0.0.1", 0), 1, TOKEN.encode()) as workers,
        started(workers.address, tmp_path / "there", TOKEN) as [worker],
    ):
        with pytest.raises(
            Interrupted, match=r"worker 1 .*: .* is an address of this machine, which is not allowed here"
        ):
            replay(short(tmp_path), target(cluster), workers=workers)
        status, text = words(worker)
    assert (status, "--allow-network" in text) == (1, True)
    assert cluster.keys() == THEIRS


def test_a_stop_in_the_middle_removes_what_was_written(
    cluster: TlsCluster, tmp_path: Path, replay: Callable[..., ExternalMeasurement]
) -> None:
    written: list[int] = []

    def look(progress: Progress) -> None:
        if progress.phase == "replay":
            written.append(len(cluster.keys() - THEIRS))

    with pytest.raises(Cancelled):
        replay(short(tmp_path, seconds=60), target(cluster), look, should_stop=lambda: any(written))
    assert max(written) > 0
    assert cluster.keys() == THEIRS


def test_what_an_earlier_run_left_is_refused_until_it_may_be_removed(
    cluster: TlsCluster, tmp_path: Path, replay: Callable[..., ExternalMeasurement]
) -> None:
    left = PREFIX.key(b"left")
    cluster.owner(cluster.port_of(left), "SET", left, "behind")
    with pytest.raises(InputError, match=r"1 keys under “headroom:” exist already.*--remove-leftovers"):
        replay(short(tmp_path), target(cluster))
    assert cluster.keys() == {*THEIRS, left}
    assert replay(short(tmp_path), target(cluster), remove_leftovers=True).removed_keys == 100
    assert cluster.keys() == THEIRS


def test_servers_that_refuse_end_the_replay_and_what_was_measured_is_kept(
    cluster: TlsCluster, tmp_path: Path, replay: Callable[..., ExternalMeasurement]
) -> None:
    lines = [
        *(line(0.001 * n, f"INCR counter:{n}") for n in range(50)),
        *(line(0.3, f"SET k:{n} v") for n in range(5000)),
    ]
    cluster.everywhere("ACL", "SETUSER", USER, "-set")
    try:
        result = replay(read(tmp_path, lines), target(cluster))
    finally:
        cluster.everywhere("ACL", "SETUSER", USER, "reset", "on", f">{PASSWORD}", *RIGHTS.split())
    assert "NOPERM" in result.stopped
    assert result.operations.ok == 50
    assert result.operations.sent < 5050
    assert result.removed_keys == 50
    assert cluster.keys() == THEIRS


def test_what_a_user_may_not_ask_is_missing_with_the_reason(
    cluster: TlsCluster, tmp_path: Path, replay: Callable[..., ExternalMeasurement]
) -> None:
    cluster.everywhere("ACL", "SETUSER", USER, "-memory|usage", "-info", "-dbsize", "-cluster|slots", "+cluster|shards")
    try:
        result = replay(short(tmp_path), target(cluster))
    finally:
        cluster.everywhere("ACL", "SETUSER", USER, "reset", "on", f">{PASSWORD}", *RIGHTS.split())
    assert (result.memory, result.families, result.execution_us, result.engine) == (None, None, None, None)
    assert "refuses MEMORY USAGE" in result.not_measured["families"]
    assert result.operations.ok == 200
    assert result.removed_keys == 100


def test_figures_that_cannot_be_are_refused(tmp_path: Path, replay: Callable[..., ExternalMeasurement]) -> None:
    nobody = parse_target(f"redis://127.0.0.1:{free_port()}", {}, policy=LOCAL)
    for more, message in (
        ({"per_s": 0.0}, "--max-rate"),
        ({"per_s": float("nan")}, "--max-rate"),
        ({"speed": -1.0}, "--speed"),
    ):
        with pytest.raises(InputError, match=message):
            replay(short(tmp_path), nobody, **more)


@pytest.mark.parametrize("command", ["unlink", "scan"])
def test_a_user_who_could_not_clean_up_may_not_begin(
    cluster: TlsCluster, tmp_path: Path, replay: Callable[..., ExternalMeasurement], command: str
) -> None:
    cluster.everywhere("ACL", "SETUSER", USER, f"-{command}")
    try:
        with pytest.raises(InputError, match=rf"NOPERM.*{command}.*so that own keys can be removed"):
            replay(short(tmp_path), target(cluster))
    finally:
        cluster.everywhere("ACL", "SETUSER", USER, "reset", "on", f">{PASSWORD}", *RIGHTS.split())
    assert cluster.keys() == THEIRS


def test_keys_that_may_not_be_created_end_it_before_the_replay(
    cluster: TlsCluster, tmp_path: Path, replay: Callable[..., ExternalMeasurement]
) -> None:
    cluster.everywhere("ACL", "SETUSER", USER, "-hset")
    trace = read(tmp_path, [line(0, "GET before:1"), line(0.1, "HGET before:2 field")])
    try:
        with pytest.raises(InputError, match=r"refused to create keys \(NOPERM\).*~headroom:\*"):
            replay(trace, target(cluster))
    finally:
        cluster.everywhere("ACL", "SETUSER", USER, "reset", "on", f">{PASSWORD}", *RIGHTS.split())
    assert cluster.keys() == THEIRS


def test_without_the_confirmation_nothing_is_connected_to(
    tmp_path: Path, replay: Callable[..., ExternalMeasurement]
) -> None:
    nobody = parse_target(f"redis://127.0.0.1:{free_port()}", {}, policy=LOCAL)
    with pytest.raises(
        InputError, match=r"200 commands at up to 5,000 a second.*Nothing was sent.*--i-own-this-cluster"
    ):
        replay(short(tmp_path), nobody, confirmed=False)
    with pytest.raises(Interrupted, match=r"cannot be reached \(Connection refused\)"):
        replay(short(tmp_path), nobody)


def test_a_cluster_on_this_machine_is_refused_until_allowed(
    cluster: TlsCluster, tmp_path: Path, replay: Callable[..., ExternalMeasurement]
) -> None:
    with pytest.raises(InputError, match="an address of this machine, which is not allowed"):
        replay(short(tmp_path), target(cluster, policy=Policy(machine=machine_addresses())))


def test_wrong_sign_ins_and_unknown_certificates_are_refused_without_the_password(
    cluster: TlsCluster, tmp_path: Path, replay: Callable[..., ExternalMeasurement]
) -> None:
    with pytest.raises(InputError, match=r"refused the sign-in \(WRONGPASS\).*HEADROOM_TARGET_PASSWORD") as caught:
        replay(short(tmp_path), target(cluster, password="mistaken-word"))
    assert "mistaken-word" not in str(caught.value)
    stranger = parse_target(cluster.url, {"HEADROOM_TARGET_PASSWORD": PASSWORD}, policy=LOCAL)
    with pytest.raises(InputError, match=r"TLS failed .*--ca"):
        replay(short(tmp_path), stranger)


@pytest.fixture(scope="module")
def valkey() -> Iterator[LocalCluster]:
    with boot(ClusterSpec(choose(), shards=3, replicas=1)) as booted:
        yield booted


def test_the_embedded_valkey_with_replicas(
    valkey: LocalCluster, tmp_path: Path, replay: Callable[..., ExternalMeasurement]
) -> None:
    """By hand: 100 SETs of the replication stream; the prefix adds `headroom:b:{` and `}`, 13 bytes, to each of 100 names."""
    url = f"redis://:{valkey.password}@127.0.0.1:{valkey.shards[0].primary.port}"
    result = replay(short(tmp_path), parse_target(url, {}, policy=LOCAL))
    assert (result.topology.shards, result.topology.replicas) == (3, 3)
    assert result.operations.ok == 200
    assert result.memory is not None
    assert (result.memory.own_keys, result.memory.prefix_bytes) == (100, 1300)
    assert result.replication_growth_bytes is not None
    assert result.replication_growth_bytes > 100 * len("*3$3SETheadroom:b:{key:1}value")
    assert [(each.pattern, each.keys) for each in result.families or ()] == [("key:{id}", 100)]
    assert sum(int(shard.primary.client.dbsize()) for shard in valkey.shards) == 0


def test_a_replica_is_no_target_for_writes(
    valkey: LocalCluster, debian_engine: Engine, tmp_path: Path, replay: Callable[..., ExternalMeasurement]
) -> None:
    """In a cluster any node will do, because it names the primaries; a single server has to be one."""
    url = f"redis://:{valkey.password}@127.0.0.1:{valkey.shards[0].replicas[0].port}"
    assert replay(short(tmp_path), parse_target(url, {}, policy=LOCAL)).operations.ok == 200
    with server(debian_engine.path) as primary, server(debian_engine.path) as other:
        other.call("REPLICAOF", "127.0.0.1", str(primary.port))
        with pytest.raises(InputError, match="is a replica, which takes no writes"):
            replay(short(tmp_path), parse_target(f"redis://127.0.0.1:{other.port}", {}, policy=LOCAL))
        result = replay(short(tmp_path), parse_target(f"redis://127.0.0.1:{primary.port}", {}, policy=LOCAL))
        assert (result.topology.shards, result.topology.clustered, result.operations.ok) == (1, False, 200)


def test_the_command_line_says_everything_but_the_password(cluster: TlsCluster, tmp_path: Path) -> None:
    out = tmp_path / "out.json"
    command = [sys.executable, "-m", "engine", "replay", str(short(tmp_path)), "--target", cluster.url]
    command += ["--ca", str(cluster.authority), "--allow-network", "127.0.0.0/8", "--allow-network", "::1"]
    environment = {**os.environ, "HEADROOM_TARGET_PASSWORD": PASSWORD}
    command += ["--i-own-this-cluster", "--json", str(out)]
    done = subprocess.run(command, cwd=PROJECT, env=environment, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"Not measured there: data_written. " in done.stdout
    written = json.loads(out.read_text())
    assert (written["kind"], written["operations"]["ok"], written["data_written"]) == (
        "external measurement",
        200,
        None,
    )
    assert PASSWORD.encode() not in done.stdout + out.read_bytes()
    assert cluster.keys() == THEIRS


def test_a_node_that_dies_ends_it_with_what_was_measured_and_says_whose_keys_are_left(
    debian_engine: Engine, tmp_path: Path, replay: Callable[..., ExternalMeasurement]
) -> None:
    folder = tmp_path / "cluster"
    folder.mkdir()
    trace = read(tmp_path, [line(n * 0.01, f"SET key:{n} value") for n in range(3000)])
    with tls_cluster(debian_engine, folder) as own:

        def look(progress: Progress) -> None:
            if progress.phase == "replay" and progress.done > 30:
                own.processes[1].kill()

        result = replay(trace, target(own), look)
        assert "closed a connection" in result.stopped or "connection was lost" in result.stopped
        assert not result.valid_for_latency.ok
        assert 30 < result.operations.ok < 3000
        assert result.latency_us["write"].service.count > 30
        assert (result.memory, result.families) == (None, None)
        assert "--remove-leftovers" in result.left_behind
        assert [own.owner(own.ports[place], "DBSIZE") for place in (0, 2)] == [0, 0]
