"""The recorder on real servers: a cluster that fails over, sampling, TLS and users, and servers that say no."""

from __future__ import annotations

import contextlib
import gzip
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import IO, Any

import pytest

from engine import processes
from engine.cluster.binaries import Engine, choose
from engine.cluster.local import ClusterSpec, LocalCluster, boot
from engine.cluster.node import Node
from engine.errors import InputError
from engine.progress import Progress
from engine.recording.address import Access, Address, parse_url
from engine.recording.recorder import Recording, Spec, record
from engine.recording.sampling import in_share
from engine.replay import resp
from engine.slots import key_slot
from engine.traces.reading import read_recording
from tests.live.tls_cluster import make_certificate
from tests.live.up import free_port
from tests.live.waiting import wait_until

pytestmark = pytest.mark.live
PROJECT = Path(__file__).resolve().parents[2]
OUR_COMMANDS = {b"PING", b"INFO", b"CLUSTER", b"TIME", b"MONITOR"}
LONG_S = 120  # recordings that the test itself ends


class Running:
    """A recording in a thread of its own, to be worked beside; `result` once it is stopped."""

    def __init__(self, spec: Spec) -> None:
        self.result: Recording | None = None
        self.error: Exception | None = None
        self._stop = threading.Event()
        self._listening = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(spec,))
        self._thread.start()
        wait_until(lambda: self._listening.is_set() or not self._thread.is_alive(), "the recording to begin")

    def stop(self) -> Recording:
        self._stop.set()
        self._thread.join(60)
        if self.error is not None:
            raise self.error
        assert self.result is not None
        return self.result

    def _run(self, spec: Spec) -> None:
        try:
            self.result = record(spec, report=self._hear, should_stop=self._stop.is_set)
        except Exception as error:
            self.error = error

    def _hear(self, progress: Progress) -> None:
        if progress.phase == "record":
            self._listening.set()


@pytest.fixture(scope="module")
def cluster() -> Iterator[LocalCluster]:
    with boot(ClusterSpec(choose(), shards=3, replicas=1)) as booted:
        yield booted


def spec_for(cluster: LocalCluster, target: Path, *, share: Fraction = Fraction(1), redact: bool = True) -> Spec:
    """Any node will do to find the others."""
    address = Address("127.0.0.1", cluster.shards[2].replicas[0].port)
    return Spec(address, Access(password=cluster.password), LONG_S, target, share, redact=redact, baseline_s=0.2)


def lines_of(target: Path) -> list[bytes]:
    """The commands of a recording, without the facts at its end."""
    *lines, facts = gzip.decompress(target.read_bytes()).splitlines()
    assert facts.startswith(b"# headroom {")
    return lines


def facts_of(target: Path) -> dict[str, Any]:
    last = gzip.decompress(target.read_bytes()).splitlines()[-1]
    facts: dict[str, Any] = json.loads(last.removeprefix(b"# headroom "))
    return facts


def words(line: bytes) -> list[bytes]:
    return line.partition(b'] "')[2].removesuffix(b'"').split(b'" "')


def write(cluster: LocalCluster, keys: Sequence[bytes], value: bytes = b"somebody's value") -> None:
    for key in keys:
        node_for(cluster, key).ask("SET", key, value)


def node_for(cluster: LocalCluster, key: bytes) -> Node:
    """Who serves the key: the primary, or the replica when that has died."""
    shard = next(each for each in cluster.shards if each.first <= key_slot(key) <= each.last)
    return shard.primary if shard.primary.process.poll() is None else shard.replicas[0]


def test_every_command_of_every_shard_is_recorded_redacted_and_readable(cluster: LocalCluster, tmp_path: Path) -> None:
    running = Running(spec_for(cluster, tmp_path / "out.gz"))
    keys = [b"user:alice%d:cart" % number for number in range(300)]
    write(cluster, keys)
    result = running.stop()
    lines = lines_of(tmp_path / "out.gz")
    sets = [words(line) for line in lines if words(line)[0] == b"SET"]
    assert len(sets) == len({key for _, key, _ in sets}) == 300
    assert not OUR_COMMANDS & {words(line)[0] for line in lines}
    assert b"alice" not in b"".join(lines)
    assert b"somebody" not in b"".join(lines)
    assert all(key.startswith(b"user:") and key.endswith(b":cart") for _, key, _ in sets)
    assert {len(key) for _, key, _ in sets} == {len(key) for key in keys}
    times = [line.split(b" ", 1)[0] for line in lines]
    assert times == sorted(times)
    assert (result.shards, result.gaps, result.unreadable) == (3, (), 0)
    assert all(cost.cpu_before is not None and cost.cpu_during is not None for cost in result.overhead)
    header = read_recording(tmp_path / "out.gz", tmp_path / "trace.parquet")
    assert header.operations == len(lines) == result.kept
    assert header.engine_version == choose().version


def test_a_sample_has_exactly_the_keys_whose_hash_is_in_the_share(cluster: LocalCluster, tmp_path: Path) -> None:
    share = Fraction(1, 4)
    running = Running(spec_for(cluster, tmp_path / "out.gz", share=share, redact=False))
    keys = [b"session:%d" % number for number in range(400)]
    write(cluster, keys)
    running.stop()
    recorded = [words(line)[1] for line in lines_of(tmp_path / "out.gz") if words(line)[0] == b"SET"]
    assert sorted(recorded) == sorted(key for key in keys if in_share(key, share))
    assert 50 < len(recorded) < 150
    assert facts_of(tmp_path / "out.gz")["sampling"] == 0.25
    assert read_recording(tmp_path / "out.gz", tmp_path / "trace.parquet").key_sampling == 0.25


def test_a_failover_is_followed_and_the_gap_is_written_down(cluster: LocalCluster, tmp_path: Path) -> None:
    """The last of the cluster's tests: the primary of shard 1 does not come back."""
    running = Running(spec_for(cluster, tmp_path / "out.gz", redact=False))
    here = [b"before:%d" % n for n in range(300)]
    write(cluster, here)
    shard = cluster.shards[1]
    shard.primary.process.kill()
    shard.primary.process.wait()
    shard.replicas[0].ask("CLUSTER", "FAILOVER", "TAKEOVER")
    wait_until(lambda: b"cmd=monitor" in shard.replicas[0].ask("CLIENT", "LIST"), "the recorder to come")
    after = [b"after:%d" % n for n in range(300)]
    write(cluster, after)
    result = running.stop()
    recorded = {words(line)[1] for line in lines_of(tmp_path / "out.gz") if words(line)[0] == b"SET"}
    assert recorded == {*here, *after}
    [gap] = result.gaps
    assert gap.shard == 1
    assert 0 < gap.to_us - gap.from_us < LONG_S * 1_000_000
    [noted] = facts_of(tmp_path / "out.gz")["gaps"]
    assert (noted["from_us"], noted["to_us"]) == (gap.from_us, gap.to_us)
    assert "Shard 1 was not recorded for" in result.notes[0]
    assert [cost.cpu_during is None for cost in result.overhead] == [False, True, False]


@dataclass(frozen=True, slots=True)
class Server:
    """A standalone server with TLS, a plain port, a socket, and three users."""

    port: int
    tls_port: int
    folder: Path

    @property
    def authority(self) -> Path:
        return self.folder / "ca.pem"

    @property
    def socket(self) -> Path:
        return self.folder / f"{self.port}.sock"

    def listeners(self) -> set[str]:
        """The connections in MONITOR, by their numbers."""
        clients = self.send("CLIENT LIST").decode().splitlines()
        return {line.split()[0].removeprefix("id=") for line in clients if "cmd=monitor" in line}

    def send(self, *commands: str) -> bytes:
        """As the administrator, on the plain port; the replies as they come, one for each command."""
        with socket.create_connection(("127.0.0.1", self.port)) as plain, plain.makefile("rb") as file:
            plain.sendall(b"".join(resp.command([word.encode() for word in each.split()]) for each in commands))
            return b"".join(_reply(file) for _ in commands)


def _reply(file: IO[bytes]) -> bytes:
    """A text or a number; of an array only the first line, which is enough for an EXEC of one command."""
    first = file.readline()
    if first.startswith(b"$"):
        return file.read(int(first[1:]) + 2)
    return first + _reply(file) if first == b"*1\r\n" else first


@pytest.fixture(scope="module")
def server(debian_engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("tls")
    make_certificate(folder, "IP:127.0.0.1")
    with _started(debian_engine, folder) as started:
        yield started


@contextlib.contextmanager
def _started(engine: Engine, folder: Path, *more: str) -> Iterator[Server]:
    server = Server(free_port(), free_port(), folder)
    options = {
        "bind": "127.0.0.1", "port": server.port, "tls-port": server.tls_port, "tls-auth-clients": "no",
        "tls-cert-file": folder / "cert.pem", "tls-key-file": folder / "key.pem", "tls-ca-cert-file": folder / "ca.pem",
        "unixsocket": server.socket, "dir": folder, "appendonly": "no",
    }  # fmt: skip
    words = [str(word) for name, value in options.items() for word in (f"--{name}", value)]
    users = (
        "--user recorder on >right ~* &* +monitor +info +ping +time",
        "--user reader on >right ~* &* +@read +info +ping",
    )
    words += [word for user in users for word in user.split()]
    process = processes.spawn([str(engine.path), *words, "--save", "", *more], stdout=subprocess.DEVNULL)
    try:
        wait_until(lambda: _answers(server), "the server")
        yield server
    finally:
        processes.end(process)


def _answers(server: Server) -> bool:
    try:
        return server.send("PING") == b"+PONG\r\n"
    except OSError:
        return False


def test_a_server_with_tls_and_users_is_recorded(server: Server, tmp_path: Path) -> None:
    url = f"rediss://recorder@127.0.0.1:{server.tls_port}"
    address, access = parse_url(url, {"HEADROOM_RECORD_PASSWORD": "right"}, ca=server.authority)
    running = Running(Spec(address, access, LONG_S, tmp_path / "out.gz", baseline_s=0.2))
    server.send(*(f"SET key:{number} value" for number in range(50)), "MULTI", "INCR n", "EXEC")
    result = running.stop()
    assert [words(line)[0] for line in lines_of(tmp_path / "out.gz")] == [b"SET"] * 50 + [b"MULTI", b"INCR", b"EXEC"]
    assert result.shards == 1
    assert result.overhead[0].cpu_during is not None


def test_a_stream_that_the_server_closes_is_opened_again(server: Server, tmp_path: Path) -> None:
    """What a server does to a client whose output buffer is full: it closes the connection."""
    running = Running(Spec(Address("127.0.0.1", server.port), Access(), LONG_S, tmp_path / "out.gz", baseline_s=0.2))
    [ident] = server.listeners()
    server.send("SET first 1")
    server.send(f"CLIENT KILL ID {ident}")
    wait_until(lambda: server.listeners() - {ident}, "the recorder to come back")
    server.send("SET second 1")
    result = running.stop()
    assert [words(line)[0] for line in lines_of(tmp_path / "out.gz")].count(b"SET") == 2
    [gap] = result.gaps
    assert "closed the connection" in gap.reason


@pytest.mark.parametrize(
    ("user", "password", "message"),
    [
        ("reader", "right", r"this user may not run MONITOR.*\+monitor.*pcap.*AOF, RDB.*CloudWatch"),
        ("recorder", "wrong", r"refused the sign-in \(WRONGPASS\)"),
    ],
)
def test_a_user_who_may_not_is_told_what_else_there_is(
    server: Server, tmp_path: Path, user: str, password: str, message: str
) -> None:
    access = Access(user=user, password=password)
    with pytest.raises(InputError, match=message) as caught:
        record(Spec(Address("127.0.0.1", server.port), access, 1, tmp_path / "out.gz", baseline_s=0))
    assert password not in str(caught.value).replace("right?", "")
    assert not (tmp_path / "out.gz").exists()


def test_a_server_without_monitor_is_refused_with_the_alternatives(
    server: Server, debian_engine: Engine, tmp_path: Path
) -> None:
    with (
        _started(debian_engine, server.folder, "--rename-command", "MONITOR", "") as other,
        pytest.raises(InputError, match=r"MONITOR does not exist there \(serverless.*pcap.*CloudWatch"),
    ):
        record(Spec(Address("127.0.0.1", other.port), Access(), 1, tmp_path / "out.gz", baseline_s=0))


def test_a_certificate_nobody_knows_is_refused(server: Server, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"TLS failed .*--ca"):
        record(Spec(Address("127.0.0.1", server.tls_port), Access(tls=True), 1, tmp_path / "out.gz"))


def test_nobody_there_is_said_plainly(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"127\.0\.0\.1:\d+ cannot be reached \(Connection refused\)"):
        record(Spec(Address("127.0.0.1", free_port()), Access(), 1, tmp_path / "out.gz"))


def test_the_command_line_stops_on_ctrl_c_and_keeps_what_it_has(server: Server, tmp_path: Path) -> None:
    target = tmp_path / "out.gz"
    command = [sys.executable, "-m", "engine", "record", f"unix://{server.socket}", "--seconds", "100"]
    environment = {**os.environ, "HEADROOM_RECORD_PASSWORD": ""}
    with processes.spawn(
        [*command, "--out", str(target)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=PROJECT, env=environment
    ) as process:
        wait_until(server.listeners, "the recorder to listen")
        server.send("SET key value")
        process.send_signal(signal.SIGINT)
        out, errors = process.communicate(timeout=120)
    assert (process.returncode, errors) == (0, b"")
    assert b"kept of" in out
    assert [words(line)[0] for line in lines_of(target)].count(b"SET") == 1
    assert not OUR_COMMANDS & {words(line)[0] for line in lines_of(target)}
