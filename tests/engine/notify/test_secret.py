"""URLs with secrets: where they come from, and that nothing of them is shown."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from opsconsole.engine.notify.secret import SecretError, masked, resolve, scrubbed, shown
from opsconsole.site.notifying import Address


def test_the_environment_fills_in_what_is_named() -> None:
    address = Address(url="https://h/${env:ONE}/${env:TWO}")
    assert resolve(address, Path(), {"ONE": "a", "TWO": "b\n"}) == "https://h/a/b"
    with pytest.raises(SecretError, match="the environment has no TWO") as caught:
        resolve(address, Path(), {"ONE": "a", "TWO": ""})
    assert caught.value.of_here


def test_a_file_is_read_that_nobody_else_can_read(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    address = Address(url_file="secret")
    path.write_text("json://h/token\n")
    path.chmod(0o600)
    assert resolve(address, tmp_path) == "json://h/token"
    for mode in (0o640, 0o604, 0o644, 0o620):
        path.chmod(mode)
        with pytest.raises(SecretError, match="secret can be read by others: chmod 600 secret"):
            resolve(address, tmp_path)


@pytest.mark.parametrize("content", ["", "two\nlines", "a b", "x" * 20_000])
def test_a_file_holds_one_url(tmp_path: Path, content: str) -> None:
    (tmp_path / "secret").write_text(content)
    (tmp_path / "secret").chmod(0o600)
    with pytest.raises(SecretError, match="secret has to hold one URL on one line"):
        resolve(Address(url_file="secret"), tmp_path)


def test_what_is_no_file_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe", 0o600)
    with pytest.raises(SecretError, match="pipe is no file"):
        resolve(Address(url_file="pipe"), tmp_path)
    with pytest.raises(SecretError, match="none cannot be read: No such file"):
        resolve(Address(url_file="none"), tmp_path)
    with pytest.raises(SecretError, match="secrets"):
        resolve(Address(url_file="secrets/"), tmp_path)


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("json://ana:pw@board.example:8080/hook/token?key=1", "json://board.example:8080/****"),
        ("json://board.example", "json://board.example"),
        ("mailtos://ana:pw@mail.example?to=ben@mail.example", "mailtos://mail.example/****"),
        ("https://switch.example/${env:SWITCH}", "https://switch.example/****"),
        ("discord://4711/token", "discord://****"),
        ("tgram://token/17", "tgram://****"),
        ("${env:ONCALL_URL}", "${env:ONCALL_URL}"),
        ("${env:SCHEME}://host/x", "****"),
        ("json://${env:HOST}/x", "json://****"),
    ],
)
def test_a_url_is_shown_without_what_may_be_secret(url: str, expected: str) -> None:
    assert masked(url) == shown(Address(url)) == expected
    assert shown(Address(url_file="secrets/leads")) == "file secrets/leads"


SAFE = st.text("abcdefghijklmnopqrstuvwxyzABCXYZ0123456789_-", min_size=8, max_size=30)


@given(SAFE, SAFE, SAFE, st.sampled_from(("json", "discord", "mailtos", "https")))
def test_nothing_of_a_url_is_left_in_what_is_said_of_it(user: str, password: str, token: str, scheme: str) -> None:
    url = f"{scheme}://{user}:{password}@host.example:8443/{token}/x?key={token}"
    said = f"cannot POST {url}: 401 for {user} at /{token}/x (key={token}), password {password}"
    text = scrubbed(said, url)
    assert not [part for part in (user, password, token) if part in text]
    assert "401" in text


def test_what_is_written_escaped_is_found_as_it_is_meant_too() -> None:
    url = "mailtos://ana:p%40ssw%2Frd@mail.example"
    assert "p@ssw/rd" not in scrubbed("login with p@ssw/rd failed", url)
    assert "p%40ssw%2Frd" not in scrubbed("login with p%40ssw%2Frd failed", url)
    assert "mail.example" in scrubbed("no answer from mail.example", url)
