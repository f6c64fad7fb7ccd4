"""Packed files: every packing, members one after the other, half-written ones, ones that lie about their name."""

from __future__ import annotations

import bz2
import gzip
import os
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pytest

from opsconsole.site.model import Read, Source
from opsconsole.tables.reading import reader, unpack
from opsconsole.tables.reading.piece import NotReadyError
from tests.tables.folder import folder


def zstd(data: bytes) -> bytes:
    return bytes(pa.Codec("zstd").compress(data, asbytes=True))


PACK: dict[str, Callable[[bytes], bytes]] = {".gz": gzip.compress, ".bz2": bz2.compress, ".zst": zstd}
SOURCE = Source("t", ("in/*",), settle=0.2)


@pytest.mark.parametrize("ending", PACK)
@pytest.mark.parametrize(
    ("name", "first", "second"),
    [
        ("a.csv", b"id,v\n1,x\n2", b",y\n"),
        ("a.tsv", b"id\tv\r\n1\tx\r\n", b"2\ty"),
        ("a.ndjson", b'{"id": 1, "v": "x"}\n', b'{"id": 2, "v": "y"}\n'),
        ("a.json", b'[{"id": 1, "v": "x"},', b'{"id": 2, "v": "y"}]'),
    ],
)
def test_two_members_are_one_file(tmp_path: Path, ending: str, name: str, first: bytes, second: bytes) -> None:
    with folder(tmp_path, SOURCE) as watched:
        watched.write(name + ending, PACK[ending](first) + PACK[ending](second))
        watched.settle()
        assert watched.rows() == [(1, "x"), (2, "y")]
        assert watched.file(name + ending).read_as.startswith({".zst": "Zstandard"}.get(ending, ending[1:2]))


@pytest.mark.parametrize("ending", PACK)
def test_half_a_packed_file_fails_with_a_reason_and_heals(tmp_path: Path, ending: str) -> None:
    whole = PACK[ending](b"id,v\n" + b"".join(b"%d,%d\n" % (i, i * 7919 % 1009) for i in range(5000)))
    with folder(tmp_path, SOURCE) as watched:
        watched.write("a.csv" + ending, whole[: len(whole) // 2])
        watched.settle()
        file = watched.file("a.csv" + ending)
        assert (file.status, file.rows) == ("failed", 0)
        assert "has no end yet" in file.reason
        watched.write("a.csv" + ending, whole)
        watched.settle()
        assert watched.query("SELECT count(*), sum(id) FROM t") == [(5000, 12497500)]


@pytest.mark.parametrize("ending", [".gz", ".bz2"])  # Zstandard sees damage where the writer put a checksum
def test_damage_in_the_middle_is_told(ending: str) -> None:
    whole = bytearray(PACK[ending](b"".join(b"%d,%d\n" % (i, i * 7919 % 1009) for i in range(5000))))
    middle = len(whole) // 2
    whole[middle : middle + 100] = b"\xff" * 100
    with pytest.raises(NotReadyError, match=r"damaged|no end"):
        unpack.unpack(bytes(whole), unpack.ENDINGS[ending])


@pytest.mark.parametrize("ending", PACK)
def test_a_bomb_is_refused_without_unpacking_it_all(ending: str) -> None:
    bomb = PACK[ending](bytes(64 << 20))
    assert len(bomb) < 1 << 17
    with pytest.raises(NotReadyError, match=r"unpacks to more than 0.0156 GiB .* split it"):
        unpack.unpack(bomb, unpack.ENDINGS[ending], limit=16 << 20)
    assert len(unpack.unpack(bomb, unpack.ENDINGS[ending], limit=64 << 20)[0]) == 64 << 20


def test_the_limit_is_below_the_memory_of_the_machine() -> None:
    assert 0 < unpack.most() <= unpack.MOST
    assert unpack.most() <= os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 8


def test_names_that_lie(tmp_path: Path) -> None:
    text = b"id,v\n1,2\n"
    with folder(tmp_path, SOURCE) as watched:
        watched.write("plain.csv.gz", text)
        watched.write("other.csv.gz", bz2.compress(text))
        watched.write("noise.csv.gz", b"\x00\x01\x02\x03" * 100)
        watched.write("packed.csv", gzip.compress(text))
        watched.write("sheet.csv", b"PK\x03\x04" + bytes(100))
        watched.settle()
        assert watched.rows() == [(1, 2), (1, 2)]
        assert watched.file("plain.csv.gz").read_as.startswith("not packed, whatever its name says (gzip), utf-8")
        assert watched.file("other.csv.gz").read_as.startswith("bzip2, whatever its name says (gzip)")
        reasons = {name: watched.file(name).reason for name in ("noise.csv.gz", "packed.csv", "sheet.csv")}
        assert reasons == {
            "noise.csv.gz": "not a gzip file, whatever its name says: it begins with 00 01 02 03",
            "packed.csv": "not text but a gzip file: let its name end in .gz",
            "sheet.csv": "not text but a ZIP archive or a workbook: unpack it, or let its name end in .xlsx",
        }


def test_padding_after_a_member_is_nothing_and_an_empty_file_waits() -> None:
    whole = gzip.compress(b"a") + bytes(100) + gzip.compress(b"b") + bytes(70_000)
    assert unpack.unpack(whole, "gzip") == (b"ab", "gzip")
    with pytest.raises(NotReadyError, match="empty"):
        unpack.unpack(b"", "gzip")
    with pytest.raises(NotReadyError, match="no end"):
        unpack.unpack(b"\x1f", "gzip")


def test_rotation_into_a_packed_file_is_another_file(tmp_path: Path) -> None:
    read = Read(pattern=r"(?P<id>\d+) (?P<v>\w+)")
    with folder(tmp_path, Source("t", ("in/*",), format="lines", read=read)) as watched:
        body = b"".join(b"%d line\n" % i for i in range(100))
        watched.write("a.log", body)
        watched.settle()
        watched.write("a.log.1.gz", gzip.compress(body))
        (watched.place / "a.log").write_bytes(b"100 next\n")
        watched.settle()
        assert watched.query("SELECT count(*), count(DISTINCT id) FROM t") == [(101, 101)]
        watched.check_fresh()


@pytest.mark.parametrize(
    ("path", "format_", "grows"),
    [
        ("x.CSV.GZ", "csv", False),
        ("x.tsv.zst", "csv", False),
        ("x.jsonl.bz2", "ndjson", False),
        ("x.feather", "arrow", False),
        ("x.arrow", "arrow", False),
        ("x.jsonl", "ndjson", True),
        ("x.log", None, False),
        ("x.csv.zip", None, False),
    ],
)
def test_endings(path: str, format_: str | None, grows: bool) -> None:
    assert reader.format_of(path, None) == format_
    assert format_ is None or reader.grows(format_, path) == grows
    assert reader.format_of("x.log", "lines") == "lines"
    assert reader.grows("lines", "x.log")
    assert not reader.grows("lines", "x.log.gz")
