from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import get_args

import pytest
from rich.style import Style

from opsconsole.console.config import Theme
from opsconsole.console.look import STYLES, Look
from opsconsole.console.signs import LETTERS, PRIORITY, sign, style, to_ascii
from opsconsole.console.themes import THEMES, Depth, asks, depth
from opsconsole.engine.messages import Status
from tests.console.seeing import MATRICES, apart, contrast

# Grounds that people have: plain ones, and those of well-known themes (VS Code, Dracula, One Dark, Solarized).
DARK = ("#000000", "#1e1e1e", "#282a36", "#282c34", "#002b36")
LIGHT = ("#ffffff", "#fafafa", "#eeeeee", "#fdf6e3")
INK = {False: "#d4d4d4", True: "#222222"}
DEPTHS: tuple[Depth, ...] = ("truecolor", "256", "16")
SAID = ("critical", "warning", "low", "stale")
DRAWN = ("bar", "rule")
FAINT = ("dim", "nodata", "ghost", *DRAWN)
# theme, ground told by the terminal, grounds it is meant for; the sixteen are measured as xterm has them
MEANT: tuple[tuple[Theme, bool | None, Sequence[str]], ...] = (
    ("dark", None, DARK),
    ("light", None, LIGHT),
    ("auto", False, DARK),
    ("auto", True, LIGHT),
    ("contrast", None, ("#000000",)),
    ("colour-blind", None, DARK),
    ("colour-blind", False, DARK),
    ("colour-blind", True, LIGHT),
)


def grounds(look: Look, meant: Sequence[str]) -> Sequence[str]:
    return meant if look.depth != "16" else meant[:1]


@pytest.mark.parametrize("depth", DEPTHS)
@pytest.mark.parametrize(("theme", "light", "meant"), MEANT, ids=[f"{theme} {light}" for theme, light, _ in MEANT])
def test_every_text_can_be_read_on_the_grounds_it_is_meant_for(
    theme: Theme, light: bool | None, meant: Sequence[str], depth: Depth
) -> None:
    look = Look(theme, depth, light)
    for name in STYLES:
        ink = look.style(name).color
        if ink is None or ink.is_default:
            # the terminal's own, which its owner reads all day
            assert theme != "contrast"
            continue
        least = 3.0 if name in DRAWN else 7.0 if theme == "contrast" and depth != "16" else 4.5
        for ground in grounds(look, meant):
            assert contrast(ink, ground) >= least, (name, ink, ground)
    if depth != "16" or theme == "contrast":
        assert all(look.style(name).color is not None for name in (*FAINT, *SAID))


@pytest.mark.parametrize("depth", DEPTHS)
@pytest.mark.parametrize("light", [False, True])
@pytest.mark.parametrize("eyes", MATRICES)
def test_the_colour_blind_theme_keeps_what_is_abnormal_apart(depth: Depth, light: bool, eyes: str) -> None:
    look = Look("colour-blind", depth, light)
    least = 12.0 if depth == "16" else 15.0
    inks = {name: look.style(name).color or INK[light] for name in (*SAID, "good")}
    for one, other in itertools.combinations(inks, 2):
        first, second = look.style(one), look.style(other)
        if depth != "16" or (first.bold, first.underline) == (second.bold, second.underline):
            assert apart(inks[one], inks[other], eyes) >= least, (one, other)


def test_the_measure_tells_what_red_green_blindness_makes_one() -> None:
    # the light theme is not safe, and the measure says so
    look = Look("light", "truecolor")
    red, ochre = (look.style(name).color for name in ("critical", "warning"))
    assert red is not None
    assert ochre is not None
    assert apart(red, ochre, "deuteranopia") < 10 < 40 < apart(red, ochre, "all cones")
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)


def test_mono_has_no_colour_whatever_the_theme() -> None:
    for theme in THEMES:
        look = Look(theme, "mono", True)
        for names in [*STYLES, "bold critical", "critical reverse", "low dim"]:
            for worn in (look.style(names), look.muted(names)):
                assert worn.color is None
                assert worn.bgcolor is None
    assert Look("mono", "truecolor").style("critical").color is None


def test_status_is_never_told_by_colour_alone() -> None:
    for text in (lambda words: words, to_ascii):
        statuses = [text(sign(status)) for status in get_args(Status)]
        assert len(set(statuses)) == len(statuses)
        priorities = [text("".join(each)) for each in PRIORITY.values()]
        assert len(set(priorities)) == len(priorities)
    # every status that is neither good nor without limits has a letter beside its sign
    assert [status for status in get_args(Status) if not LETTERS[status]] == ["good", "nolimit"]


def test_the_attributes_alone_part_what_is_abnormal() -> None:
    look = Look("mono", "mono")
    worn = [look.style(style(status)) for status in ("critical", "warning", "good", "stale")]
    assert len(set(worn)) == len(worn)
    assert look.style("critical reverse").reverse


def test_the_terminals_own_sixteen_are_kept_where_its_ground_is_not_known() -> None:
    for deep in DEPTHS:
        look = Look("auto", deep, None)
        assert {name: look.style(name) for name in STYLES} == STYLES
        assert look.ground == Style.null()


def test_only_high_contrast_brings_a_ground_of_its_own() -> None:
    for theme, light, _ in MEANT:
        for deep in DEPTHS:
            look = Look(theme, deep, light)
            assert (look.style("").bgcolor is not None) == (theme == "contrast")
            assert (look.muted("critical reverse").bgcolor is not None) == (theme == "contrast")


def test_what_was_known_of_a_lost_engine_keeps_its_emphasis_and_loses_its_colour() -> None:
    look = Look("dark", "256")
    assert look.muted("critical reverse") == look.style("dim reverse")
    assert look.muted("warning") == look.style("dim")


@pytest.mark.parametrize(
    ("env", "expected"),
    [
        ({"TERM": "xterm-256color"}, "256"),
        ({"TERM": "xterm-256color", "COLORTERM": "truecolor"}, "truecolor"),
        ({"TERM": "xterm-256color", "COLORTERM": "24bit"}, "truecolor"),
        ({"TERM": "xterm-256color", "COLORTERM": "truecolor", "NO_COLOR": "1"}, "mono"),
        ({"TERM": "xterm-256color", "NO_COLOR": ""}, "256"),
        ({"TERM": "xterm"}, "16"),
        ({"TERM": "xterm-direct"}, "truecolor"),
        ({"TERM": "xterm-kitty"}, "truecolor"),
        ({"TERM": "tmux-256color", "TMUX": "x", "COLORTERM": "truecolor"}, "truecolor"),
        ({"TERM": "screen-256color", "TMUX": "x"}, "256"),
        ({"TERM": "screen-256color", "STY": "x", "COLORTERM": "truecolor"}, "256"),
        ({"TERM": "screen-256color", "COLORTERM": "truecolor"}, "256"),
        ({"TERM": "screen", "COLORTERM": "truecolor"}, "16"),
        ({"TERM": "linux", "COLORTERM": "truecolor"}, "16"),
        ({"TERM": "vt100"}, "16"),
        ({"TERM": "vt220"}, "16"),
        ({}, "16"),
    ],
)
def test_how_many_colours_a_terminal_has(env: dict[str, str], expected: Depth) -> None:
    assert depth("auto", env) == expected


def test_a_person_can_say_how_many_colours_but_no_colour_is_kept() -> None:
    assert depth("truecolor", {"TERM": "linux"}) == "truecolor"
    assert depth("16", {"TERM": "xterm-kitty"}) == "16"
    assert depth("truecolor", {"NO_COLOR": "1"}) == "mono"


def test_the_terminal_is_asked_only_where_its_ground_matters() -> None:
    assert {theme for theme in THEMES if asks(theme, "256")} == {"auto", "colour-blind"}
    assert not any(asks(theme, "mono") for theme in THEMES)
