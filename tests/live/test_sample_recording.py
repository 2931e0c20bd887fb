"""The sample's script on a real engine: whole, honest, and all or nothing."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from engine.errors import Interrupted
from engine.traces.samples import record_ecommerce
from engine.traces.samples.record_ecommerce import record
from engine.traces.samples.shop import Shop
from tests.engine.traces.reading_as_is import read_recording

pytestmark = pytest.mark.live


def test_every_command_sent_has_its_line(tmp_path: Path) -> None:
    target = tmp_path / "shop.gz"
    recording = record(target, seconds=1.0, seed=5, commands_per_s=800, products=200, users=150)
    lines = gzip.decompress(target.read_bytes()).splitlines()
    assert lines[0] == b"OK"
    assert len(lines) - 1 == recording.commands + recording.script_commands
    assert recording.commands > 300
    assert recording.used_bytes > 200_000


def test_what_was_recorded_can_be_read_back(tmp_path: Path) -> None:
    target = tmp_path / "shop.gz"
    recording = record(target, seconds=1.0, seed=5, commands_per_s=800, products=200, users=150)
    header = read_recording(target, tmp_path / "shop.parquet")
    assert header.operations == recording.commands + recording.script_commands
    assert header.connections <= record_ecommerce.CONNECTIONS


def test_a_refused_command_ends_the_recording_and_keeps_the_older_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "recordings"
    folder.mkdir()
    target = folder / "shop.gz"
    target.write_bytes(b"older")
    monkeypatch.setattr(Shop, "population", lambda _: iter([("SET", "cart:1", "a string"), ("HGETALL", "cart:1")]))
    with pytest.raises(Interrupted, match="WRONGTYPE"):
        record(target, seconds=0.2, products=200, users=150)
    assert [(path.name, path.read_bytes()) for path in folder.iterdir()] == [("shop.gz", b"older")]
