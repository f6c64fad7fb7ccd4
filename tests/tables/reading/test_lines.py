"""Lines by a pattern: a real kind of log, key=value, fixed width; lines that do not fit; files that grow."""

from __future__ import annotations

import datetime as dt
import time
from pathlib import Path

import pytest

from opsconsole.site.model import Read, Source
from opsconsole.tables.reading import linesread
from opsconsole.tables.reading.piece import NotReadyError, Stretch, Wish
from tests.tables.folder import Folder, folder

SSH = r"(?P<at>\w{3} +\d+ [\d:]+) (?P<host>\S+) sshd\[(?P<pid>\d+)\]: (?P<text>.*)"


def lines(root: Path, pattern: str, **read: str) -> Source:
    return Source("t", ("in/*.log",), format="lines", read=Read(pattern=pattern, **read))  # type: ignore[arg-type]


def aside(watched: Folder) -> list[tuple[int, str, str]]:
    return [(r.line, r.reason, r.raw) for r in watched.store.quarantine()[0]]


def test_a_log_with_lines_that_do_not_fit(tmp_path: Path) -> None:
    log = (
        "Dec 10 06:55:46 LabSZ sshd[24200]: Invalid user webmaster from 173.234.31.186\n"
        "\n"
        "Dec  1 06:55:48 LabSZ sshd[24201]: Failed password for root\r\n"
        "  at java.lang.Thread.run\n"
        "Dec 10 07:00:00 LabSZ sshd[x]: broken\n"
    )
    with folder(tmp_path, lines(tmp_path, SSH)) as watched:
        watched.write("a.log", log)
        watched.settle()
        assert watched.rows(columns="host, pid, text, _line") == [
            ("LabSZ", 24200, "Invalid user webmaster from 173.234.31.186", 1),
            ("LabSZ", 24201, "Failed password for root", 3),
        ]
        assert aside(watched) == [
            (4, "does not fit the pattern", "  at java.lang.Thread.run"),
            (5, "does not fit the pattern", "Dec 10 07:00:00 LabSZ sshd[x]: broken"),
        ]
        file = watched.file("a.log")
        assert (file.rows, file.rejected) == (2, 2)


def test_keys_and_values_in_one_pattern(tmp_path: Path) -> None:
    # Each key is looked for on its own from the start of the line: they may come in any order, or not at all.
    pattern = (
        r"(?=(?:.*\bts=(?P<ts>\S+))?)(?=(?:.*\blevel=(?P<level>\w+))?)"
        r'(?=(?:.*\bms=(?P<ms>[\d.]+))?)(?=(?:.*\bmsg="(?P<msg>[^"]*)")?).*\w=.*'
    )
    with folder(tmp_path, lines(tmp_path, pattern)) as watched:
        watched.write(
            "a.log",
            'ts=2024-01-01T10:00:00Z level=info ms=1.5 msg="all well"\nlevel=warn msg="" ts=2024-01-01T10:00:01Z\nno\n',
        )
        watched.settle()
        stamp = dt.datetime(2024, 1, 1, 10, tzinfo=dt.UTC)
        assert watched.rows() == [
            (stamp, "info", 1.5, "all well"),
            (stamp + dt.timedelta(seconds=1), "warn", None, None),
        ]
        assert [line for line, _, _ in aside(watched)] == [3]


def test_fixed_width(tmp_path: Path) -> None:
    pattern = r"(?P<order>.{6})(?P<name>.{8})(?P<qty>.{5})(?P<day>\d{8})"
    with folder(tmp_path, lines(tmp_path, pattern)) as watched:
        watched.write("a.log", "000017Müller     1220240131  \n000018ACME     -3.520240201\n000019short\n")
        watched.settle()
        assert watched.rows(columns='"order", name, qty') == [("000017", "Müller", 12.0), ("000018", "ACME", -3.5)]
        assert [line for line, _, _ in aside(watched)] == [3]


def test_a_log_grows_in_the_middle_of_a_line_and_of_a_character(tmp_path: Path) -> None:
    with folder(tmp_path, lines(tmp_path, r"(?P<id>\d+) (?P<name>\w+)")) as watched:
        body = "".join(f"{i} größe\r\n" for i in range(100)).encode()
        cut = body.rindex("ö".encode()) + 1
        watched.write("a.log", body[:cut])
        watched.settle()
        assert watched.query("SELECT count(*), max(_line) FROM t") == [(99, 99)]
        watched.append("a.log", body[cut:] + b"100 more\n")
        watched.settle()
        assert watched.rows(columns="id, name, _line")[-2:] == [(99, "größe", 100), (100, "more", 101)]
        assert watched.query("SELECT generation FROM _ops.files") == [(1,)]
        watched.append("a.log", "101 letz")
        watched.settle()
        assert watched.rows(columns="name")[-1] == ("letz",)
        watched.append("a.log", "ter\nbad\n")
        watched.settle()
        assert watched.rows(columns="name")[-1] == ("letzter",)
        assert aside(watched) == [(103, "does not fit the pattern", "bad")]
        watched.check_fresh()


def test_each_line_in_its_own_encoding(tmp_path: Path) -> None:
    with folder(tmp_path, lines(tmp_path, "(?P<id>\\d+) (?P<name>.*)", fallback="cp1250")) as watched:
        watched.write("a.log", "1 grün ž\n".encode() + "2 žluť\n".encode("cp1250") + b"3 plain\n")
        watched.settle()
        assert watched.rows() == [(1, "grün ž"), (2, "žluť"), (3, "plain")]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-32"])
def test_marks_and_wide_encodings(tmp_path: Path, encoding: str) -> None:
    with folder(tmp_path, lines(tmp_path, "(?P<id>\\d+) (?P<name>.*)")) as watched:
        watched.write("a.log", "1 žluť\r\n2 b\n3 c".encode(encoding))
        watched.settle()
        assert watched.rows(columns="id, name, _line") == [(1, "žluť", 1), (2, "b", 2), (3, "c", 3)]


def test_declared_encoding(tmp_path: Path) -> None:
    with folder(tmp_path, lines(tmp_path, "(?P<id>\\d+) (?P<name>.*)", encoding="cp1251")) as watched:
        watched.write("a.log", "1 Москва\n".encode("cp1251"))
        watched.settle()
        assert watched.rows() == [(1, "Москва")]


@pytest.mark.parametrize(("pattern", "reason"), [(None, "no pattern"), ("(", "no regular"), (".*", "no named group")])
def test_a_pattern_that_cannot_work(pattern: str | None, reason: str) -> None:
    with pytest.raises(NotReadyError, match=reason):
        linesread.read(Stretch(b"x\n"), None, Wish(Read(pattern=pattern)))


def test_only_bad_lines_and_no_lines() -> None:
    wish = Wish(Read(pattern="(?P<id>\\d+)"))
    piece = linesread.read(Stretch(b"x\ny\n"), None, wish)
    assert (len(piece.lines), len(piece.rejects), piece.data.num_rows, piece.end) == (0, 2, 0, 4)
    assert linesread.read(Stretch(b""), None, wish).data.num_rows == 0


def test_a_log_is_read_fast() -> None:
    body = "".join(
        f"Dec 10 06:55:{i % 60:02d} LabSZ sshd[{i}]: Failed password for root from 1.2.3.4\n" for i in range(100_000)
    )
    wish = Wish(Read(pattern=SSH))
    linesread.read(Stretch(body[:1000].encode()), None, wish)
    started = time.process_time()
    piece = linesread.read(Stretch(body.encode()), None, wish)
    rate = len(piece.lines) / (time.process_time() - started)
    print(f"{rate:,.0f} lines per second of CPU")
    assert len(piece.lines) == 100_000
    assert rate > 25_000
