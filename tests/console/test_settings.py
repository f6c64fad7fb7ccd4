"""A person's `config.yaml`: what is taken, and how plainly what is wrong is told."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opsconsole.console.actions import ACTIONS, SCOPES, STACKS, ClashError, Registry, clashes, rebound
from opsconsole.console.config import Config
from opsconsole.console.config_keys import CONFIG, schema
from opsconsole.console.key_names import NAMED, canonical
from opsconsole.console.settings import SettingsError, config_file, load, parse

README = Path(__file__).parent.parent.parent / "README.md"


def problems(text: str) -> list[str]:
    """What is wrong with a file of this text."""
    with pytest.raises(SettingsError) as caught:
        parse(text.encode())
    return str(caught.value).splitlines()


def test_what_is_written_is_what_holds() -> None:
    found = parse(
        b"keys:\n  ack: [b, Ctrl+A]\n  undo: PgDn\n  top: '#'\n  next-hit: []\n  redo: 9\n  page-down: []\n"
        b"theme: mono\ncolours: 256\nmouse: true\nascii: false\nsound: false\n"
        b"decimal: ','\nthousands: space\nrotate: 1m\ntour: false\n"
    )
    keys = {"ack": ("b", "ctrl+a"), "undo": ("pagedown",), "top": ("#",), "next-hit": (), "redo": ("9",)}
    assert found == Config(
        keys={**keys, "page-down": ()},
        theme="mono",
        colours="256",
        mouse=True,
        ascii=False,
        sound=False,
        decimal=",",
        thousands=" ",
        rotate=60.0,
        tour=False,
    )


def test_every_setting_can_be_written_and_none_without_a_setting() -> None:
    assert [key.name for key in CONFIG.keys] == list(Config.__struct_fields__)
    assert list(schema()["properties"]) == list(Config.__struct_fields__)


def test_no_file_an_empty_one_and_one_of_remarks_are_the_same(tmp_path: Path) -> None:
    assert load(tmp_path / "none.yaml") == parse(b"") == parse(b"# nothing yet\n") == parse(b"keys:\n") == Config()


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").mkdir()
    with pytest.raises(SettingsError, match=r"config.yaml:1:1 cannot be read: Is a directory"):
        load(tmp_path / "config.yaml")


def test_where_it_lies() -> None:
    assert config_file({"XDG_CONFIG_HOME": "/etc/mine"}) == Path("/etc/mine/opsconsole/config.yaml")
    home = Path("~/.config/opsconsole/config.yaml").expanduser()
    assert config_file({}) == config_file({"XDG_CONFIG_HOME": "not/absolute"}) == home


def test_each_mistake_is_told_with_its_place_and_what_was_meant() -> None:
    told = problems(
        "keys:\n  akc: b\n  ack: [8, shift+o, PgUpp]\n  top: ctrl+i\n  undo: [f9, f9]\ntheme: dakr\nmous: true\n"
        "rotate: 5\ndecimal: .\nthousands: .\n"
    )
    key = "expected a key such as `q`, `enter`, `f2` or `ctrl+d`, found"
    assert told == [
        "config.yaml:2:3 `akc`: there is no such action, did you mean `ack`?",
        "config.yaml:3:3 key `8` would mean both `sources` and `ack` in a list of alerts; give one of them another",
        "config.yaml:3:12 `ack`: "
        f"{key} `shift+o`; no key arrives as this: a letter with shift arrives as the capital, `O`",
        f"config.yaml:3:21 `ack`: {key} `PgUpp`; there is no such key, did you mean `pgup`?",
        f"config.yaml:4:8 `top`: {key} `ctrl+i`; a terminal sends the same for it as for `tab`: write that",
        "config.yaml:5:14 `undo`: `f9` is in the list twice",
        "config.yaml:6:8 `theme`: expected one of `auto`, `dark`, `light`, `contrast`, `colour-blind`, `mono`, found "
        "`dakr`; did you mean `dark`?",
        "config.yaml:7:1 `mous`: unknown key, did you mean `mouse`?",
        "config.yaml:8:9 `rotate`: expected a duration such as 10s, 15m, 8h or 1h30m, found `5`; it has no unit; "
        "write 5s, 5m or 5h",
        "config.yaml:10:12 `thousands`: the same sign as `decimal`; nobody could read the figures",
    ]
    assert problems("keys: {ack: [b, q]}") == [
        "config.yaml:1:8 key `q` would mean both `quit` and `ack` in a list of alerts; give one of them another"
    ]


def test_nobody_can_lock_themselves_out() -> None:
    (told,) = problems("keys:\n  command: []\n  palette: []\n")
    assert told.startswith("config.yaml:1:1 nothing would lead to `")
    assert told.endswith("leave `command` or `palette` a key")
    assert parse(b"keys: {quit: [], command: []}").keys == {"quit": (), "command": ()}, "the palette leads there"


def test_the_example_in_the_readme_is_a_file_of_settings() -> None:
    example = re.search(r"<!-- config-example -->\n```yaml\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    assert example is not None
    found = parse(example[1].encode())
    assert found.keys["ack"] == ("a", "f5")
    assert found.keys["escalate"] == ()


def test_keys_are_taken_as_people_write_them() -> None:
    said = {"Esc": "escape", "ctrl+D": "ctrl+d", "Ctrl-D": "ctrl+d", "↵": "enter", "PageDown": "pagedown", " ": "space"}
    said |= {"ctrl+_": "ctrl+underscore", "Ctrl-/": "ctrl+underscore"}
    said |= {"Shift+Tab": "shift+tab", "G": "G", "+": "+", "-": "-", "ctrl++": "ctrl++", "F12": "f12", "Del": "delete"}
    assert {text: canonical(text) for text in said} == said


@given(st.text(max_size=8))
@settings(max_examples=200)
def test_a_key_is_refused_in_words_or_is_one_that_stays_as_it_is(text: str) -> None:
    try:
        key = canonical(text)
    except ValueError as error:
        told = str(error)
    else:
        told = canonical(key) == key
    assert told


IDS = [action.id for action in ACTIONS]
KEYS = [*(chr(code) for code in range(33, 127)), *NAMED, *(f"ctrl+{char}" for char in "abcdefgkl")]


@given(st.dictionaries(st.sampled_from(IDS), st.lists(st.sampled_from(KEYS), max_size=2, unique=True), max_size=12))
@settings(max_examples=60, deadline=None)
def test_any_remapping_is_refused_with_both_names_or_leaves_every_action_within_reach(
    wanted: dict[str, list[str]],
) -> None:
    quoted = {name: ", ".join("'" + key.replace("'", "''") + "'" for key in keys) for name, keys in wanted.items()}
    text = "keys:\n" + "".join(f"  {name}: [{keys}]\n" for name, keys in quoted.items())
    actions = rebound(ACTIONS, {name: tuple(keys) for name, keys in wanted.items()})
    found = clashes(actions)
    try:
        config = parse(text.encode())
    except SettingsError as error:
        told = str(error)
        assert found or "nothing would lead to" in told
        for clash in found:
            assert f"`{clash.one.id}` and `{clash.other.id}`" in told
            line = next(line for line in told.splitlines() if f"`{clash.one.id}` and `{clash.other.id}`" in line)
            at = int(line.split(":")[1])
            assert text.splitlines()[at - 1].split(":")[0].strip() in (clash.one.id, clash.other.id)
        if found:
            with pytest.raises(ClashError):
                Registry(actions)
        return
    registry = Registry(rebound(ACTIONS, config.keys))
    for action in registry.actions:
        for stack, scopes in STACKS.items():
            if action.scope in scopes:
                assert all(registry.find(key, stack) is action for key in action.keys)
        assert action.keys or registry.by_id["palette"].keys or (action.line and registry.by_id["command"].keys)
        assert registry.hint(action.id)
    assert set(SCOPES) >= {action.scope for action in registry.actions}


def program(tmp_path: Path, *words: str) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "XDG_CONFIG_HOME": str(tmp_path), "XDG_STATE_HOME": str(tmp_path / "state")}
    return subprocess.run(
        [sys.executable, "-m", "opsconsole", *words], capture_output=True, text=True, env=env, timeout=60
    )


def test_the_program_tells_of_the_file_and_of_the_way_round_it(tmp_path: Path) -> None:
    (tmp_path / "opsconsole").mkdir()
    file = tmp_path / "opsconsole/config.yaml"
    file.write_text("keys: {akc: b}\n")
    told = program(tmp_path, "keys")
    assert (told.returncode, told.stdout) == (1, "")
    assert told.stderr == (
        f"opsconsole: {file}:1:8 `akc`: there is no such action, did you mean `ack`?\n"
        "opsconsole: mend it, or go without: opsconsole --no-config SITE\n"
    )
    file.write_text("keys: {ack: [b, f5]}\n")
    assert " *  b f5" not in program(tmp_path, "keys", "--no-config").stdout
    assert re.search(r"^ \* b f5 +ack +Acknowledge", program(tmp_path, "keys").stdout, re.MULTILINE)


def test_without_a_file_nothing_is_loaded_to_read_one(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from opsconsole.console.settings import load; "
        f"load(Path({str(tmp_path)!r}) / 'none'); "
        "print([name for name in ('yaml', 'textual', 'opsconsole.site.kinds') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout == "[]\n"
