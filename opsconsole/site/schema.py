"""JSON Schemas of the site file and of layout files, for editors; made from the declared keys."""

from __future__ import annotations

from typing import Any

from opsconsole.site.keys import SITE
from opsconsole.site.layout_keys import LAYOUT
from opsconsole.site.sections import Section, walk

DRAFT = "https://json-schema.org/draft/2020-12/schema"


def site_schema() -> dict[str, Any]:
    """The JSON Schema of `site.yaml`."""
    return schema_of(SITE, "opsconsole site file")


def layout_schema() -> dict[str, Any]:
    """The JSON Schema of a file in the layouts folder."""
    return schema_of(LAYOUT, "opsconsole layout file")


def schema_of(root: Section, title: str) -> dict[str, Any]:
    """The JSON Schema of a file that is such a section."""
    definitions = {section.name: section.definition() for section in walk(root)}
    top = definitions.pop(root.name)
    return {"$schema": DRAFT, "title": title, **top, "$defs": definitions}
