"""Wrappings come off by content, in pieces; whatever could escape, explode or mislead is refused with its name."""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import os
import random
import struct
import tarfile
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.errors import Cancelled, InputError
from engine.progress import Progress, ignore, never
from engine.traces.limits import BLOCK_BYTES, HEAD_BYTES, MAX_MEMBERS
from engine.traces.wrapping import unwrap
from tests.engine.traces.wrapping_making import Files, contents, tar, tar_of, unwrapped, zipped, zstd

MIB = 1 << 20
NOISE = random.Random(7).randbytes(MIB + MIB // 2)
TEXT = NOISE + b"some text\n" * 200_000


def refused(folder: Path, *files: bytes) -> InputError:
    with pytest.raises(InputError) as caught:
        contents(folder, *files)
    assert str(caught.value).isprintable()
    assert caught.value.source.startswith("mine")
    return caught.value


@pytest.mark.parametrize(
    "pack",
    [
        bytes,
        gzip.compress,
        lambda text: gzip.compress(text[:1000]) + gzip.compress(text[1000:]) + b"\0" * 700,
        zstd,
        lambda text: zstd(text[:1000]) + b"\x50\x2a\x4d\x18\x03\0\0\0abc" + zstd(text[1000:]),
        lambda text: gzip.compress(zstd(text)),
        lambda text: gzip.compress(gzip.compress(text)),
    ],
    ids=["plain", "gzip", "gzip members", "zstd", "zstd frames", "zstd in gzip", "gzip in gzip"],
)
def test_a_single_file_comes_out_as_it_was(tmp_path: Path, pack: Callable[[bytes], bytes]) -> None:
    packed = pack(TEXT)
    with unwrapped(tmp_path, packed) as opened:
        (member,) = opened.members
        pieces = list(member.blocks())
        assert b"".join(pieces) == TEXT
        assert max(map(len, pieces)) <= BLOCK_BYTES
        assert min(map(len, pieces)) > 0
        assert member.head() == TEXT[:HEAD_BYTES]
        assert (member.name, opened.name, opened.size) == ("mine", "mine", len(packed))
        assert member.path == (tmp_path / "input1" if packed == TEXT else None)
        assert opened.sha256 == hashlib.sha256(packed).hexdigest()


@pytest.mark.parametrize(
    "pack",
    [
        zipped,
        tar,
        lambda files: tar(files, form=tarfile.GNU_FORMAT),
        lambda files: gzip.compress(tar(files)),
        lambda files: zstd(tar(files)),
    ],
    ids=["zip", "tar", "gnu tar", "tar.gz", "tar.zst"],
)
def test_an_archive_gives_its_files_in_order_and_takes_their_compression_off(
    tmp_path: Path, pack: Callable[[Files], bytes]
) -> None:
    long = "folder/" + "n" * 180
    packed = pack([("a/plain", TEXT), ("b.gz", gzip.compress(TEXT)), (long, zstd(b"small")), ("empty", b"")])
    with unwrapped(tmp_path, packed) as opened:
        assert [member.name for member in opened.members] == [
            f"mine: {name}" for name in ("a/plain", "b.gz", long, "empty")
        ]
        assert [b"".join(member.blocks()) for member in opened.members] == [TEXT, TEXT, b"small", b""]
        assert opened.bytes_read == opened.size == len(packed)
        assert opened.sha256 == hashlib.sha256(packed).hexdigest()


@pytest.mark.parametrize("pack", [zipped, tar, lambda files: gzip.compress(tar(files))], ids=["zip", "tar", "tar.gz"])
def test_members_are_read_side_by_side_and_again(tmp_path: Path, pack: Callable[[Files], bytes]) -> None:
    parts = {"mine: a": NOISE, "mine: b": NOISE[::-1], "mine: c": TEXT}
    with unwrapped(tmp_path, pack([(name[-1], text) for name, text in parts.items()])) as opened:
        for _ in range(2):
            readings = {member.name: member.blocks() for member in opened.members}
            found = dict.fromkeys(parts, b"")
            while readings:
                for name in list(readings):
                    piece = next(readings[name], b"")
                    found[name] += piece
                    if not piece:
                        del readings[name]
            assert found == parts


def test_a_reading_that_is_left_off_does_not_disturb_the_next(tmp_path: Path) -> None:
    with unwrapped(tmp_path, gzip.compress(tar([("a", TEXT), ("b", NOISE)]))) as opened:
        first, second = opened.members
        left = first.blocks()
        next(left)
        left.close()
        assert b"".join(second.blocks()) == NOISE
        assert b"".join(first.blocks()) == TEXT


def test_several_files_are_one_input_with_one_digest(tmp_path: Path) -> None:
    files = [b"one", gzip.compress(b"two")]
    with unwrapped(tmp_path, *files) as opened:
        assert (opened.name, opened.size) == ("mine and 1 more", sum(map(len, files)))
        assert [b"".join(member.blocks()) for member in opened.members] == [b"one", b"two"]
        digests = b"".join(hashlib.sha256(file).digest() for file in files)
        assert opened.sha256 == hashlib.sha256(digests).hexdigest()


def test_the_digest_is_of_the_whole_file_when_nobody_read_it(tmp_path: Path) -> None:
    with unwrapped(tmp_path, TEXT) as opened:
        next(opened.members[0].blocks())
        assert opened.sha256 == hashlib.sha256(TEXT).hexdigest()


def test_what_file_managers_leave_in_archives_is_ignored(tmp_path: Path) -> None:
    files = [("__MACOSX/._a", b"x"), ("d/.DS_Store", b"x"), ("d/", b""), ("d/a", b"text")]
    assert contents(tmp_path, zipped(files)) == {"mine: d/a": b"text"}
    folder = tarfile.TarInfo("d")
    folder.type = tarfile.DIRTYPE
    entries = [(folder, b""), (tarfile.TarInfo("./d/a"), b"text"), (tarfile.TarInfo("d/.DS_Store"), b"x")]
    assert contents(tmp_path, tar_of(entries)) == {"mine: d/a": b"text"}


@pytest.mark.parametrize("pack", [zipped, tar], ids=["zip", "tar"])
@pytest.mark.parametrize("name", ["../up", "a/../../up", "/etc/passwd", "C:\\x", "c:x", "..\\up", "\\server\\x"])
def test_an_entry_outside_the_archives_folder_is_refused(
    tmp_path: Path, pack: Callable[[Files], bytes], name: str
) -> None:
    error = refused(tmp_path, pack([("fine", b"x"), (name, b"x")]))
    assert "leads out of the archive's folder" in str(error)
    assert error.source == f"mine: {name}"


@pytest.mark.parametrize("pack", [zipped, tar], ids=["zip", "tar"])
@pytest.mark.parametrize(
    ("names", "problem"),
    [
        (["a\x1b[31m"], "cannot be printed"),
        (["a\nb"], "cannot be printed"),
        (["\u202egnp.exe"], "cannot be printed"),
        (["n" * 256], "longer than 255 bytes"),
        ([str(number) for number in range(MAX_MEMBERS + 1)], "more than 1000 files"),
        ([], "no file in the archive"),
    ],
    ids=["escape", "newline", "direction", "long", "many", "none"],
)
def test_names_that_are_not_sensible_are_refused(
    tmp_path: Path, pack: Callable[[Files], bytes], names: list[str], problem: str
) -> None:
    packed = pack([*((name, b"x") for name in names), ("__MACOSX/x", b"")])
    assert problem in str(refused(tmp_path, packed))


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize("pack", [zipped, tar], ids=["zip", "tar"])
def test_two_files_of_one_name_are_refused(tmp_path: Path, pack: Callable[[Files], bytes]) -> None:
    assert "two files of this name" in str(refused(tmp_path, pack([("a", b"1"), ("a", b"2")])))


@pytest.mark.parametrize(
    ("kind", "called"),
    [
        (tarfile.SYMTYPE, "symbolic link"),
        (tarfile.LNKTYPE, "hard link"),
        (tarfile.CHRTYPE, "device"),
        (tarfile.BLKTYPE, "device"),
        (tarfile.FIFOTYPE, "pipe"),
    ],
)
def test_a_link_or_device_in_a_tar_is_refused(tmp_path: Path, kind: bytes, called: str) -> None:
    info = tarfile.TarInfo("entry")
    info.type, info.linkname = kind, "/etc/passwd"
    error = refused(tmp_path, tar_of([(tarfile.TarInfo("fine"), b"x"), (info, b"")]))
    assert called in str(error)
    assert error.source == "mine: entry"


def test_a_link_in_a_zip_is_refused(tmp_path: Path) -> None:
    info = zipfile.ZipInfo("entry")
    info.external_attr = 0o120777 << 16
    path = tmp_path / "links.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(info, "/etc/passwd")
    assert "link" in str(refused(tmp_path, path.read_bytes()))


def test_an_encrypted_zip_is_refused_by_name(tmp_path: Path) -> None:
    packed = bytearray(zipped([("secret", b"text")]))
    for signature, flags_at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        packed[packed.index(signature) + flags_at] |= 1
    error = refused(tmp_path, bytes(packed))
    assert (error.source, error.problem) == ("mine: secret", "it is encrypted.")


@pytest.mark.parametrize("inner", [zipped, tar, lambda files: gzip.compress(tar(files))], ids=["zip", "tar", "tar.gz"])
@pytest.mark.parametrize("outer", [zipped, tar, lambda files: gzip.compress(tar(files))], ids=["zip", "tar", "tar.gz"])
def test_an_archive_in_an_archive_is_refused(
    tmp_path: Path, outer: Callable[[Files], bytes], inner: Callable[[Files], bytes]
) -> None:
    error = refused(tmp_path, outer([("inner", inner([("a", b"x")]))]))
    assert "archive inside another wrapping" in str(error)
    assert error.source == "mine: inner"


def test_a_zip_in_gzip_is_refused_and_so_is_too_much_nesting(tmp_path: Path) -> None:
    assert "archive inside" in str(refused(tmp_path, gzip.compress(zipped([("a", b"x")]))))
    thrice = gzip.compress(gzip.compress(zstd(b"x" * 100)))
    assert "more than 2 times over" in str(refused(tmp_path, thrice))
    assert "more than 2 times over" in str(refused(tmp_path, zipped([("a", gzip.compress(zstd(b"x")))])))


@pytest.mark.parametrize(
    ("head", "called"),
    [
        (b"BZh91AY&SY", "bzip2"),
        (b"\xfd7zXZ\0", "xz"),
        (b"7z\xbc\xaf\x27\x1c", "7-Zip"),
        (b"Rar!\x1a\x07\0", "RAR"),
        (b"\x04\x22\x4d\x18", "LZ4"),
    ],
)
def test_a_compression_that_is_not_read_is_refused_by_name(tmp_path: Path, head: bytes, called: str) -> None:
    assert f"packed with {called}" in str(refused(tmp_path, head + b"\0" * 50))
    assert f"packed with {called}" in str(refused(tmp_path, zipped([("a", head + b"\0" * 50)])))


@pytest.mark.parametrize("file", [b"", zipped([]), b"\0" * 0], ids=["empty", "empty zip", "nothing"])
def test_nothing_at_all_is_refused(tmp_path: Path, file: bytes) -> None:
    assert str(refused(tmp_path, file))


def test_a_folder_or_a_missing_file_is_refused(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(InputError, match="cannot be read"):
            unwrap([(path, "mine")], report=ignore, should_stop=never)


@pytest.mark.parametrize("pack", [gzip.compress, zstd], ids=["gzip", "zstd"])
@pytest.mark.parametrize("kept", [0.3, 0.9999])
def test_compressed_data_that_ends_too_early_is_refused_with_the_byte(
    tmp_path: Path, pack: Callable[[bytes], bytes], kept: float
) -> None:
    packed = pack(TEXT)
    cut = int(len(packed) * kept)
    error = refused(tmp_path, packed[:cut])
    assert ("ends too early" in str(error), error.offset) == (True, cut)


@pytest.mark.parametrize("pack", [gzip.compress, zstd], ids=["gzip", "zstd"])
def test_corrupt_compressed_data_is_refused_with_a_byte(tmp_path: Path, pack: Callable[[bytes], bytes]) -> None:
    packed = bytearray(pack(b"".join(b"%d\n" % (number * 7919) for number in range(300_000))))
    packed[len(packed) // 2 : len(packed) // 2 + 40] = b"\xff" * 40
    error = refused(tmp_path, bytes(packed))
    assert "corrupt" in str(error)
    assert error.offset is not None


def test_a_tar_that_is_cut_off_or_corrupt_is_refused_with_the_byte(tmp_path: Path) -> None:
    packed = tar([("a", b"x" * 2000), ("b", b"y")])
    assert refused(tmp_path, packed[:1500]).offset == 1500
    broken = bytearray(packed)
    broken[2560 + 10] ^= 1  # the name in the second header: 512 of the first, 2048 of content
    error = refused(tmp_path, bytes(broken))
    assert ("corrupt" in str(error), error.offset) == (True, 2560)


def test_a_tar_whose_size_goes_beyond_the_file_is_refused(tmp_path: Path) -> None:
    info = tarfile.TarInfo("huge")
    info.size = 1 << 62
    assert "impossible size" in str(refused(tmp_path, info.tobuf(tarfile.GNU_FORMAT) + b"\0" * 4096))


def test_a_long_header_is_refused_before_it_is_held(tmp_path: Path) -> None:
    info = tarfile.TarInfo("pax")
    info.type, info.size = tarfile.XHDTYPE, 1 << 30
    assert "header is too long" in str(refused(tmp_path, info.tobuf(tarfile.GNU_FORMAT) + b"\0" * 4096))


@pytest.mark.parametrize("cut", [10, 60, -1, -30])
def test_a_zip_that_is_cut_off_is_refused(tmp_path: Path, cut: int) -> None:
    packed = zipped([("a", NOISE)])
    assert "corrupt" in str(refused(tmp_path, packed[:cut]))


def test_corrupt_data_in_a_zip_names_the_file_and_where_it_is(tmp_path: Path) -> None:
    packed = bytearray(zipped([("a", b"x"), ("b", b"words " * 1000)]))
    at = packed.rindex(b"PK\x03\x04")
    packed[at + 40] ^= 0xFF
    error = refused(tmp_path, bytes(packed))
    assert (error.source, error.offset) == ("mine: b", at)


def test_a_zip_with_a_huge_directory_is_refused_before_it_is_held(tmp_path: Path) -> None:
    packed = bytearray(zipped([("a", b"x")]))
    end = packed.rindex(b"PK\x05\x06")
    directory = b"\0" * (5 * MIB)
    packed[end:end] = directory
    struct.pack_into("<L", packed, len(packed) - 22 + 12, 5 * MIB + 47)
    assert "directory is too large" in str(refused(tmp_path, bytes(packed)))


def test_zip_entries_that_overlap_are_refused(tmp_path: Path) -> None:
    """One big file, listed many times under different names, as in a quine bomb."""
    target = tmp_path / "bomb.zip"
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("a0", NOISE)
        for number in range(1, 50):
            again = zipfile.ZipInfo(f"a{number}")
            first = archive.filelist[0]
            again.CRC, again.file_size, again.compress_size = first.CRC, first.file_size, first.compress_size
            again.header_offset = 0
            archive.filelist.append(again)
            archive.NameToInfo[again.filename] = again
    assert "overlap" in str(refused(tmp_path, target.read_bytes()))


@pytest.mark.parametrize(
    "pack",
    [
        lambda: gzip.compress(b"y" * (70 * MIB)),
        lambda: zstd(b"y" * (70 * MIB)),
        lambda: gzip.compress(gzip.compress(b"y" * (70 * MIB))),
        lambda: zipped([("a", b"y" * (70 * MIB))]),
        lambda: gzip.compress(tar([("a", b"y" * (70 * MIB))])),
        lambda: zipped([("a.gz", gzip.compress(b"y" * (70 * MIB)))]),
    ],
    ids=["gzip", "zstd", "twice", "zip", "tar.gz", "gzip in zip"],
)
def test_a_bomb_is_refused_in_bounded_memory(tmp_path: Path, pack: Callable[[], bytes]) -> None:
    packed = pack()
    tracemalloc.start()
    with pytest.raises(InputError, match="250 times its size"), unwrapped(tmp_path, packed) as opened:
        for member in opened.members:
            for _ in member.blocks():
                pass
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 32 * MIB


def test_more_than_the_absolute_limit_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.traces.wrapping.codecs.MAX_UNPACKED_BYTES", 2 * MIB)
    for packed in (gzip.compress(TEXT), zstd(TEXT), zipped([("a", NOISE), ("b", NOISE)])):
        assert "unpacks to more than" in str(refused(tmp_path, packed))


def test_a_large_packed_file_is_read_in_constant_memory(tmp_path: Path) -> None:
    path = tmp_path / "large.gz"
    with gzip.open(path, "wb", compresslevel=1) as file:
        for number in range(80):
            file.write(NOISE[: MIB // 4] + b"%d" % number)
            file.write(b"z" * (MIB // 2))
    tracemalloc.start()
    with unwrap([(path, "mine")], report=ignore, should_stop=never) as opened:
        total = sum(map(len, opened.members[0].blocks()))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert total > 60 * MIB
    assert peak < 16 * MIB


@pytest.mark.parametrize("pack", [bytes, gzip.compress, lambda text: zipped([("a", text)])], ids=["plain", "gz", "zip"])
def test_progress_counts_the_bytes_of_the_file_as_it_is(tmp_path: Path, pack: Callable[[bytes], bytes]) -> None:
    path = tmp_path / "input"
    path.write_bytes(pack(TEXT))
    reports: list[Progress] = []
    with unwrap([(path, "mine")], report=reports.append, should_stop=never) as opened:
        for _ in opened.members[0].blocks():
            pass
    done = [report.done for report in reports]
    size = path.stat().st_size
    assert done == sorted(done)
    assert (done[-1], reports[-1].total, reports[-1].phase, reports[-1].unit) == (size, size, "read", "bytes")


def test_reading_stops_when_asked(tmp_path: Path) -> None:
    (tmp_path / "input").write_bytes(TEXT)
    asked = iter([False] * 3 + [True] * 100)
    with (
        pytest.raises(Cancelled),
        unwrap([(tmp_path / "input", "mine")], report=ignore, should_stop=lambda: next(asked)) as opened,
    ):
        list(opened.members[0].blocks())


MAGICS = [b"", b"\x1f\x8b\x08\0", b"\x28\xb5\x2f\xfd", b"PK\x03\x04", b"\x50\x2a\x4d\x18"]


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(MAGICS), st.binary(min_size=1, max_size=400))
def test_arbitrary_bytes_end_in_nothing_but_an_input_error(tmp_path: Path, magic: bytes, rest: bytes) -> None:
    with contextlib.suppress(InputError):
        contents(tmp_path, magic + rest)


PACKED = [
    zipped([("a", b"text " * 50), ("b/c", os.urandom(60))]),
    tar([("a", b"text " * 50), ("n" * 120, b"x")]),
    gzip.compress(tar([("a", b"text " * 50)])),
    zstd(b"text " * 500) + zstd(b"more"),
]


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(PACKED), st.data())
def test_a_damaged_archive_ends_in_nothing_but_an_input_error(
    tmp_path: Path, packed: bytes, data: st.DataObject
) -> None:
    damaged = bytearray(packed)
    for _ in range(data.draw(st.integers(1, 4))):
        damaged[data.draw(st.integers(0, len(damaged) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(InputError):
        contents(tmp_path, bytes(damaged[: data.draw(st.integers(1, len(damaged)))]))
