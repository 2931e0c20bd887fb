"""Every ready workload runs on a real engine without a single error, and a sized recording fills it with recorded sizes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import redis

from engine.cluster.binaries import Engine
from engine.cluster.local import ClusterSpec, boot
from engine.cluster.node import Node
from engine.replay import resp, sized
from engine.replay.population import creations
from engine.replay.survey import Survey
from engine.run import RunSpec, measure
from engine.traces.model import Flag, Operation
from engine.traces.reading import read_recording
from engine.traces.store import iter_operations
from engine.traces.summaries.shape import WorkloadShape
from engine.traces.synthesis import generate, generate_from_shape, ready_workloads

pytestmark = pytest.mark.live
WORKLOADS = {workload.id: workload for workload in ready_workloads()}


@pytest.fixture(scope="module")
def node(embedded_engine: Engine) -> Iterator[Node]:
    """One primary that owns every slot; cluster mode, so that keys of different slots are refused."""
    with boot(ClusterSpec(embedded_engine, shards=1, replicas=0)) as cluster:
        yield cluster.shards[0].primary


def errors(replies: Any) -> list[str]:
    """Error replies, those inside EXEC's included."""
    if isinstance(replies, redis.RedisError):
        return [str(replies)]
    return [error for reply in replies for error in errors(reply)] if isinstance(replies, list) else []


def words(operation: Operation) -> list[bytes]:
    return resp.words_of(operation.cmd, operation.args or ())


@pytest.mark.parametrize("ident", WORKLOADS)
def test_a_ready_workload_runs_without_an_error_and_all_its_keys_exist(ident: str, node: Node, tmp_path: Path) -> None:
    node.ask("FLUSHALL")
    least = {slider.name: slider.low for slider in WORKLOADS[ident].sliders}
    small = {"keys": max(least["keys"], 50), "rate": 300, "duration_s": 2}
    header = generate(ident, small, seed=3, target=tmp_path / "trace.parquet")
    operations = [each for each in iter_operations(tmp_path / "trace.parquet") if not each.flags & Flag.LUA]
    assert errors(node.ask_all(words(each) for each in operations[: header.population])) == []
    assert node.ask("DBSIZE") >= small["keys"]
    assert errors(node.ask_all(words(each) for each in operations[header.population :])) == []
    assert len(operations) - header.population > 300


EVERY_KIND = """
GET SET APPEND INCR HGETALL HSET HDEL LRANGE LPUSH RPOP SADD SISMEMBER SREM ZADD ZRANGE ZREM XADD XRANGE GEOADD GEOPOS
PFADD PFCOUNT SETBIT GETBIT EVALSHA DEL PSETEX PEXPIRE BLPOP XREADGROUP SORT
"""


@pytest.mark.parametrize("kind", ["string", "hash", "zset", "list", "set", "geo"])
def test_a_workload_that_matches_a_summary_needs_the_memory_of_its_keys(kind: str, node: Node, tmp_path: Path) -> None:
    """Within 15 % of the bytes of a key, beside the tables of the keyspace; every command answered without an error."""
    node.ask("FLUSHALL")
    shape = WorkloadShape(
        "typed", reads_per_s=300.0, writes_per_s=100.0, command_types={kind: 1.0}, keys=3_000, item_bytes=700.0
    )
    header = generate_from_shape(shape, seed=1, duration_s=1, target=tmp_path / "trace.parquet")
    operations = list(iter_operations(tmp_path / "trace.parquet"))
    node.ask_all(words(each) for each in operations[: header.population][:1])
    empty = node.info("memory")["used_memory_dataset"]
    assert errors(node.ask_all(words(each) for each in operations[: header.population])) == []
    used = node.info("memory")["used_memory_dataset"] - empty
    assert used / node.ask("DBSIZE") == pytest.approx(700, rel=0.15)
    assert errors(node.ask_all(words(each) for each in operations[header.population :])) == []


def test_commands_of_every_kind_of_data_are_generated_from_a_summary(node: Node, tmp_path: Path) -> None:
    node.ask("FLUSHALL")
    shape = WorkloadShape(
        "info",
        commands=dict.fromkeys(EVERY_KIND.split(), 20.0),
        keys=2_000,
        item_bytes=500.0,
        ttl_share=0.3,
        hit_rate=0.9,
    )
    header = generate_from_shape(shape, seed=1, duration_s=3, target=tmp_path / "trace.parquet")
    operations = [each for each in iter_operations(tmp_path / "trace.parquet") if not each.flags & Flag.LUA]
    replies = node.ask_all(words(each) for each in operations)
    assert errors(replies) == []
    assert len(operations) > header.population + 1_500


SIZED = """\
0,article:1,17,213,4,get,0
0,article:2,27,27,5,get,0
1,user:7,30,500,4,set,3600
1,user:8,30,0,4,get,0
1,user:8,30,900,4,add,86400
1,hits,12,4,5,incr,0
1,visits,12,3,5,set,0
1,visits,12,3,5,decr,0
1,article:2,27,40,5,set,0
1,a-key-that-its-publisher-made-longer,20,100,6,set,0
1,a-key-that-its-publisher-made-longer,20,50,6,append,0
1,gone,9,10,7,set,0
1,gone,9,0,7,delete,0
"""


def test_a_recording_of_sizes_fills_the_engine_with_keys_and_values_of_these_sizes(node: Node, tmp_path: Path) -> None:
    node.ask("FLUSHALL")
    operations = sized_trace(tmp_path)
    survey = Survey()
    for each in operations:
        survey.look_at(each)
    created = node.ask_all(creation.words for creation in creations(survey, seed=1, speed=1.0))
    sent = node.ask_all(words(sized.spoken(each, survey.counted)) for each in operations)
    assert errors(created) + errors(sent) == []
    keys = [key for batch in node.key_batches(100) for key in batch]
    lengths = sorted((len(key), node.ask("STRLEN", key)) for key in keys)
    assert lengths == [(12, 3), (12, 4), (17, 213), (20, 150), (27, 40), (30, 500), (30, 900)]
    assert all(node.ask("PTTL", key) > 0 for key in keys if len(key) == 30)


def test_a_recording_of_sizes_is_measured_like_any_other(tmp_path: Path, embedded_engine: Engine) -> None:
    sized_trace(tmp_path)
    spec = RunSpec(tmp_path / "trace.parquet", tmp_path / "run", shards=1, replicas=0, engine=str(embedded_engine.path))
    result = measure(spec)
    assert result.operations.errors == {}
    assert (result.operations.sent, result.operations.not_replayed) == (13, {})
    assert result.memory.keys == 7
    values_and_keys = (500 + 30) + (900 + 30) + (40 + 27) + (100 + 20) + (50 + 20) + (10 + 9)
    assert values_and_keys < result.data_written.bytes < values_and_keys + 12 * 100


def sized_trace(folder: Path) -> list[Operation]:
    """The lines above as a stored trace."""
    source = folder / "cluster.csv"
    source.write_text(SIZED)
    read_recording(source, folder / "trace.parquet")
    return list(iter_operations(folder / "trace.parquet"))
