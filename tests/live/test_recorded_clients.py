"""What real clients do, replayed on real engines by both players: messages, watched keys, scripts, streams, pipelines."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from engine.cluster.binaries import Engine, find_engines
from engine.cluster.local import ClusterSpec, LocalCluster, boot
from engine.replay.bulk import BulkLink
from engine.slots import key_slot

pytestmark = pytest.mark.live


@pytest.fixture(scope="module", params=find_engines(), ids=lambda engine: engine.ident)
def cluster(request: pytest.FixtureRequest) -> Iterator[LocalCluster]:
    """Two primaries without replicas of their own."""
    engine: Engine = request.param
    with boot(ClusterSpec(engine, shards=2, replicas=0)) as booted:
        yield booted


def test_a_primary_without_replicas_survives_a_sharded_message(cluster: LocalCluster) -> None:
    shard = next(each for each in cluster.shards if each.first <= key_slot(b"news") <= each.last)
    with BulkLink(shard.primary.port, cluster.password) as link:
        assert link.send([(b"SPUBLISH", b"news", b"hello")]) == {}
    cluster.require_alive()
