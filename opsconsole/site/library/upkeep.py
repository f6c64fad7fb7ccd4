"""Library entries about failures and maintenance."""

from __future__ import annotations

from opsconsole.site.library.shape import Entry, Vector
from opsconsole.site.library.times import ISO, LEADS, ONTOLOGY

_BOOK = "textbook formula; the ontology has the words only"
_ONE_MORE = (
    "FE failures part FE + 1 stretches of time, the last of which is still running; for several work units together "
    "the one is added once."
)

UPKEEP = (
    Entry(
        id="iso22400.mtbf",
        title="MTBF",
        description="Mean operating time between failures.",
        formula="Σ TBF / (FE + 1)",
        value="sum({TBF}) / (sum({FE}) + 1)",
        elements=("TBF", "FE"),
        unit="h",
        range=(),
        timing=("periodic", "on-demand"),
        audience=LEADS,
        source=f"{ISO}, mean operating time between failures ({_BOOK})",
        notes=_ONE_MORE,
        vectors=(
            Vector(
                "TBF FE",
                ((100, 1), (140, 1), (60, 0)),
                100.0,
                "two failures, and 60 h since the last: (100 + 140 + 60) / (2 + 1)",
            ),
        ),
    ),
    Entry(
        id="iso22400.mttf",
        title="MTTF",
        description="Mean time to failure.",
        formula="Σ TTF / (FE + 1)",
        value="sum({TTF}) / (sum({FE}) + 1)",
        elements=("TTF", "FE"),
        unit="h",
        range=(),
        timing=("periodic", "on-demand"),
        audience=LEADS,
        source=f"{ISO}, mean time to failure ({_BOOK})",
        notes=_ONE_MORE,
        vectors=(Vector("TTF FE", ((500, 1), (700, 0)), 600.0, "(500 + 700) / (1 + 1)"),),
    ),
    Entry(
        id="iso22400.mttr",
        title="MTTR",
        description="Mean time to restoration.",
        formula="Σ TTR / (FE + 1)",
        value="sum({TTR}) / (sum({FE}) + 1)",
        elements=("TTR", "FE"),
        unit="h",
        range=(),
        better="lower",
        timing=("periodic", "on-demand"),
        audience=LEADS,
        source=f"{ISO}, mean time to restoration ({_BOOK})",
        notes="As the standard has it, with FE + 1 below. The mean of the repairs alone is `sum(ttr) / count(*)`.",
        vectors=(Vector("TTR FE", ((2, 1), (4, 1), (3, 1)), 2.25, "(2 + 4 + 3) / (3 + 1) = 9 / 4"),),
    ),
    Entry(
        id="iso22400.corrective_maintenance_ratio",
        title="Corrective maintenance ratio",
        description="The share of repairs in all maintenance.",
        formula="CMT / (CMT + PMT)",
        value="100 * sum({CMT}) / (sum({CMT}) + sum({PMT}))",
        elements=("CMT", "PMT"),
        better="lower",
        timing=("periodic", "on-demand"),
        audience=LEADS,
        source=f"{ISO}, corrective maintenance ratio ({ONTOLOGY})",
        vectors=(Vector("CMT PMT", ((30, 0), (10, 0), (0, 60)), 40.0, "40 / (40 + 60)"),),
    ),
)
