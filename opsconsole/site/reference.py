"""The reference of all keys of site and layout files, as Markdown, made from the declared keys.

`python -m opsconsole.site.reference` prints it; with the path of a file it renews the copy between the marks there.
"""

from __future__ import annotations

import sys
from pathlib import Path

from opsconsole.site.keys import SECTIONS
from opsconsole.site.sections import Key, Section

HEADINGS = {
    "site": "The site file, `site.yaml`",
    "clock": "`clock`",
    "calendar": "`calendar`",
    "shift": "`calendar: shifts:` each shift",
    "break": "`breaks:` of a shift or of working hours",
    "rotation": "`calendar: rotation:`",
    "working": "`calendar: working:`",
    "holidays": "`calendar: holidays:`",
    "source": "`sources:` each source",
    "read": "`read` of a source",
    "scan": "`scan` of a source",
    "kpi": "`kpis:` each KPI",
    "chart": "`chart:` of a KPI",
    "targets": "`targets:` of a KPI",
    "flow": "`flows:` each flow",
    "objective": "`objectives:` each objective",
    "area": "`areas:` each area",
    "rule": "`rules:` each rule",
    "roles": "`roles:`",
    "shelving": "`shelving:`",
    "operator_shelving": "`shelving: operator:`",
    "supervisor_shelving": "`shelving: supervisor:`",
    "notify": "`notify:`",
    "target": "`notify: targets:` each target",
    "route": "`notify: routes:` each route",
    "heartbeat": "`notify: heartbeat:`",
    "step": "`escalation:` each step",
    "incidents": "`incidents`",
    "chatter": "`chatter`",
    "layout": "A layout file, `layouts/<name>.yaml`",
    "row": "`rows:` each row",
    "stack": "`panels:` a stack",
    "panel": "`panels:` each panel",
}


BEGIN, END = "<!-- reference -->", "<!-- /reference -->"


def embedded(text: str) -> str:
    """A document with the reference between its marks renewed. Raises ValueError where it has no marks."""
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"no {BEGIN} … {END} in the text")
    return f"{before}{BEGIN}\n\n{reference()}\n{END}{after}"


def reference() -> str:
    """All sections, each with a table of its keys."""
    return "\n".join(section_text(section, HEADINGS[section.name]) for section in SECTIONS)


def section_text(section: Section, heading: str) -> str:
    """A section with a table of its keys, as Markdown."""
    lines = [
        f'<a id="{section.name}"></a>',
        f"#### {heading}",
        "",
        section.help,
        "",
        "| key | type | default | meaning | example |",
        "|---|---|---|---|---|",
        *(_row(key) for key in section.keys),
        "",
    ]
    return "\n".join(lines)


def _row(key: Key) -> str:
    default = "**required**" if key.required else key.default or "–"
    example = f"`{key.example}`" if key.example else ""
    cells = (f"`{key.name}`", key.kind.label, default, key.help, example)
    return "| " + " | ".join(cell.replace("\n", " ") for cell in cells) + " |"


if __name__ == "__main__":
    for name in sys.argv[1:]:
        document = Path(name)
        document.write_text(embedded(document.read_text(encoding="utf-8")), encoding="utf-8")
    if not sys.argv[1:]:
        print(reference())
