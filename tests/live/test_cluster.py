"""A real cluster on this machine: it boots, serves, replicates, and never outlives its owner."""

from __future__ import annotations

import functools
import getpass
import os
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import psutil
import pytest

from engine.cluster import local
from engine.cluster.binaries import choose, find_engines
from engine.cluster.local import ClusterSpec, LocalCluster, boot
from engine.cluster.node import HOST
from engine.errors import Cancelled, InputError, Interrupted
from engine.replay import resp
from engine.slots import key_slot
from tests.live.waiting import wait_until

pytestmark = pytest.mark.live
PROJECT = Path(__file__).resolve().parents[2]
ENGINES = find_engines()

OWNER = """
import sys, time
from engine.cluster.binaries import choose
from engine.cluster.local import ClusterSpec, boot
with boot(ClusterSpec(choose(), shards=1, replicas=1)) as cluster:
    print(*(node.process.pid for node in cluster.nodes), cluster.folder, flush=True)
    time.sleep(600)
"""


@pytest.fixture(scope="module", params=ENGINES, ids=lambda engine: engine.ident)
def three_shards(request: pytest.FixtureRequest) -> Iterator[LocalCluster]:
    """With a replica each."""
    with boot(ClusterSpec(request.param, shards=3, replicas=1)) as cluster:
        yield cluster


def test_the_embedded_engine_is_the_default() -> None:
    assert choose().origin == "embedded wheel"
    assert choose().name == "valkey"


def test_an_engine_can_be_chosen_by_name_version_or_path() -> None:
    here = choose()
    assert choose("valkey") == choose(here.ident) == here
    assert choose(str(here.path)).version == here.version


def test_an_unknown_engine_is_refused_with_the_list_of_those_here() -> None:
    with pytest.raises(InputError, match=r"'mongodb' is not on this machine.*valkey-"):
        choose("mongodb")


def test_a_path_that_is_no_engine_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is not a Redis or Valkey server"):
        choose("/bin/echo")
    with pytest.raises(InputError, match="cannot be run as an engine"):
        choose(str(tmp_path / "nothing"))


def test_three_shards_with_replicas_serve_every_slot_and_replicate(three_shards: LocalCluster) -> None:
    for number in range(50):
        key = b"key:%d" % number
        slot = key_slot(key)
        shard = next(each for each in three_shards.shards if each.first <= slot <= each.last)
        assert shard.primary.ask("CLUSTER KEYSLOT", key) == slot
        assert shard.primary.ask("SET", key, b"value")
    for shard in three_shards.shards:
        assert shard.primary.ask("WAIT", 1, 5000) == 1
        assert shard.replicas[0].ask("DBSIZE") == shard.primary.ask("DBSIZE") > 0


def test_nothing_listens_beyond_loopback_and_strangers_need_the_password(three_shards: LocalCluster) -> None:
    for node in three_shards.nodes:
        listening = [each for each in psutil.Process(node.process.pid).net_connections() if each.status == "LISTEN"]
        assert {each.laddr.ip for each in listening} == {"127.0.0.1"}
        with socket.create_connection((HOST, node.port)) as stranger:
            stranger.sendall(resp.command([b"GET", b"a"]))
            assert stranger.recv(100).startswith(b"-NOAUTH")


def test_a_dead_engine_is_named_and_closing_ends_the_others_and_removes_the_folder() -> None:
    with boot(ClusterSpec(choose(), shards=1, replicas=1)) as cluster:
        pids = [node.process.pid for node in cluster.nodes]
        assert cluster.folder.is_dir()
        assert cluster.casualty() is None
        replica = cluster.shards[0].replicas[0]
        replica.process.kill()
        replica.process.wait()
        with pytest.raises(Interrupted, match=r"shard 0 \(replica, pid \d+\) was killed by SIGKILL"):
            cluster.require_alive()
    assert not any(psutil.pid_exists(pid) for pid in pids)
    assert not cluster.folder.exists()


def test_no_engine_outlives_an_owner_that_is_killed() -> None:
    owners = [started_owner(), started_owner()]
    folders = []
    for owner, how in zip(owners, (signal.SIGKILL, signal.SIGTERM), strict=True):
        with owner:
            assert owner.stdout is not None
            *pids, folder = owner.stdout.readline().split()
            folders.append(Path(folder))
            owner.send_signal(how)
            owner.wait(30)
            wait_until(functools.partial(all_gone, pids), "the engines to end")
    with boot(ClusterSpec(choose(), shards=1, replicas=0)):
        assert not any(folder.exists() for folder in folders)  # what a killed owner left is swept at the next boot


def started_owner() -> subprocess.Popen[str]:
    """A process that owns a cluster, and says the process numbers of its engines and its folder."""
    return subprocess.Popen([sys.executable, "-c", OWNER], stdout=subprocess.PIPE, text=True, cwd=PROJECT)


def all_gone(pids: Sequence[str]) -> bool:
    return not any(psutil.pid_exists(int(pid)) for pid in pids)


def test_more_data_than_memory_is_refused_before_anything_starts() -> None:
    with (
        pytest.raises(InputError, match=r"needs about .* of memory"),
        boot(ClusterSpec(choose(), data_bytes=psutil.virtual_memory().total)),
    ):
        pass


def test_a_stop_while_booting_leaves_nothing() -> None:
    before = _folders()
    with pytest.raises(Cancelled), boot(ClusterSpec(choose()), should_stop=lambda: True):
        pass
    assert _folders() == before


def test_a_taken_port_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """The ports found free are taken by somebody else the first time: the real engine cannot bind, and new ones are found."""
    find = local._free_ports
    calls = []

    def first_time_taken(count: int) -> list[int]:
        calls.append(count)
        return [taken] * count if len(calls) == 1 else find(count)

    with socket.socket() as somebody:
        somebody.bind((HOST, 0))
        taken = somebody.getsockname()[1]
        monkeypatch.setattr(local, "_free_ports", first_time_taken)
        with boot(ClusterSpec(choose(), shards=1, replicas=0)) as cluster:
            assert cluster.shards[0].primary.port != taken
    assert len(calls) == 2


def _folders() -> set[Path]:
    """Of this process alone: other workers' engines come and go meanwhile."""
    return set(
        (Path(tempfile.gettempdir()) / f"headroom-{getpass.getuser()}-{os.getuid()}").glob(f"cluster-{os.getpid()}-*")
    )
