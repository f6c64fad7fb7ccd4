"""Combinations of rules: what they say, with what is not known, and what is wrong at which character."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from opsconsole.site.combination import CombinationError, Name, Not, Part, Some, Truth, holds, names, order, parse


def test_what_binds_closer() -> None:
    assert parse("a or b and not c") == Some(1, (Name("a", 0), Some(2, (Name("b", 5), Not(Name("c", 15))))))
    assert parse("(a OR kpi:b) And c") == Some(2, (Some(1, (Name("a", 1), Name("kpi:b", 6))), Name("c", 17)))
    assert parse("2 of (a, b or c, not d)").parts[1] == Some(1, (Name("b", 9), Name("c", 14)))  # type: ignore[union-attr]
    assert [each.name for each in names(parse("not (a and 1 of (b, a))"))] == ["a", "b", "a"]


@pytest.mark.parametrize(
    ("text", "at", "message"),
    [
        ("", 0, "expected the name of a rule, `not`, `(` or `2 of (…)`, the text ends"),
        ("a and", 5, "the text ends"),
        ("a or or b", 5, "found `or`"),
        ("a b", 2, "`b` is not expected here; join rules by `and` or `or`"),
        ("(a and b", 8, "expected `)`, the text ends"),
        ("a & b", 2, "`&` is not expected in a combination"),
        ("2 of a", 5, "expected `(`, found `a`"),
        ("2 (a, b)", 2, "expected `of` after `2`"),
        ("3 of (a, b)", 0, "`3 of` 2 can never be; write 1 to 2"),
        ("0 of (a, b)", 0, "`0 of` 2 can never be"),
        ("not " * 40 + "a", 124, "nested too deep"),
        ("(" * 3000, 0, "at most 2000"),
    ],
)
def test_what_is_wrong_is_said_at_its_place(text: str, at: int, message: str) -> None:
    with pytest.raises(CombinationError) as raised:
        parse(text)
    assert message in raised.value.message
    assert raised.value.at == at


PARTS: st.SearchStrategy[Part] = st.recursive(
    st.sampled_from("abcd").map(lambda name: Name(name, 0)),
    lambda inner: (
        inner.map(Not)
        | st.lists(inner, min_size=1, max_size=3).flatmap(
            lambda parts: st.integers(1, len(parts)).map(lambda least: Some(least, tuple(parts)))
        )
    ),
    max_leaves=6,
)


def written(part: Part) -> str:
    if isinstance(part, Name):
        return part.name
    if isinstance(part, Not):
        return f"not ({written(part.part)})"
    return f"{part.least} of ({', '.join(map(written, part.parts))})"


def plain(part: Part, world: dict[str, bool]) -> bool:
    if isinstance(part, Name):
        return world[part.name]
    if isinstance(part, Not):
        return not plain(part.part, world)
    return sum(plain(each, world) for each in part.parts) >= part.least


@settings(deadline=None)
@given(PARTS, st.fixed_dictionaries(dict.fromkeys("abcd", st.sampled_from([True, False, None]))))
def test_the_unknown_decides_nothing(part: Part, known: dict[str, Truth]) -> None:
    """What is said to hold or not to hold does so in every world that agrees with what is known."""
    found = holds(parse(written(part)), known.__getitem__)
    unknown = [name for name, truth in known.items() if truth is None]
    worlds = [
        {name: bool(truth) for name, truth in known.items()} | dict(zip(unknown, each, strict=True))
        for each in itertools.product([True, False], repeat=len(unknown))
    ]
    if found is not None:
        assert {plain(part, world) for world in worlds} == {found}
    if not unknown:
        assert found is not None


def test_those_that_others_are_made_of_come_first() -> None:
    assert order({"a": ["b", "x"], "b": ["c"], "c": []}) == ["c", "b", "a"]
    with pytest.raises(ValueError, match="b → c → b"):
        order({"a": ["b"], "b": ["c"], "c": ["b"]})
