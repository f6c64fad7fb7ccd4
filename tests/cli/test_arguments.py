from __future__ import annotations

import pytest

from opsconsole.cli.arguments import COMMANDS, parse, plain_site


@pytest.mark.parametrize(("words", "site"), [([], "."), (["plant"], "plant"), (["./demo"], "./demo")])
def test_one_word_is_a_site(words: list[str], site: str) -> None:
    assert plain_site(words) == site


@pytest.mark.parametrize("words", [["--help"], ["-V"], ["a", "b"], *([name] for name in COMMANDS)])
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
    for name in COMMANDS:
        with pytest.raises(SystemExit) as caught:
            parse([name, "--help"])
        assert caught.value.code == 0
        assert f"example: opsconsole {name}" in capsys.readouterr().out
