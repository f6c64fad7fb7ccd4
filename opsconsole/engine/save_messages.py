"""The part of the wire that is about a person changing the site on screen: SQL as a KPI or an alert rule, layouts."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from opsconsole.site.model import Layout


class SqlDraft(Struct, frozen=True):
    """A SELECT that is to become a derived source `name`, with a KPI or a rule of that name over it.

    `value` is a KPI's (empty: the mean of its first column of numbers, else the number of its rows); `by` are the
    columns that tell a rule's alerts apart.
    """

    kind: Literal["kpi", "alert"]
    name: str
    sql: str
    value: str = ""
    by: tuple[str, ...] = ()


class AskDraft(Struct, frozen=True, tag="ask-draft"):
    """What would be written for a draft: answered by a `Drafted`, or a `Failure` that says why it cannot be."""

    draft: SqlDraft


class Drafted(Struct, frozen=True, tag="drafted"):
    """The YAML that would be put into the site file `path`; `digest` is of the file that it was tried on.

    The command `save-sql` takes both; `note` is what a person should know before.
    """

    path: str
    yaml: str
    digest: str
    note: str = ""


class LayoutDraft(Struct, frozen=True):
    """A layout that was edited, to be written into its file; with a `name` as another layout, its own stays."""

    layout: Layout
    name: str = ""


class AskLayout(Struct, frozen=True, tag="ask-layout"):
    """A layout as its file has it now, to be edited: answered by a `LayoutFile`, or a `Failure` that says why not."""

    name: str


class LayoutFile(Struct, frozen=True, tag="layout-file"):
    """What the file of a layout says, and its digest, which the command `save-layout` takes ("": there is no file)."""

    layout: Layout
    digest: str
