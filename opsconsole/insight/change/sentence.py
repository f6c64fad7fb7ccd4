"""The verdict on a change in one plain sentence."""

from __future__ import annotations

from collections.abc import Callable

from opsconsole.insight.change.effect import Effect, Estimate

_WORDS = {"helped": "Helped", "worse": "Made it worse", "changed": "It changed", "cannot tell": "Cannot tell"}


def sentence(effect: Effect, name: str, amount: Callable[[float], str], stretch: str = "") -> str:
    """Such as "Helped: Scrap fell 0.9 points (95 %: 0.4–1.4) over the 14 days after; …".

    `amount` writes a size without a sign, with its unit; `stretch` says how long the horizon is, such as "14 days".
    """
    if effect.mean is None:
        return f"{'Not enough' if effect.verdict == 'not enough' else 'Cannot tell'}: {effect.reason}"
    over = f" over the {stretch} after" if stretch else ""
    said = f"{_WORDS[effect.verdict]}: {name} {moved(effect.mean, amount)}{over}"
    fell = "fall" if effect.mean.value < 0 else "rise"
    if effect.placebo is not None:
        less = "less than " if effect.placebo.chance <= 1 / (1 + effect.placebo.dates) + 1e-9 else ""
        said += f"; chance of such a {fell} without a change: {less}{100 * effect.placebo.chance:.0f} %"
    elif effect.reason:
        said += f"; {effect.reason}"
    return said


def moved(estimate: Estimate, amount: Callable[[float], str]) -> str:
    """Such as "fell 0.9 points (95 %: 0.4–1.4)"; "moved" where the interval holds 0, with the signs of its ends."""
    low, high = estimate.low, estimate.high
    if low <= 0 <= high:
        sign = "-" if estimate.value < 0 else "+"
        return f"moved by {sign}{amount(abs(estimate.value))} (95 %: -{_bare(amount(-low))} to +{_bare(amount(high))})"
    ends = sorted((abs(low), abs(high)))
    word = "fell" if estimate.value < 0 else "rose"
    return f"{word} {amount(abs(estimate.value))} (95 %: {_bare(amount(ends[0]))}–{_bare(amount(ends[1]))})"


def _bare(text: str) -> str:
    """The number without its unit."""
    return text.split(" ", 1)[0] if " " in text else text
