"""The whole program tells people: a real engine, a web server, a mail server and a target that never answers."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from opsconsole.engine.place import find_place
from tests.program.conftest import PROGRAM, SiteFolder
from tests.receivers import Mail, Silence, Web
from tests.waiting import until

SECRETS = ("tokentokentoken", "hunter2hunter2", "hushhushhush", "beatbeatbeat")
SITE = """\
site: Small plant
timezone: UTC
every: 1s
alert_from: all
sources:
  cycles: {{files: data/*.csv, time: ts, settle: 1s, dimensions: [line]}}
rules:
  hot: {{source: cycles, rows: scrap > 90, within: 36500d, by: [line], title: "line {{line}} is hot"}}
notify:
  targets:
    board: "${{env:BOARD_URL}}"
    ana: {{url_file: secrets/ana}}
    leads: {{url: "json://127.0.0.1:{web}/leads"}}
    silent: {{url: "json://127.0.0.1:{silent}/${{env:HUSH}}"}}
  routes:
    - {{to: [silent, board, ana], group_wait: 0s, interval: 1s}}
  heartbeat: {{url: "http://127.0.0.1:{web}/${{env:BEAT}}", every: 1s}}
escalation: [{{after: 2s, to: leads}}, {{after: 1s, to: ana, priority: critical}}]
"""
HEADER = "ts,line,qty,scrap\n"


@contextmanager
def engine(site: SiteFolder) -> Iterator[subprocess.Popen[bytes]]:
    with (site.folder.parent / "said").open("ab") as said:
        process = subprocess.Popen(
            [*PROGRAM, "engine", str(site.folder)], env={**os.environ, **site.env}, stdout=said, stderr=said
        )
    try:
        yield process
    finally:
        process.terminate()
        process.wait(30)


def test_people_are_told_once_though_a_target_hangs_and_the_engine_is_killed(site: SiteFolder) -> None:
    with Web() as web, Mail() as mail, Silence() as silence:
        site.env = {
            "BOARD_URL": f"json://127.0.0.1:{web.port}/{SECRETS[0]}",
            "HUSH": SECRETS[2],
            "BEAT": SECRETS[3],
        }
        folder = site.folder / "secrets"
        folder.mkdir()
        (folder / "ana").write_text(
            f"mailto://127.0.0.1:{mail.port}?from=plant@example.org&to=ana@example.org&name={SECRETS[1]}\n"
        )
        (folder / "ana").chmod(0o600)
        whole = SITE.format(silent=silence.port, web=web.port)
        (site.folder / "site.yaml").write_text(whole)
        (site.folder / "data/a.csv").write_text(HEADER + "2026-06-24 06:00:00,1,50,95\n")
        checked = site.run("check")
        assert checked.returncode == 0, checked.stdout + checked.stderr
        board = f"/{SECRETS[0]}"
        first, second = "◆ line 1 is hot · Small plant", "◆ line 2 is hot · Small plant"
        (site.folder / "site.yaml").write_text(whole.partition("notify:")[0])
        with engine(site) as running:
            until(find_place(site.folder).socket.exists, timeout=60)
            (site.folder / "site.yaml").write_text(whole)  # an edit is enough
            until(lambda: web.titles(board) == [first] and len(mail.got) == 1 and silence.calls, timeout=60)
            until(lambda: web.titles("/leads") == [f"◆ escalated, step 1: {first.removeprefix('◆ ')}"], timeout=60)
            beats = len([path for _, path, body in web.got if not body])
            until(lambda: len([path for _, path, body in web.got if not body]) > beats, what="the tick goes on")
            running.send_signal(signal.SIGKILL)
            running.wait(30)
        with engine(site):
            site.append("2026-06-24 06:01:00,2,50,95\n")
            until(lambda: second in web.titles(board) and len(mail.got) >= 2, timeout=60)
            until(lambda: len(web.titles("/leads")) >= 2, timeout=60)
            assert web.titles(board) == [first, second]
            assert [title.partition(": ")[2] for title in web.titles("/leads")] == [first[2:], second[2:]]
            assert len(mail.got) == 2
            tried = site.run("notify", "--test", "board")
            assert (tried.returncode, tried.stdout) == (0, "board: taken\n"), tried.stderr
            listed = site.run("notify")
            snapshot = site.run("snapshot", "--json")
            assert "board   ${env:BOARD_URL}" in listed.stdout
            assert f"board  {second}" in listed.stdout
            assert "ana     file secrets/ana" in listed.stdout
            assert f"silent  json://127.0.0.1:{silence.port}/****  " in listed.stdout
            logged = site.run("log", "--kind", "notification", "--json")
            unknown = site.run("notify", "--test", "nobody")
            assert unknown.returncode == 1
            assert "the site has no target nobody; there are: board, ana, leads, silent" in unknown.stderr
    said = (site.folder.parent / "said").read_text()
    shown = "".join(done.stdout + done.stderr for done in (checked, tried, listed, snapshot, logged, unknown)) + said
    state = find_place(site.folder).state
    kept = b"".join(path.read_bytes() for path in state.rglob("*") if path.is_file())
    assert "notification" in logged.stdout
    for secret in SECRETS:
        assert secret not in shown
        assert secret.encode() not in kept


def test_check_names_what_is_wrong_with_targets_and_shows_no_secret(site: SiteFolder) -> None:
    (site.folder / "site.yaml").write_text(
        "sources: {cycles: {files: data/*.csv, time: ts}}\n"
        "notify:\n"
        "  targets:\n"
        '    board: "${env:NOT_SET_ANYWHERE}"\n'
        "    ana: {url_file: open}\n"
        "    ben: {url_file: nowhere}\n"
        f'    eve: "nonsense://{SECRETS[0]}/"\n'
        "  routes: {to: [board, ana, ben, eve]}\n".replace("routes: {", "routes: [{").replace("]}", "]}]")
    )
    (site.folder / "open").write_text(f"json://h/{SECRETS[1]}")
    (site.folder / "open").chmod(0o644)
    done = site.run("check")
    assert done.returncode == 1
    expected = (
        "site.yaml:4:12 warning: `url`: the environment has no NOT_SET_ANYWHERE; set it where the engine is started",
        "site.yaml:5:21 `url_file`: open can be read by others: chmod 600 open",
        "site.yaml:6:21 `url_file`: nowhere cannot be read: No such file or directory",
        "site.yaml:7:10 `eve`: Apprise does not understand the URL: its scheme is unknown, or a part of it is missing",
    )
    for line in expected:
        assert line in done.stdout, done.stdout
    assert not [secret for secret in SECRETS if secret in done.stdout + done.stderr]


def test_neither_engine_nor_console_imports_what_sends(tmp_path: Path) -> None:
    code = (
        "import opsconsole.engine.serve, opsconsole.engine.core, opsconsole.engine.notify.notifier, sys\n"
        "import opsconsole.console.program\n"
        "assert not {'apprise', 'requests', 'smtplib', 'http'} & {name.partition('.')[0] for name in sys.modules}"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
