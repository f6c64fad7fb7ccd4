"""The manual page: whole, and such that roff has nothing to say against it."""

from __future__ import annotations

import re
import shutil
import subprocess

import pytest

from opsconsole.cli.commands.every import EVERY
from opsconsole.cli.man import page
from opsconsole.cli.overview import spelt


def test_it_has_every_command_with_its_options_and_examples() -> None:
    plain = (
        page().replace(r"\-", "-").replace(r"\(aq", "'").replace(r"\(dq", '"').replace(r"\(ti", "~").replace("...", "…")
    )
    for command in EVERY:
        assert f"\n.B opsconsole {command.name}\n" in plain
        for option in command.options():
            assert f"\n.B {spelt(option)}\n" in plain, option
        for example in command.examples:
            assert f"\n.B {example}\n" in plain


def test_no_line_is_a_request_by_mistake() -> None:
    requests = {re.match(r"[.']\S*", line)[0] for line in page().splitlines() if line.startswith((".", "'"))}  # type: ignore[index]
    assert requests == {".TH", ".SH", ".SS", ".B", ".BR", ".IR", ".PP", ".TP", ".RS", ".RE", ".nf", ".fi", ".br"}


@pytest.mark.skipif(shutil.which("groff") is None, reason="no groff here")
def test_groff_has_no_warnings_and_shows_it() -> None:
    done = subprocess.run(
        ["groff", "-man", "-ww", "-Tascii", "-P-cbou"], input=page().encode(), capture_output=True, timeout=60
    )
    assert (done.returncode, done.stderr) == (0, b"")
    text = " ".join(done.stdout.decode("ascii").split())
    assert "opsconsole backtest SITE [RULE ...]" in text
    assert "opsconsole doctor [SITE] [--json]" in text
    assert '--with "for: 10m"' in text
