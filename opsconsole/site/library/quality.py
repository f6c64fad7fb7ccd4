"""Library entries about quality: shares of good and bad pieces, and the capability of machines and processes."""

from __future__ import annotations

from opsconsole.site.library.shape import Entry, Vector
from opsconsole.site.library.times import ALWAYS, EVERYONE, ISO, LEADS, ONTOLOGY

# Rows with other specifications are another characteristic: taken together they have no capability.
_ONE_SPECIFICATION = (
    "CASE WHEN min({USL}) IS NOT DISTINCT FROM max({USL}) AND min({LSL}) IS NOT DISTINCT FROM max({LSL}) THEN "
)
_IN_ORDER = "list({X} ORDER BY {SEQ}) FILTER (WHERE {X} IS NOT NULL)"
_SIGMA = (
    f"list_avg(list_transform(list_zip(({_IN_ORDER})[2:], ({_IN_ORDER})[:-2]), lambda pair: abs(pair[1] - pair[2])))"
    " / 1.128"
)
_MOVING_RANGE = (
    "σ̂ is the mean moving range of single values, in the order of their time, / 1.128. The standard takes it from "
    "subgroups, which this does not know. Look at one characteristic at a time, with `where` or `by`."
)
_MEASURED = ("X", "USL", "LSL")
_IN_SEQUENCE = (*_MEASURED, "SEQ")

QUALITY = (
    Entry(
        id="iso22400.quality_ratio",
        title="Quality ratio",
        description="Good pieces of all pieces made.",
        formula="GQ / PQ",
        value="100 * sum({GQ}) / sum({PQ})",
        elements=("GQ", "PQ"),
        timing=ALWAYS,
        audience=EVERYONE,
        source=f"{ISO}, quality ratio ({ONTOLOGY})",
        vectors=(Vector("GQ PQ", ((95, 100), (295, 300)), 97.5, "(95 + 295) / (100 + 300) = 390 / 400"),),
    ),
    Entry(
        id="iso22400.first_pass_yield",
        title="First pass yield",
        description="Inspected parts that were good the first time, without rework, of all inspected parts.",
        formula="GP / IP",
        value="100 * sum({GP}) / sum({IP})",
        elements=("GP", "IP"),
        scope="product",
        timing=ALWAYS,
        audience=EVERYONE,
        source=f"{ISO}, first pass yield ({ONTOLOGY})",
        vectors=(Vector("GP IP", ((1, 1), (0, 1), (1, 1), (1, 1)), 75.0, "3 of 4 parts"),),
    ),
    Entry(
        id="iso22400.scrap_ratio",
        title="Scrap ratio",
        description="Scrapped pieces of all pieces made.",
        formula="SQ / PQ",
        value="100 * sum({SQ}) / sum({PQ})",
        elements=("SQ", "PQ"),
        better="lower",
        timing=ALWAYS,
        audience=EVERYONE,
        source=f"{ISO}, scrap ratio ({ONTOLOGY})",
        vectors=(
            Vector("SQ PQ", ((1, 10), (2, 90)), 3.0, "not the mean of 10 % and 2.2 %: (1 + 2) / (10 + 90) = 3 / 100"),
        ),
    ),
    Entry(
        id="iso22400.rework_ratio",
        title="Rework ratio",
        description="Pieces to be reworked of all pieces made.",
        formula="RQ / PQ",
        value="100 * sum({RQ}) / sum({PQ})",
        elements=("RQ", "PQ"),
        better="lower",
        timing=ALWAYS,
        audience=EVERYONE,
        source=f"{ISO}, rework ratio ({ONTOLOGY})",
        vectors=(Vector("RQ PQ", ((3, 100), (7, 100)), 5.0, "(3 + 7) / (100 + 100) = 10 / 200"),),
    ),
    Entry(
        id="iso22400.fall_off_ratio",
        title="Fall-off ratio",
        description="Pieces scrapped in any operation of what the first operation made.",
        formula="SQ / PQ of the first operation",
        value="100 * sum({SQ}) / sum({PQ1})",
        elements=("SQ", "PQ1"),
        better="lower",
        scope="product",
        timing=ALWAYS,
        audience=EVERYONE,
        source=f"{ISO}, fall-off ratio ({ONTOLOGY})",
        vectors=(
            Vector(
                "SQ PQ1",
                ((4, 200), (3, None), (1, 0)),
                4.0,
                "three operations, of which the first made 200: (4 + 3 + 1) / 200",
            ),
        ),
    ),
    Entry(
        id="iso22400.actual_to_planned_scrap",
        title="Actual to planned scrap",
        description="Scrapped pieces of those whose scrapping was planned; above 100 % it is more than planned.",
        formula="SQ / PSQ",
        value="100 * sum({SQ}) / sum({PSQ})",
        elements=("SQ", "PSQ"),
        better="lower",
        range=(),
        scope="product",
        timing=ALWAYS,
        audience=EVERYONE,
        source=f"{ISO}, actual to planned scrap ratio ({ONTOLOGY})",
        vectors=(Vector("SQ PSQ", ((3, 4), (6, 8)), 75.0, "(3 + 6) / (4 + 8) = 9 / 12"),),
    ),
    Entry(
        id="iso22400.cm",
        title="Machine capability Cm",
        description="How often the spread of a machine goes into the tolerance of a characteristic.",
        formula="(USL − LSL) / (6 s)",
        value=f"{_ONE_SPECIFICATION}(max({{USL}}) - min({{LSL}})) / (6 * stddev_samp({{X}})) END",
        elements=_MEASURED,
        unit="",
        decimals=2,
        range=(),
        scope="characteristic",
        timing=ALWAYS,
        audience=LEADS,
        source=f"{ISO}, machine capability index ({ONTOLOGY})",
        notes="s is the standard deviation of the sample (n − 1). Rows with several specifications have no value.",
        vectors=(
            Vector("X USL LSL", ((8, 22, 4), (10, 22, 4), (12, 22, 4)), 1.5, "s = 2; (22 − 4) / (6 · 2)"),
            Vector("X USL LSL", ((8, 22, 4), (10, 30, 4)), None, "two specifications: no value"),
            Vector("X USL LSL", ((8, 22, 4),), None, "one value has no spread: no value"),
        ),
    ),
    Entry(
        id="iso22400.cmk",
        title="Machine capability Cmk",
        description="As Cm, for the limit that the mean lies nearer to.",
        formula="min(USL − x̄, x̄ − LSL) / (3 s)",
        value=f"{_ONE_SPECIFICATION}least(max({{USL}}) - avg({{X}}), avg({{X}}) - min({{LSL}}))"
        " / (3 * stddev_samp({X})) END",
        elements=_MEASURED,
        unit="",
        decimals=2,
        range=(),
        scope="characteristic",
        timing=ALWAYS,
        audience=LEADS,
        source=f"{ISO}, critical machine capability index ({ONTOLOGY}; textbook for the formula)",
        notes="With one limit only, write the other as `NULL::DOUBLE`.",
        vectors=(
            Vector("X USL LSL", ((8, 22, 4), (10, 22, 4), (12, 22, 4)), 1.0, "min(22 − 10, 10 − 4) / (3 · 2) = 6 / 6"),
            Vector("X USL LSL", ((8, 22, None), (10, 22, None), (12, 22, None)), 2.0, "no lower limit: 12 / 6"),
        ),
    ),
    Entry(
        id="iso22400.cp",
        title="Process capability Cp",
        description="How often the spread of a process goes into the tolerance of a characteristic.",
        formula="(USL − LSL) / (6 σ̂)",
        value=f"{_ONE_SPECIFICATION}(max({{USL}}) - min({{LSL}})) / (6 * {_SIGMA}) END",
        elements=_IN_SEQUENCE,
        unit="",
        decimals=2,
        range=(),
        scope="characteristic",
        timing=("real-time", "on-demand"),
        audience=LEADS,
        source=f"{ISO}, process capability index ({ONTOLOGY}; textbook for σ̂)",
        notes=_MOVING_RANGE,
        vectors=(
            Vector(
                "X USL LSL",
                ((10, 19.564, 7.564), (11.128, 19.564, 7.564), (10, 19.564, 7.564), (11.128, 19.564, 7.564)),
                2.0,
                "moving ranges 1.128, 1.128, 1.128: σ̂ = 1; (19.564 − 7.564) / 6",
            ),
            Vector("X USL LSL", ((10, 20, 0),), None, "one value has no moving range: no value"),
        ),
    ),
    Entry(
        id="iso22400.cpk",
        title="Process capability Cpk",
        description="As Cp, for the limit that the mean lies nearer to. Above 1.33 a process is called capable.",
        formula="min(USL − x̄, x̄ − LSL) / (3 σ̂)",
        value=f"{_ONE_SPECIFICATION}least(max({{USL}}) - avg({{X}}), avg({{X}}) - min({{LSL}})) / (3 * {_SIGMA}) END",
        elements=_IN_SEQUENCE,
        unit="",
        decimals=2,
        range=(),
        scope="characteristic",
        timing=("real-time", "on-demand"),
        audience=LEADS,
        source=f"{ISO}, critical process capability index ({ONTOLOGY}; textbook for the formula and σ̂)",
        notes=f"{_MOVING_RANGE} With one limit only, write the other as `NULL::DOUBLE`.",
        vectors=(
            Vector(
                "X USL LSL",
                ((10, 19.564, 7.564), (11.128, 19.564, 7.564), (10, 19.564, 7.564), (11.128, 19.564, 7.564)),
                1.0,
                "x̄ = 10.564, σ̂ = 1; min(9, 3) / 3",
            ),
        ),
    ),
)
