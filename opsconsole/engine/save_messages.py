"""The part of the wire that is about SQL of a person becoming part of the site: as a KPI or as an alert rule."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct


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
