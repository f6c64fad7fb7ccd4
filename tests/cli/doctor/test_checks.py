"""Each check on what it may meet: what it says, and what it advises."""

from __future__ import annotations

import pytest

from opsconsole.cli.doctor import machine, place, program, site, terminal
from opsconsole.cli.doctor.asking import brightness
from opsconsole.cli.doctor.finding import Finding, lines, verdict
from opsconsole.cli.doctor.machine import Inotify
from opsconsole.cli.doctor.place import Answer, Disk
from opsconsole.cli.doctor.terminal import Seen

MB = 10**6


@pytest.mark.parametrize(
    ("finding", "state", "words"),
    [
        (terminal.kind(Seen(tty=False)), "note", "--plain"),
        (terminal.kind(Seen(term="dumb")), "warning", "TERM is dumb"),
        (terminal.kind(Seen(term="")), "warning", "not set"),
        (terminal.kind(Seen(term="xyz", known=False)), "note", "terminfo does not know"),
        (terminal.kind(Seen(term="xterm")), "fine", "xterm"),
        (terminal.size(Seen(columns=39, lines=24)), "warning", "40x12 is the least"),
        (terminal.size(Seen(columns=60, lines=20)), "note", "60x20"),
        (terminal.size(Seen()), "fine", "80x24"),
        (terminal.colours(Seen(term="xterm-256color", environ={"NO_COLOR": "1"})), "note", "unset NO_COLOR"),
        (terminal.colours(Seen(term="xterm", environ={"COLORTERM": "truecolor"})), "fine", "truecolor"),
        (terminal.colours(Seen(term="screen-256color")), "fine", "256"),
        (terminal.colours(Seen(term="linux")), "note", "16"),
        (terminal.background(Seen(background="light")), "fine", "light"),
        (terminal.background(Seen()), "note", "theme"),
        (terminal.encoding(Seen(locale="C.UTF-8")), "fine", "UTF-8"),
        (terminal.encoding(Seen(locale="C")), "warning", "export LANG=C.UTF-8"),
        (terminal.encoding(Seen(encoding="ISO-8859-1")), "warning", "ISO-8859-1"),
        (terminal.clipboard(Seen(environ={"TMUX": "x"})), "note", "does not say"),
        (
            terminal.clipboard(
                Seen(environ={"TMUX": "x"}, tmux={"allow-passthrough": "off", "set-clipboard": "external"})
            ),
            "warning",
            "`tmux set -g set-clipboard on`",
        ),
        (
            terminal.clipboard(Seen(environ={"TMUX": "x"}, tmux={"allow-passthrough": "off", "set-clipboard": "on"})),
            "fine",
            "tmux",
        ),
        (
            terminal.clipboard(Seen(environ={"TMUX": "x"}, tmux={"allow-passthrough": "on", "set-clipboard": "off"})),
            "fine",
            "tmux",
        ),
        (terminal.clipboard(Seen(environ={"STY": "x"})), "note", "screen"),
        (terminal.clipboard(Seen(term="linux")), "note", "gpm"),
        (terminal.ssh(Seen(environ={"SSH_CONNECTION": "10.0.0.7 50 10.0.0.1 22"})), "note", "10.0.0.7"),
        (terminal.ssh(Seen()), "fine", "own"),
        (program.python("3.11.7", ">=3.11", "0.1.0"), "fine", "Python 3.11.7"),
        (program.python("3.10.1", ">=3.11", "0.1.0"), "broken", ">=3.11"),
        (program.settings("c.yaml", None), "fine", "none"),
        (program.settings("c.yaml", []), "fine", "c.yaml"),
        (program.settings("c.yaml", ["c.yaml:1:1 bad", "worse"]), "broken", "c.yaml:1:1 bad (and 1 more)"),
        (machine.memory(None), "note", "does not tell"),
        (machine.memory(50 * MB), "broken", "50.0 MB"),
        (machine.memory(300 * MB), "warning", "300 MB"),
        (machine.memory(900 * MB), "fine", "900 MB"),
        (machine.clock(0.0, 2e9), "broken", "behind"),
        (machine.clock(2e9, 1e9), "fine", ""),
        (machine.zones("", True, 0), "broken", "pip install tzdata"),
        (machine.zones("Europe/Atlantis", False, 500), "broken", "Europe/Atlantis"),
        (machine.zones("UTC", True, 500), "fine", "UTC"),
        (machine.inotify(None, 3), "note", "rounds"),
        (machine.inotify(Inotify(100, 10, 20, 1), 90), "warning", "fs.inotify.max_user_watches=200"),
        (machine.inotify(Inotify(100, 10, 20, 1), 90, shared=True), "fine", "90 folders"),
        (machine.inotify(Inotify(100, 10, 0, 10), 1), "warning", "fs.inotify.max_user_instances=40"),
        (machine.inotify(Inotify(100, 10, 20, 1), 80), "fine", "80 of 100"),
        (place.folder("/s", "cannot write"), "broken", "cannot write"),
        (place.folder("/s", ""), "fine", "/s"),
        (place.disk(None)[0], "note", ""),
        (place.disk(Disk("ext4", "/", 50 * MB, 1))[0], "broken", "50.0 MB free"),
        (place.disk(Disk("ext4", "/", 900 * MB, 9000 * MB))[0], "warning", "9.0 GB"),
        (place.disk(Disk("ext4", "/", 5000 * MB, 1))[0], "fine", "ext4 at /"),
        (place.disk(Disk("nfs4", "/n", 5000 * MB, 1, remote=True))[0], "warning", "network share"),
        (place.socket("/s", 2, False, False, Answer(held=True, pid=7)), "broken", "kill 7"),
        (place.socket("/s", 2, True, True, Answer()), "fine", "apart from the state folder"),
        (place.socket("/s", 2, False, False, Answer()), "note", "nobody listens"),
        (place.engine(Answer("0.0.9", 7), "0.1.0"), "warning", "opsconsole stop"),
        (place.engine(Answer("0.1.0", 7, "ana", "viewer"), "0.1.0"), "fine", "ana (viewer)"),
        (place.engine(Answer(trouble="holds the lock", held=True), "0.1.0"), "broken", "opsconsole logs"),
        (place.engine(Answer(trouble="another protocol"), "0.1.0"), "warning", "another protocol"),
        (place.engine(Answer(), "0.1.0"), "note", "opsconsole engine"),
        (place.permissions({"/site.yaml": 0o100646, "/state": 0o40700}, "/state"), "warning", "chmod o-w /site.yaml"),
        (place.permissions({"/site.yaml": 0o100644, "/state": 0o40755}, "/state"), "warning", "chmod o-rx /state"),
        (place.permissions({"/site.yaml": 0o100644, "/state": 0o40710}, "/state"), "fine", "nobody else"),
        (site.file("/p", True, [], [])[0], "note", "opsconsole init /p"),
        (site.file("/p", False, ["e1", "e2"], ["w"])[0], "broken", "2 errors: e1 (and 1 more)"),
        (site.file("/p", False, ["e1", "e2"], ["w"])[1], "warning", "1 warning: w"),
        (site.file("/p", False, [], [])[0], "fine", "/p"),
        (site.folders(2, 3, {}, [])[0], "fine", "3 files in 2 folders"),
        (site.folders(2, 3, {"/d": "is not there"}, [])[0], "broken", "make the folder"),
        (site.folders(2, 3, {"/d": "Permission denied", "/e": "x"}, [])[0], "broken", "(and 1 more)"),
        (site.folders(0, 0, {}, ["orders"])[1], "warning", "no file for orders"),
        (site.shares(["/n"]), "note", "in rounds"),
        (site.shares([]), "fine", "at once"),
    ],
)
def test_what_is_found_and_the_cure(finding: Finding, state: str, words: str) -> None:
    assert finding.state == state, finding
    assert words in f"{finding.found} {finding.cure}"
    assert finding.state in ("fine", "note") or finding.cure or finding.check in ("state", "engine"), "no cure"


@pytest.mark.parametrize(
    ("version", "spec", "holds"),
    [
        ("8.2.8", ">=8.2,<9", True),
        ("9.0", ">=8.2,<9", False),
        ("8.2", ">=8.2.0", True),
        ("2.0.1", ">=2.0,<2.1", True),
        ("2.1", ">=2.0,<2.1", False),
        ("1.10", ">=1.9", True),
        ("1.4.9", "~=1.4.2", True),
        ("1.5", "~=1.4.2", False),
        ("3", "!=3.0", False),
        ("3.1", "==3.1", True),
        ("3.2rc1", "<=3.2,>3.1", True),
        ("5", "", True),
    ],
)
def test_versions_are_held_against_what_is_wanted(version: str, spec: str, holds: bool) -> None:
    assert program.fits(version, spec) is holds


def test_libraries_and_extras() -> None:
    needs = ["textual<9,>=8.2", "tzdata", 'apprise>=1.9; extra == "notify"', "holidays>=0.90; extra == 'holidays'"]
    assert program.names(needs) == ["apprise", "holidays", "textual", "tzdata"]
    assert program.libraries(needs, {"textual": "8.3", "tzdata": "2026"})[0].state == "fine"
    wrong = program.libraries(needs, {"textual": "7.0", "tzdata": None})
    assert [(each.state, each.cure) for each in wrong] == [
        ("broken", "pip install 'textual<9,>=8.2'"),
        ("broken", "pip install 'tzdata'"),
    ]
    found = program.extras(needs, {"apprise": None, "holidays": "0.9"}, ["notify"])
    assert [(each.state, each.found.split(":")[0].split(" ")[0]) for each in found] == [
        ("fine", "holidays"),
        ("broken", "notify"),
    ]
    assert program.extras(needs, {}, [])[0].state == "note"


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (b"\x1b]11;rgb:ffff/ffff/ffff\x1b\\\x1b[?62c", "light"),
        (b"\x1b]11;rgb:1e/1e/1e\x07", "dark"),
        (b"\x1b]11;rgb:0000/ffff/0000\x07", "light"),
        (b"\x1b]11;rgb:0000/0000/ffff\x07", "dark"),
        (b"\x1b[?1;2c", ""),
        (b"", ""),
    ],
)
def test_light_or_dark_by_the_answer_of_the_terminal(answer: bytes, says: str) -> None:
    assert brightness(answer) == says


def test_lines_have_sign_found_and_cure_and_go_on_below() -> None:
    found = [Finding("size", "fine", "80x24"), Finding("room", "broken", "1 MB free " * 6, "free some"), BAD]
    told = lines(found)
    assert len(told) == 3
    assert told[0] == "● size          80x24"
    assert told[1].startswith("▲ room          broken: 1 MB free")
    assert told[1].endswith("→ free some")
    assert "\\x1b" in told[2]
    assert "\x1b" not in told[2]
    narrow = lines(found, 60)
    assert max(map(len, narrow)) < 60
    assert all(line[0] in "●▲◆ " for line in narrow)
    assert all(line.isascii() for line in lines(found, ascii_only=True))
    assert verdict(found[:1]) == "All is fine."
    assert verdict(found) == "1 broken and 1 warning; what to do stands behind each."


BAD = Finding("site file", "warning", "a name with \x1b[31m", "rename it")
