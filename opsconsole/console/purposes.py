"""What each screen is for, in one line: on top of its help."""

from __future__ import annotations

PURPOSES = {
    "overview": "how the operation is doing: KPIs, what is wrong, and where; Enter opens what is under the cursor",
    "alerts": "what is wrong now, most urgent first; act on the alert under the cursor, or on all that are marked",
    "alert": "one alert: since when, how bad, how often before, who did what, and what to do",
    "kpis": "every KPI with value, target and owner; Enter opens one",
    "kpi": "one KPI: by what it is bad, since when, what moved it, and the rows behind it",
    "goals": "how far the objectives are attained, and what needs attention first",
    "flow": "where cases wait and for how long, the bottleneck, and which open cases will be late; Enter goes to them",
    "tables": "the rows of each source; Enter opens a table",
    "sql": "the SQL behind a number, to read, to copy, and to run elsewhere",
    "query": "SQL of your own on the tables: read-only, within limits; the result is a table like any other",
    "rows": "the rows behind a number, an alert or of a source; Enter opens the line in its file",
    "line": "a line as it lies in its file, with its neighbours",
    "sources": "what was taken from which files, how fresh it is, and what was not taken",
    "source": "the files of one source, and what of them was set aside",
    "quarantine": "rows and cells that could not be taken: where, why, and their raw text; R reads a file anew",
    "explain": "how a file is read, what was assumed of it, and the YAML that pins it",
    "maintenance": "planned silences: alerts of an area or with these labels call nobody for a while",
    "forecast": "where a KPI is going: what comes, when it crosses its limits, and how well such forecasts held",
    "control": "a KPI's control chart: what is out of the ordinary since when, and what its rules cost in false alarms",
    "anomalies": "what was unusual of a KPI, or of a source's columns together, and which of them moved",
    "scorecard": "the alarms of the last days against the targets of ISA-18.2, and what to try",
    "backtest": "what rules would have raised over the past, or what a change to one would have saved",
    "helped": "changes that were made, and what each did to the KPI that it should move; Enter opens the chart",
    "log": "what people and the system did: it only grows",
    "procedure": "what to do about an alert, step by step; space ticks a step",
    "keys": "all keys, as your config.yaml has them",
    "tour": "the first steps",
    "help": "the keys and commands that work on the screen one came from",
}


def purpose(view: str) -> str:
    """What a screen is for; nothing for one that says so itself."""
    return PURPOSES.get(view, "")
