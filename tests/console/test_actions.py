from __future__ import annotations

import subprocess
import sys

import pytest

from opsconsole.console.action import EDIT, EDITOR
from opsconsole.console.actions import ACTIONS, ALERTS, LIST, STACKS, Action, ClashError, Registry, markdown
from opsconsole.console.address import VIEWS
from opsconsole.console.changing import Changing
from opsconsole.console.doing import Doing
from opsconsole.console.history import ROOTS
from opsconsole.console.layers import Layers
from opsconsole.console.layout_doing import LayoutDoing
from opsconsole.console.looking import Looking
from opsconsole.console.planning import Planning
from opsconsole.console.running import Running
from opsconsole.console.sql.doing import SqlDoing
from opsconsole.console.table_doing import TableDoing
from opsconsole.console.table_shaping import TableShaping
from opsconsole.console.timing import Timing
from opsconsole.console.triage import Triage
from opsconsole.console.views.alerts import AlertsView
from opsconsole.console.views.base import View
from opsconsole.console.views.flow import FlowView
from opsconsole.console.views.kpi import KpiView
from opsconsole.console.views.kpis import KpisView
from opsconsole.console.views.log import LogView
from opsconsole.console.views.overview import Overview
from opsconsole.console.views.procedure import ProcedureView
from opsconsole.console.views.query import QueryView
from opsconsole.console.views.sources import SourceView
from opsconsole.engine.commands import COMMANDS


def test_the_registry_holds_together() -> None:
    registry = Registry()
    assert registry.find("a", "alerts") is registry.by_id["ack"]
    assert registry.find("a", "list") is None
    assert registry.find("a", "overview") is None
    assert registry.find("?", "text") is registry.find("f1", "rows") is registry.by_id["help"]


def test_a_key_twice_in_scopes_active_together_is_refused() -> None:
    with pytest.raises(ClashError, match="key g means both top and grow in"):
        Registry([*ACTIONS, Action("grow", "Grow", ("g",), ALERTS)])


def test_a_key_twice_in_scopes_never_active_together_is_fine() -> None:
    Registry([*ACTIONS, Action("twist", "Twist", ("B",), ALERTS)])


def test_unknown_commands_scopes_and_double_ids_or_words_are_refused() -> None:
    for bad, why in (
        (Action("x", "X", ("X",), command="explode"), "knows no command explode"),
        (Action("x", "X", ("X",), "nowhere"), "no such scope"),
        (Action("quit", "X", ("X",)), "one id"),
        (Action("x", "X", ("X",), line="quit"), "one command word"),
    ):
        with pytest.raises(ClashError, match=why):
            Registry([*ACTIONS, bad])


def test_every_action_can_be_done() -> None:
    owners: dict[str, type] = {
        "panels": SourceView, "overview": Overview, "kpi": KpiView, "kpis": KpisView, "log": LogView, "flow": FlowView,
        "steps": ProcedureView, "editor": QueryView,
    }  # fmt: skip
    for action in ACTIONS:
        name = "do_" + action.id.replace("-", "_")
        if action.line and action.word in VIEWS and not action.keys:
            continue
        owner = owners.get(action.scope, View)
        tables = (TableDoing, TableShaping)
        handlers = (
            Doing,
            Running,
            Triage,
            Timing,
            Changing,
            Planning,
            Looking,
            Layers,
            *tables,
            SqlDoing,
            LayoutDoing,
            AlertsView if action.scope == ALERTS else owner,
        )
        assert any(hasattr(each, name) for each in handlers), f"nothing does {action.id}"


def test_every_screen_with_a_tab_has_a_key_and_a_word() -> None:
    registry = Registry()
    for view in ROOTS:
        assert registry.by_word[view].keys
    assert set(VIEWS) <= set(registry.by_word)


def test_every_command_of_the_engine_can_be_given() -> None:
    assert {action.command for action in ACTIONS} - {None} == set(COMMANDS)


def test_no_destructive_key_beside_a_navigation_key_and_none_that_terminals_take() -> None:
    # to suspend is what terminals mean by it
    keys = {key for action in ACTIONS for key in action.keys if action.id != "suspend"}
    assert not keys & {"ctrl+a", "ctrl+b", "ctrl+h", "ctrl+i", "ctrl+j", "ctrl+m", "ctrl+z"}
    assert not any(key.startswith("alt+") for key in keys)


def test_every_stack_that_a_view_names_exists() -> None:
    assert {view.stack.fget(object.__new__(view)) for view in (AlertsView, KpiView, SourceView)} <= set(STACKS)  # type: ignore[attr-defined]
    # what is typed in an editor is no key of a list, and an edit has keys of its own; on a wall there is no cursor
    assert all(
        (LIST in scopes) != bool({EDITOR, EDIT} & set(scopes))
        for stack, scopes in STACKS.items()
        if not stack.startswith("wall")
    )


def test_the_table_for_the_readme_comes_from_the_registry() -> None:
    printed = subprocess.run(
        [sys.executable, "-m", "opsconsole.console.keys"], capture_output=True, text=True, check=True
    ).stdout
    assert printed == markdown(Registry())
    assert "| `a` | `:ack` | Acknowledge |" in printed
    assert "| `↵` |  | Open what is under the cursor |" in printed
