"""What a person can do with SQL of their own: the part of the registry that is about it."""

from __future__ import annotations

from opsconsole.console.action import EDITOR, SQL, Action

QUERIES: tuple[Action, ...] = (
    Action(
        "query", "SQL of your own, on one line; the result is a table like any other", (";",), line="query [SELECT …]"
    ),
    Action("run-sql", "Run the SQL; Enter does where it ends with ;", ("ctrl+r",), SQL, rank=1, short="run"),
    Action("edit-sql", "Edit the SQL; from the editor: to the result", ("ctrl+e",), SQL, rank=2, short="edit"),
    Action("stop-sql", "End what runs", ("ctrl+c",), SQL),
    Action(
        "save-as",
        "Save the SQL as a KPI or an alert of the site; what would be written is shown first",
        ("ctrl+s",),
        SQL,
        line="save-as kpi|alert NAME [VALUE | by COLUMN …]",
        command="save-sql",
        rank=6,
        short="save as",
    ),
    Action(
        "complete-sql", "Take what is offered, or offer what could follow", ("tab",), EDITOR, rank=3, short="complete"
    ),
    Action("earlier-sql", "The statement run before", ("ctrl+p", "ctrl+up"), EDITOR, rank=4, short="before"),
    Action("later-sql", "The statement run after", ("ctrl+n", "ctrl+down"), EDITOR),
    Action("statements", "Choose from the statements run before", ("ctrl+l",), EDITOR, rank=5, short="history"),
    Action("undo-text", "Take the last change of the text back", ("ctrl+underscore",), EDITOR),
    Action("redo-text", "Do it again", ("ctrl+y",), EDITOR),
    Action("cut-line", "Cut the line", ("ctrl+x",), EDITOR),
    Action("put-cut", "Put what was cut where the cursor is", ("ctrl+v",), EDITOR),
)
