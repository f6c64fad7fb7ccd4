from __future__ import annotations

import shlex

import pytest

from opsconsole.cli.arguments import parse, plain_site
from opsconsole.cli.commands.every import BY_NAME, EVERY
from opsconsole.cli.main import run


@pytest.mark.parametrize(("words", "site"), [([], "."), (["plant"], "plant"), (["./demo"], "./demo")])
def test_one_word_is_a_site(words: list[str], site: str) -> None:
    assert plain_site(words) == site


@pytest.mark.parametrize("words", [["--help"], ["-V"], ["a", "b"], *([name] for name in BY_NAME)])
def test_anything_else_is_parsed(words: list[str]) -> None:
    assert plain_site(words) is None


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["demo", "--speed", "fast"], "fast: a number above 0 is wanted"),
        (["demo", "--speed", "0"], "0: a number above 0 is wanted"),
        (["demo", "--speed", "nan"], "nan: a number above 0 is wanted"),
        (["logs", ".", "-n", "-3"], "-n"),
        (["query", ".", "SELECT 1", "--limit", "1e3"], "1e3: a whole number from 0 is wanted"),
        (["query", ".", "SELECT 1", "--json", "--csv"], "not allowed with"),
        (["demo", "harbour"], "airport"),
        (["snapshot"], "SITE"),
        (["plant", "extra"], "extra"),
    ],
)
def test_wrong_words_are_told_and_end_with_2(words: list[str], says: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        parse(words)
    assert caught.value.code == 2
    assert says in capsys.readouterr().err


def test_commands_have_an_example(capsys: pytest.CaptureFixture[str]) -> None:
    for name in BY_NAME:
        with pytest.raises(SystemExit) as caught:
            parse([name, "--help"])
        assert caught.value.code == 0
        said = capsys.readouterr().out
        assert f"example: opsconsole {name}" in said
        assert run(parse(["help", name])) == 0
        assert capsys.readouterr().out == said


def test_every_example_is_understood() -> None:
    for command in EVERY:
        for example in command.examples:
            words = shlex.split(example)
            words = words[: next((at for at, word in enumerate(words) if word in (">", ">>")), None)]
            assert parse(words[1:]).command == command.name, example


def test_the_list_names_each_command_within_80_cells(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parse(["--help"])
    said = capsys.readouterr().out
    assert [name for name in BY_NAME if f"\n  {name} " not in said] == []
    assert [line for line in said.splitlines() if len(line) > 80] == []
    assert run(parse(["help"])) == 0
    assert capsys.readouterr().out == said


def test_help_on_a_command_that_is_not_there(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(parse(["help", "snapshto"])) == 1
    assert "did you mean `snapshot`?" in capsys.readouterr().err
