"""No bytes in a site or layout file can make the parser raise: hypothesis breaks good files at random."""

# ruff: noqa: E501
# Tables of cases read better with one case to a line.
from __future__ import annotations

import random

from hypothesis import example, given, settings
from hypothesis import strategies as st

from opsconsole.site.model import Site
from tests.site.examples import FULL, LAYOUT, parse

PIECES = [
    *FULL.split(),
    *("[", "]", "{", "}", ":", ": ", "- ", "\n", "\n  ", "\t", "&a ", "*a", "!!int ", "|", ">", "'", '"', "%", "@", "#", "---\n", "..."),
    *("null", "~", "yes", "1e999", ".inf", "0x1F", "9" * 400, "-1", "2026-13-45", "24:00", "99:99", "é", "\U0001f600", "\x00", "\x1b", "\x85", "\ufeff"),
    *("Europe", "../..", "10000w", "9" * 30 + "d", "{value", "{0}", "{value!r:>9}", "<<: *a"),
]  # fmt: skip


@st.composite
def broken(draw: st.DrawFn, text: str) -> bytes:
    """A good file with pieces cut out, doubled, moved or replaced."""
    chance = random.Random(draw(st.integers(0, 2**32)))
    for _ in range(draw(st.integers(1, 8))):
        at, to = sorted((chance.randrange(len(text) + 1), chance.randrange(len(text) + 1)))
        to = min(to, at + chance.choice((0, 1, 5, 60)))
        insert = chance.choice((*PIECES, text[at:to] * 2, ""))
        text = text[:at] + insert + text[to:]
    data = text.encode()
    if draw(st.booleans()):
        at = chance.randrange(len(data) + 1)
        data = data[:at] + bytes([chance.randrange(256)]) + data[at + 1 :]
    return data


def check(site: bytes, layout: bytes) -> None:
    loaded = parse(site, {"overview.yaml": layout})
    errors = [problem for problem in loaded.problems if problem.severity == "error"]
    assert (loaded.site is None) == bool(errors)
    for problem in loaded.problems:
        assert str(problem).isprintable()
        lines = (site if problem.mark.file == "site.yaml" else layout).decode("utf-8", "replace").splitlines()
        assert 1 <= problem.mark.line <= len(lines) + 1
        assert problem.mark.column >= 1
    if isinstance(loaded.site, Site):
        for name in (*loaded.site.sources, *loaded.site.kpis):
            assert name.isidentifier()


@settings(max_examples=250, deadline=None)
@given(broken(FULL), broken(LAYOUT))
def test_a_broken_file_never_raises(site: bytes, layout: bytes) -> None:
    check(site, layout)


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200), st.binary(max_size=50))
@example(b"sources: {a: {files: '*', read: {encoding: idna}}}", b"rows: [[{text: '%'}]]")
@example(b"sources: {a: {files: '*', read: {encoding: undefined}}}", b"rows: *x")
@example(b"? sources\n? kpis\n", b"? rows")
@example(b"{? : 1}", b"&a : *a")
def test_any_bytes_never_raise(site: bytes, layout: bytes) -> None:
    check(site, layout)


@settings(max_examples=200, deadline=None)
@given(st.recursive(st.none() | st.text(max_size=8) | st.integers() | st.sampled_from(PIECES), lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*FULL.split(), ""]), inner, max_size=4), max_leaves=12))  # fmt: skip
def test_any_structure_never_raises(value: object) -> None:
    import json

    check(
        json.dumps({"sources": value, "kpis": value, "rules": value, "calendar": value, "clock": value}).encode(),
        json.dumps({"rows": value}).encode(),
    )
