"""The JSON Schemas and the reference say the same as the validation, because both come from the declared keys."""

# ruff: noqa: E501
# Tables of cases read better with one case to a line.
from __future__ import annotations

import re
import subprocess
import sys
from typing import Any

import pytest
import yaml

from opsconsole.site import calendar_keys, keys, model
from opsconsole.site.keys import SECTIONS
from opsconsole.site.layout_keys import LAYOUT as LAYOUT_SECTION
from opsconsole.site.reference import HEADINGS, embedded, reference
from opsconsole.site.schema import layout_schema, site_schema
from opsconsole.site.sections import walk
from tests.site.examples import FULL, LAYOUT

TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "number": (int, float),
    "integer": (int,),
    "boolean": (bool,),
    "null": (type(None),),
}


def faults(value: Any, schema: dict[str, Any], root: dict[str, Any], at: str = "") -> list[str]:
    """What a JSON Schema finds wrong; the part of the standard that the schemas use."""
    if "$ref" in schema:
        return faults(value, root["$defs"][schema["$ref"].removeprefix("#/$defs/")], root, at)
    if "anyOf" in schema:
        tried = [faults(value, option, root, at) for option in schema["anyOf"]]
        return [] if not all(tried) else tried[-1]
    if "enum" in schema:
        return [] if value in schema["enum"] else [f"{at}: {value!r} is none of {schema['enum']}"]
    wanted = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    if not any(isinstance(value, TYPES[name]) for name in wanted):
        return [f"{at}: {value!r} is no {wanted}"]
    found: list[str] = []
    if isinstance(value, dict):
        found += [f"{at}: missing {name}" for name in schema.get("required", []) if name not in value]
        for name, inner in value.items():
            option = schema.get("properties", {}).get(name, schema.get("additionalProperties", False))
            found += faults(inner, option, root, f"{at}.{name}") if option else [f"{at}: unknown {name}"]
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            found += faults(inner, schema["items"], root, f"{at}[{index}]")
    elif isinstance(value, str) and not re.search(schema.get("pattern", ""), value):
        found.append(f"{at}: {value!r} does not match")
    elif isinstance(value, (int, float)) and not schema.get("minimum", value) <= value <= schema.get("maximum", value):
        found.append(f"{at}: {value!r} is out of bounds")
    return found


class EditorLoader(yaml.SafeLoader):
    """YAML as editors read it (1.2): times of day and dates are text, keys are their text."""


EditorLoader.yaml_implicit_resolvers = {
    char: [(tag, regexp) for tag, regexp in resolvers if not tag.endswith(("timestamp", "int"))]
    for char, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
EditorLoader.add_implicit_resolver("tag:yaml.org,2002:int", re.compile(r"[-+]?[0-9]+$"), list("-+0123456789"))


def plain(text: str) -> Any:
    """The value of a YAML text for an editor."""
    return yaml.load(text.replace("null:", '"null":'), Loader=EditorLoader)


def test_the_schema_takes_a_file_with_every_key() -> None:
    assert faults(plain(FULL), site_schema(), site_schema()) == []
    assert faults(plain(LAYOUT), layout_schema(), layout_schema()) == []


@pytest.mark.parametrize(
    ("good", "bad"),
    [
        ("every: 10s", "every: ten"),
        ("target: 2", "tarhet: 2"),
        ("better: lower", "better: low"),
        ("decimals: 1", "decimals: 10"),
        ("06:00, end", "6, end"),
        ("cumulative: true", "cumulative: 1"),
        ("alert_from: shift start", "alert_from: shift"),
        ("mode: replay", "mode: play"),
    ],
)
def test_the_schema_refuses_what_validation_refuses(good: str, bad: str) -> None:
    assert good in FULL
    assert faults(plain(FULL.replace(good, bad)), site_schema(), site_schema())


def test_the_example_of_these_tests_uses_every_declared_key() -> None:
    """So that a key added without an example here fails, and with it every test that relies on `FULL`."""
    for section in SECTIONS:
        for key in section.keys:
            assert re.search(rf"\b{key.name}\b", FULL + LAYOUT), f"{section.name}.{key.name}"


def test_every_section_is_in_schema_and_reference() -> None:
    defined = set(site_schema()["$defs"]) | set(layout_schema()["$defs"]) | {"site", "layout"}
    named = {section.name for section in SECTIONS}
    assert named == defined == set(HEADINGS)
    assert named == {section.name for root in (keys.SITE, LAYOUT_SECTION) for section in walk(root)}
    text = reference()
    for section in SECTIONS:
        for key in section.keys:
            assert f"| `{key.name}` |" in text


BESIDE = {"per_row"}
"""Fields that another key says: `every: row`."""


@pytest.mark.parametrize(
    ("section", "struct"),
    [(keys.SOURCE, model.Source), (keys.KPI, model.Kpi), (keys.RULE, model.Rule), (keys.READ, model.Read), (keys.CLOCK, model.Clock), (calendar_keys.SHIFT, model.Shift), (calendar_keys.HOLIDAYS, model.Holidays), (calendar_keys.BREAK, model.Break), (calendar_keys.ROTATION, model.Rotation)],
)  # fmt: skip
def test_declared_keys_are_the_fields_of_the_model(section: Any, struct: Any) -> None:
    assert {key.field or key.name for key in section.keys} == set(struct.__struct_fields__) - ({"name"} if struct is not model.Shift else set()) - BESIDE  # fmt: skip


def test_the_reference_is_printed_by_a_command() -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "opsconsole.site.reference"], capture_output=True, text=True, check=True
    )
    assert ran.stdout.strip() == reference().strip()


def test_the_reference_is_renewed_between_its_marks() -> None:
    text = embedded("# Title\n<!-- reference -->\nyesterday's copy\n<!-- /reference -->\nrest\n")
    assert text.startswith("# Title\n<!-- reference -->\n\n<a id=")
    assert text.endswith("<!-- /reference -->\nrest\n")
    assert "yesterday's copy" not in text
    assert embedded(text) == text
    with pytest.raises(ValueError, match="no <!-- reference -->"):
        embedded("# Title\n")


def test_examples_in_the_reference_are_valid() -> None:
    """Each example is read by the kind it is an example of."""
    from opsconsole.site.report import Report
    from opsconsole.site.tree import Mapping, read_tree

    for section in SECTIONS:
        for key in section.keys:
            if not key.example:
                continue
            report = Report("example")
            document = read_tree(f"{key.name}: {key.example}\n".encode(), report)
            assert isinstance(document.root, Mapping)
            node = document.root.get(key.name)
            assert node is not None
            key.kind.read(node, key.name, report)
            assert report.problems == [], f"{section.name}.{key.name}"
