"""A real cluster on this machine: it boots, serves, replicates, and never outlives its owner."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from engine.cluster import local
from engine.cluster.binaries import Engine, choose, find_engines
from engine.cluster.local import ClusterSpec, boot
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


@pytest.fixture(params=ENGINES, ids=lambda engine: engine.ident)
def engine(request: pytest.FixtureRequest) -> Engine:
    chosen: Engine = request.param
    return chosen


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


def test_three_shards_with_replicas_serve_every_slot_and_replicate(engine: Engine) -> None:
    with boot(ClusterSpec(engine, shards=3, replicas=1)) as cluster:
        for number in range(50):
            key = b"key:%d" % number
            slot = key_slot(key)
            shard = next(each for each in cluster.shards if each.first <= slot <= each.last)
            assert shard.primary.ask("CLUSTER KEYSLOT", key) == slot
            assert shard.primary.ask("SET", key, b"value")
        for shard in cluster.shards:
            assert shard.primary.ask("WAIT", 1, 5000) == 1
            assert shard.replicas[0].ask("DBSIZE") == shard.primary.ask("DBSIZE") > 0


def test_nothing_listens_beyond_loopback_and_strangers_need_the_password(engine: Engine) -> None:
    with boot(ClusterSpec(engine, shards=1, replicas=0)) as cluster:
        node = cluster.shards[0].primary
        listening = [each for each in psutil.Process(node.process.pid).net_connections() if each.status == "LISTEN"]
        assert {each.laddr.ip for each in listening} == {"127.0.0.1"}
        with socket.create_connection((HOST, node.port)) as stranger:
            stranger.sendall(resp.command([b"GET", b"a"]))
            assert stranger.recv(100).startswith(b"-NOAUTH")


def test_closing_ends_every_process_and_removes_the_folder() -> None:
    with boot(ClusterSpec(choose(), shards=1, replicas=1)) as cluster:
        pids = [node.process.pid for node in cluster.nodes]
        assert cluster.folder.is_dir()
    assert not any(psutil.pid_exists(pid) for pid in pids)
    assert not cluster.folder.exists()


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_no_engine_outlives_an_owner_that_is_killed(how: signal.Signals) -> None:
    with subprocess.Popen([sys.executable, "-c", OWNER], stdout=subprocess.PIPE, text=True, cwd=PROJECT) as owner:
        assert owner.stdout is not None
        *pids, folder = owner.stdout.readline().split()
        owner.send_signal(how)
        owner.wait(10)
        wait_until(lambda: not any(psutil.pid_exists(int(pid)) for pid in pids), "the engines to end")
    with boot(ClusterSpec(choose(), shards=1, replicas=0)):
        assert not Path(folder).exists()  # what a killed owner left is swept at the next boot


def test_a_dead_engine_is_named() -> None:
    with boot(ClusterSpec(choose(), shards=1, replicas=1)) as cluster:
        assert cluster.casualty() is None
        replica = cluster.shards[0].replicas[0]
        replica.process.kill()
        replica.process.wait()
        with pytest.raises(Interrupted, match=r"shard 0 \(replica, pid \d+\) was killed by SIGKILL"):
            cluster.require_alive()


def test_more_data_than_memory_is_refused_before_anything_starts() -> None:
    with (
        pytest.raises(InputError, match=r"needs about .* of memory"),
        boot(ClusterSpec(choose(), data_bytes=psutil.virtual_memory().total)),
    ):
        pass


def test_a_stop_while_booting_leaves_nothing() -> None:
    with pytest.raises(Cancelled), boot(ClusterSpec(choose()), should_stop=lambda: True):
        pass
    mine = f"-{os.getpid()}-"  # other workers' engines come and go meanwhile
    assert [folder for folder in _folders() if mine in folder.name] == []


def test_a_taken_port_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """The ports found free are taken by somebody else the first time: the real engine cannot bind, and new ones are found."""
    find = local._free_ports
    calls = []

    def first_time_taken(count: int) -> list[int]:
        calls.append(count)
        return [taken] * count if len(calls) == 1 else find(count)

    with boot(ClusterSpec(choose(), shards=1, replicas=0)) as other:
        taken = other.shards[0].primary.port
        monkeypatch.setattr(local, "_free_ports", first_time_taken)
        with boot(ClusterSpec(choose(), shards=1, replicas=0)) as cluster:
            assert cluster.shards[0].primary.port != taken
    assert len(calls) == 2


def _folders() -> list[Path]:
    import getpass
    import tempfile

    return list((Path(tempfile.gettempdir()) / f"headroom-{getpass.getuser()}-{os.getuid()}").glob("cluster-*"))
