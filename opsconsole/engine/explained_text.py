"""How a file is read, in lines for the console and for the command line. Pure; what is in files is not yet inert."""

from __future__ import annotations

from datetime import tzinfo

from opsconsole.engine import telling
from opsconsole.engine.messages import Explained, FileState
from opsconsole.site.figures import count, moment, number, padded, width


def explained_lines(found: Explained, zone: tzinfo) -> list[str]:
    """How a file is read: from what is known of the file to its columns, doubts, and the YAML that ends them."""
    of = f"source {found.source}" if found.source else "no source"
    state = f" · {found.file.status}" if found.file is not None else " · not taken"
    lines = [f"{found.path} · {of}{state}", *(f"  {hint}" for hint in found.hints)]
    facts = [("read as", found.read_as), ("encoding", found.encoding), ("delimiter", _shown(found.delimiter))]
    facts.append(("quote", _shown(found.quote)))
    if found.format == "csv":
        facts.append(("header", f"line {found.header}" if found.header else "none"))
    facts.append(("null words", ", ".join(found.null)))
    if found.file is not None:
        facts += _taken(found, found.file, zone)
    facts.append(("note", found.note))
    lines += [f"  {name:<11} {value}" for name, value in facts if value]
    if found.columns:
        seen = f", from {count(found.seen, 'row')}{'' if found.whole else ' at the head'}" if found.seen else ""
        lines += ["", f"columns{seen}", *_columns(found)]
    if found.assumed:
        lines += ["", "assumed", *(f"  {text}" for text in found.assumed)]
    if found.yaml:
        lines += ["", f"to pin this, under `{found.source or 'the source'}:` in site.yaml", *found.yaml.splitlines()]
    return lines


def _shown(sign: str) -> str:
    return {"\t": "tab", " ": "space", "": ""}.get(sign, sign)


def _taken(found: Explained, file: FileState, zone: tzinfo) -> list[tuple[str, str]]:
    tail = telling.TAILS.get(found.tail, found.tail)
    upto = f"byte {number(found.offset)} of {number(file.bytes)}, line {number(found.lines)}; {tail}"
    return [
        ("counts", telling.sums_and_cells(file)),
        ("read up to", upto),
        ("fingerprint", f"{found.fingerprint}, generation {found.generation}" if found.fingerprint else ""),
        ("arrived", moment(file.arrived, zone) if file.arrived is not None else ""),
        ("reason", file.reason),
        ("next try", moment(file.retry_at, zone) if file.retry_at is not None else ""),
    ]


def _columns(found: Explained) -> list[str]:
    names = max(width(column.name) for column in found.columns)
    lines = []
    for column in found.columns:
        how = [{"dmy": "D/M/Y", "mdy": "M/D/Y", "": ""}[column.dates]]
        how += ["decimal comma" if column.decimal == "," else "", "pinned" if column.pinned else ""]
        how.append(f"{number(column.empty)} empty" if column.empty else "")
        told = ", ".join(word for word in how if word)
        examples = " | ".join(column.examples)
        lines.append(f"  {padded(column.name, names)}  {column.type:<7}  {told:<14}  {examples}".rstrip())
    return lines
