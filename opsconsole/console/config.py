"""A person's own settings, as the program uses them."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

Theme = Literal["auto", "dark", "light", "contrast", "colour-blind", "mono"]
Colours = Literal["auto", "16", "256", "truecolor"]


class Start(Struct, frozen=True):
    """How a console was asked to start: by the words of its command line.

    `fresh`: at the overview, not where one was; `forget`: where one is is not kept. `wall`: for a screen that nobody
    works at; `rotate` for how many seconds it shows a layout (None: as the person's settings say).
    """

    quiet: bool = False
    read_only: bool = False
    fresh: bool = False
    forget: bool = False
    wall: bool = False
    rotate: float | None = None


class Config(Struct, frozen=True):
    """`keys` are those of actions by their ids, instead of their own; no key: the action has none.

    `theme` and `colours` "auto": what the terminal says of itself. `mouse` None: on, but not over SSH. `ascii` None: by
    the encoding of the terminal. `decimal` and `thousands` are the separators of figures ("" as `decimal`: by the
    locale; None as `thousands`: a space, which no decimal sign is). `rotate` is for how many seconds a wall shows a
    layout.
    """

    keys: dict[str, tuple[str, ...]] = {}
    theme: Theme = "auto"
    colours: Colours = "auto"
    mouse: bool | None = None
    ascii: bool | None = None
    sound: bool = True
    decimal: str = ""
    thousands: str | None = None
    rotate: float = 20.0
    tour: bool = True
