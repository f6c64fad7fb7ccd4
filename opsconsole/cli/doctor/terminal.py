"""Checks of the terminal: what it is called, how large, its colours and signs, what lies between it and us."""

from __future__ import annotations

from msgspec import Struct

from opsconsole.cli.doctor.finding import Finding

LEAST = (40, 12)
FULL = (80, 24)


class Seen(Struct, frozen=True):
    """What is known of the terminal. `tty`: standard input and output are one.

    `background` is its answer to the question for its colour ("light", "dark"; empty: none). `tmux` are the options of
    the tmux that we run in, by name; None where it is none, or does not say.
    """

    tty: bool = True
    term: str = ""
    columns: int = 80
    lines: int = 24
    encoding: str = "utf-8"
    locale: str = ""
    environ: dict[str, str] = {}
    background: str = ""
    tmux: dict[str, str] | None = None
    known: bool = True


def kind(seen: Seen) -> Finding:
    """Whether the console can be drawn on it."""
    if not seen.tty:
        return Finding(
            "terminal",
            "note",
            "input or output is no terminal: `opsconsole SITE` prints a snapshot",
            "start it in a terminal, over SSH with `ssh -t`; or follow it with --plain",
        )
    if seen.term in ("", "dumb"):
        return Finding(
            "terminal",
            "warning",
            f"TERM is {seen.term or 'not set'}: nothing can be drawn",
            "export TERM=xterm-256color, or use `opsconsole SITE --plain`",
        )
    if not seen.known:
        return Finding(
            "terminal",
            "note",
            f"TERM is {seen.term}, which this machine's terminfo does not know; programs beside this one may fail",
            "install ncurses-term, or export TERM=xterm-256color",
        )
    return Finding("terminal", "fine", f"TERM is {seen.term}")


def size(seen: Seen) -> Finding:
    """Whether a screen fits."""
    found = f"{seen.columns}x{seen.lines}"
    if seen.columns < LEAST[0] or seen.lines < LEAST[1]:
        return Finding("size", "warning", f"{found} is too small to draw on", f"{LEAST[0]}x{LEAST[1]} is the least")
    if seen.columns < FULL[0] or seen.lines < FULL[1]:
        return Finding("size", "note", f"{found}: only what matters most is shown", f"{FULL[0]}x{FULL[1]} shows all")
    return Finding("size", "fine", found)


def colours(seen: Seen) -> Finding:
    """How many colours it says it has."""
    if seen.environ.get("NO_COLOR"):
        return Finding("colours", "note", "none, as NO_COLOR asks; signs and letters say everything", "unset NO_COLOR")
    if seen.environ.get("COLORTERM", "").lower() in ("truecolor", "24bit") or "direct" in seen.term:
        return Finding("colours", "fine", "truecolor")
    if "256" in seen.term:
        return Finding("colours", "fine", "256")
    return Finding(
        "colours",
        "note",
        f"16, by TERM={seen.term or '(not set)'}",
        "export TERM=xterm-256color (tmux-256color within tmux) if yours has more",
    )


def background(seen: Seen) -> Finding:
    """Light or dark, where it answers."""
    if seen.background:
        return Finding("background", "fine", f"{seen.background}, by the terminal's own answer")
    return Finding(
        "background",
        "note",
        "the terminal does not say whether it is light or dark",
        "name a theme in config.yaml, if the colours do not suit",
    )


def encoding(seen: Seen) -> Finding:
    """Whether signs beyond ASCII can be written."""
    utf8 = seen.encoding.lower().replace("-", "") == "utf8"
    named = seen.locale.lower().replace("-", "")
    if utf8 and (not named or "utf8" in named):
        return Finding("encoding", "fine", f"UTF-8{f' ({seen.locale})' if seen.locale else ''}")
    what = f"locale {seen.locale}" if seen.locale else f"encoding {seen.encoding}"
    return Finding("encoding", "warning", f"{what} is not UTF-8: signs are drawn in ASCII", "export LANG=C.UTF-8")


def clipboard(seen: Seen) -> Finding:
    """Whether what is copied (OSC 52) gets through tmux or screen."""
    if seen.environ.get("TMUX"):
        if seen.tmux is None:
            return Finding("clipboard", "note", "in tmux, which does not say what it passes on")
        # passed on to the terminal, or taken by tmux itself: either is enough; before tmux 3.3 all is passed on
        passed = seen.tmux.get("allow-passthrough", "on") != "off"
        if not passed and seen.tmux.get("set-clipboard", "external") != "on":
            return Finding(
                "clipboard",
                "warning",
                "tmux takes nothing that is copied",
                "`tmux set -g set-clipboard on`, and in ~/.tmux.conf",
            )
        return Finding("clipboard", "fine", "OSC 52 through tmux")
    if seen.environ.get("STY"):
        return Finding("clipboard", "note", "OSC 52 through screen, in pieces of 700 bytes", "not all of it may arrive")
    if seen.term == "linux":
        return Finding("clipboard", "note", "the Linux console has none", "copy with the mouse (gpm)")
    return Finding("clipboard", "note", "OSC 52; whether the terminal takes it cannot be asked")


def ssh(seen: Seen) -> Finding:
    """Whether a network lies between."""
    come = seen.environ.get("SSH_CONNECTION", "").split()
    if come:
        return Finding(
            "link", "note", f"SSH from {come[0]}: the mouse is off unless turned on", "`ssh -C` sends far fewer bytes"
        )
    return Finding("link", "fine", "this machine's own terminal")


# What can be said where there is no terminal.
WITHOUT = (kind, encoding)
CHECKS = (kind, size, colours, background, encoding, clipboard, ssh)
