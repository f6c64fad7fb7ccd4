"""The signs of the screen: one scale for KPIs, alerts and sources, never told by colour alone."""

from __future__ import annotations

from opsconsole.engine.messages import AlertLetter, AlertState, Status
from opsconsole.site.model import Priority

GLYPHS: dict[Status, str] = {
    "critical": "▲",
    "warning": "◆",
    "good": "●",
    "nolimit": "",
    "nodata": "○",
    "novalue": "∅",
    "stale": "◌",
}
LETTERS: dict[Status, str] = {
    "critical": "C",
    "warning": "W",
    "good": "",
    "nolimit": "",
    "nodata": "ND",
    "novalue": "NV",
    "stale": "ST",
}
WORDS: dict[Status, str] = {
    "critical": "critical",
    "warning": "warning",
    "good": "good",
    "nolimit": "no limits set",
    "nodata": "no data",
    "novalue": "no value",
    "stale": "stale",
}
# What comes first where nothing else says so.
SEVERITY: dict[Status, int] = {
    "critical": 0,
    "warning": 1,
    "stale": 2,
    "nodata": 3,
    "novalue": 3,
    "good": 4,
    "nolimit": 4,
}
PRIORITY: dict[Priority, tuple[str, str]] = {"critical": ("▲", "C"), "warning": ("◆", "W"), "low": ("▽", "L")}
RANK: dict[Priority, int] = {"critical": 0, "warning": 1, "low": 2}
SOURCE_SIGNS = {"fresh": "●", "stale": "◌ST", "nodata": "○ND", "off": "·", "asof": "≤"}
STATE_WORDS: dict[AlertLetter, str] = {
    "UNACK": "UNACK", "ACK": "ACK", "RTNUN": "RTN-UN", "NORM": "NORM", "LATCHED": "LATCH", "SHELVED": "SHELVED",
    "SUPPRESSED": "SUPPR", "OOS": "OUT",
}  # fmt: skip
STATE_RANK: dict[AlertLetter, int] = {
    "UNACK": 0, "RTNUN": 1, "ACK": 2, "LATCHED": 3, "SHELVED": 4, "SUPPRESSED": 5, "OOS": 6, "NORM": 7,
}  # fmt: skip
ASIDE = ("SHELVED", "SUPPRESSED", "OOS")

# One cell for one cell, so that nothing moves where the locale has no UTF-8. What can stand at the same place stays
# different, and nothing becomes a digit.
ASCII = str.maketrans(
    {
        "▲": "!", "◆": "*", "▽": "+", "●": "o", "○": "-", "∅": "/", "◌": "?", "≈": "~", "↑": "^", "↓": "v", "→": ">",
        "─": "-", "━": "=", "╸": "-", "│": "|", "┃": "|", "├": "|", "┤": "|", "┼": "+", "╎": ":", "┄": ".", "╌": "~",
        "┬": "+", "┴": "+", "└": "+", "┊": ":", "▸": ">", "›": ">", "…": "~", "·": ".", "–": "-", "—": "-", "✓": "x",
        "▁": "_", "▂": "_", "▃": "-", "▄": "-", "▅": "=", "▆": "=", "▇": "#", "█": "#", "▌": "#", "▏": "|", "▎": "|",
        "▍": "|", "▋": "#", "▊": "#", "▉": "#", "≥": ">", "≤": "<", "↵": "<", "∞": "@", "«": "<", "»": ">", "“": '"',
        "”": '"', "’": "'", "‘": "'", "\u202f": " ", "\u00a0": " ", "×": "x", "−": "-", "±": "~", "°": "o", "µ": "u",
        "←": "<", "▀": '"', "░": ",", "▒": ":", "▓": "%", "◇": "c", "┫": "|", "╭": ".", "╮": ".", "╰": "'", "╯": "'",
        "┏": ".", "┓": ".", "┗": "'", "┛": "'", "╔": ".", "╗": ".", "╚": "'", "╝": "'", "═": "=", "║": "|",
        "Σ": "S", "σ": "s", "▶": ">", "◀": "<", "Δ": "d", "•": "o", "∘": ",",
        **{chr(0x2400 + code): "?" for code in range(0x22)},
    }
)  # fmt: skip


def sign(status: Status) -> str:
    """Glyph and letter of a status ("▲C"); empty for a KPI without limits."""
    return GLYPHS[status] + LETTERS[status]


def style(status: Status) -> str:
    """The style name of a status; good and unlimited values stay plain."""
    return {"nodata": "nodata", "novalue": "nodata", "nolimit": "", "good": ""}.get(status, status)


def alert_sign(priority: Priority) -> str:
    """Glyph and letter of a priority."""
    return "".join(PRIORITY[priority])


def urgency(alert: AlertState) -> tuple[int, int, float, str]:
    """What alerts are sorted by: priority, then state (those nobody acknowledged first), then age (newest first)."""
    return (RANK[alert.priority], STATE_RANK[alert.state], -alert.since, alert.id)


def put_aside(alert: AlertState) -> bool:
    """Whether it is shelved, suppressed or out of service: it calls nobody."""
    return alert.state in ASIDE


def alert_style(alert: AlertState) -> str:
    """Colour by priority while it is there; reverse only while nobody has acknowledged; put aside: dim."""
    if alert.state == "UNACK":
        return f"{alert.priority} reverse"
    if alert.state == "ACK":
        return alert.priority
    return "" if alert.state == "RTNUN" else "dim"


def to_ascii(text: str) -> str:
    """`text` for a terminal without UTF-8, cell for cell."""
    from opsconsole.console.text import width

    if text.isascii():
        return text
    return "".join(char if char.isascii() else "?" * width(char) for char in text.translate(ASCII))
