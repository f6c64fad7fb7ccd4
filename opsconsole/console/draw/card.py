"""A KPI's card: labels at the left, texts wrapped beside them, what is missing said dimly at its place."""

from __future__ import annotations

from opsconsole.console.text import Line, fit, inert, wrap
from opsconsole.engine.card_text import card_facts
from opsconsole.engine.messages import KpiState

LABEL = 9
_MARGIN = LABEL + 2


def card(kpi: KpiState, cells: int) -> list[Line]:
    """The whole card in lines of exactly `cells` cells, without a heading."""
    out: list[Line] = []
    for fact in card_facts(kpi):
        text = inert(" ".join(fact.text.split()))
        for at, part in enumerate(wrap(text, max(1, cells - _MARGIN))):
            label = fact.label if at == 0 else ""
            out.append(fit([(f" {label:<{LABEL}} ", "dim"), (part, "dim" if fact.gap else "")], cells))
    return out
