"""The keys of who is told of alerts: targets, routes, steps of escalation, the heartbeat.

A URL may hold a password, so no message ever shows one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from opsconsole.site.kinds import BAD, Bad, Checked, Choice, Flag, Kind, Many, Reference, Schema, Text
from opsconsole.site.names import show
from opsconsole.site.notifying import PRIORITIES, Quiet
from opsconsole.site.report import Report
from opsconsole.site.sections import Key, Named, Section
from opsconsole.site.timekinds import Duration, TimeOfDay
from opsconsole.site.tree import Node, Scalar

ENVIRONMENT = re.compile(r"\$\{env:([A-Za-z_][A-Za-z0-9_]*)\}")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://\S")
_SPAN = re.compile(r"(\d{1,2}:\d{2})\s*(?:-|–|to|\.\.)\s*(\d{1,2}:\d{2})")


@dataclass(frozen=True)
class Url(Kind):
    """A URL, of which no message shows anything: it may hold a secret. `web`: of http or https."""

    web: bool = False

    @property
    def noun(self) -> str:
        example = "https://host/path" if self.web else "mailto://user@host"
        return f"a URL such as {example}, or ${{env:NAME}} for one that the environment holds"

    @property
    def label(self) -> str:
        return "URL"

    def schema(self) -> Schema:
        return {"type": "string"}

    def read(self, node: Node, key: str, report: Report) -> str | Bad:
        if not isinstance(node, Scalar) or node.absent:
            return self.wrong(node, key, report)
        text = node.text.strip()
        why = self._problem(text)
        if not why:
            return text
        report.error(node.mark, f"`{show(key)}`: expected {self.noun}; {why}")
        return BAD

    def _problem(self, text: str) -> str:
        if "${" in ENVIRONMENT.sub("", text):
            return "what is in braces is no ${env:NAME}"
        if any(not char.isprintable() or char.isspace() for char in text):
            return "it holds blanks or characters that cannot be shown"
        if text.startswith("${env:"):
            return ""  # what it is, is in the environment of the engine
        if not _SCHEME.match(text):
            return "it has no scheme, such as mailto:// or json://"
        if self.web and not text.lower().startswith(("http://", "https://")):
            return "only http:// and https:// can be asked"
        return ""


@dataclass(frozen=True)
class Hours(Kind):
    """A stretch of the day, over midnight too."""

    @property
    def noun(self) -> str:
        return 'hours such as "22:00-06:00"'

    @property
    def label(self) -> str:
        return "hours"

    def schema(self) -> Schema:
        return {"type": "string", "pattern": r"^[0-9]{1,2}:[0-9]{2} ?(-|–|to|\.\.) ?[0-9]{1,2}:[0-9]{2}$"}

    def read(self, node: Node, key: str, report: Report) -> Quiet | Bad:
        found = _SPAN.fullmatch(node.text.strip()) if isinstance(node, Scalar) else None
        if found is None or not isinstance(node, Scalar):
            return self.wrong(node, key, report)
        start, end = (TimeOfDay().read(replace(node, text=text), key, report) for text in found.groups())
        if isinstance(start, Bad) or isinstance(end, Bad):
            return BAD
        if start == end:
            return self.wrong(node, key, report, "that is the whole day, or nothing of it")
        return Quiet(start, end)


def _word(text: str) -> str:
    return "" if text.isprintable() else "it holds characters that cannot be shown"


_URL_FILE = Key(
    "url_file",
    Text("a path"),
    "In place of `url`: a file that holds it, readable by its owner alone (mode 0600).",
    "",
    "secrets/leads",
)
_TO = Many(Reference(to="target"), one=True, distinct=True, least=1)
_PRIORITY = Many(Choice(PRIORITIES), one=True, distinct=True)
_AREAS = Many(Text("the name of an area"), one=True, distinct=True)

TARGET = Section(
    "target",
    "Where messages go: one of `url` and `url_file`. A bare URL stands for `{url: …}`.",
    (
        Key("url", Url(), "A URL of [Apprise](https://github.com/caronc/apprise).", "", '"${env:ONCALL_URL}"'),
        _URL_FILE,
    ),
    shorthand="url",
)

ROUTE = Section(
    "route",
    "Which alerts go to which targets. Of several routes that fit an alert and name a target the first counts for it.",
    (
        Key("to", _TO, "The targets.", required=True, example="[oncall]"),
        Key("priority", _PRIORITY, "Alerts of these priorities.", "all", "[critical, warning]"),
        Key("areas", _AREAS, "Alerts of rules of these areas.", "all", "[weld]"),
        Key(
            "during",
            Many(Checked("the name of a shift, or `working`", check=_word), one=True, distinct=True),
            "Only in these shifts, or in working time; what still calls is told when they begin.",
            "always",
            "[Night]",
        ),
        Key("quiet", Hours(), "Not in these hours; what still calls is told when they end.", "none", '"22:00-06:00"'),
        Key(
            "group_by",
            Many(Text("a label, `incident`, `rule` or `area`"), one=True, distinct=True),
            "Alerts with the same members go into one message.",
            "incident",
            "[line]",
        ),
        Key("group_wait", Duration(), "The first message of a group waits so long for more alerts.", "30s", "1m"),
        Key("interval", Duration(1), "The next message of a group comes no sooner than this.", "5m", "10m"),
        Key("repeat", Duration(1), "What nobody has acknowledged is told anew after so long.", "4h", "1h"),
        Key("resolved", Flag(), "Tell as well what has returned to normal.", "true", "false"),
    ),
)

HEARTBEAT = Section(
    "heartbeat",
    "A dead-man switch, such as healthchecks.io: it is asked for as long as rules are evaluated, and calls when that "
    "stops. One of `url` and `url_file`.",
    (
        Key("url", Url(web=True), "Asked for with GET.", "", '"${env:DEADMAN_URL}"'),
        _URL_FILE,
        Key("every", Duration(1), "So often.", "1m", "5m"),
    ),
    shorthand="url",
)

NOTIFY = Section(
    "notify",
    "Who is told of alerts while nobody looks.",
    (
        Key("targets", Named(TARGET), "Where messages go.", "none", '{oncall: "${env:ONCALL_URL}"}'),
        Key("routes", Many(ROUTE), "What goes where.", "none", "[{to: oncall, priority: critical}]"),
        Key("heartbeat", HEARTBEAT, "A dead-man switch.", "none", '{url: "${env:DEADMAN_URL}", every: 1m}'),
    ),
)

ESCALATION = Section(
    "step",
    "A step that is taken for an active alert that nobody has acknowledged for so long, counted from when it last "
    "called.",
    (
        Key("after", Duration(1), "So long.", required=True, example="15m"),
        Key(
            "to",
            Many(Reference(to="target"), one=True, distinct=True),
            "Who is told then.",
            "it only shows, and rings on the consoles",
            "[leads]",
        ),
        Key("priority", _PRIORITY, "Alerts of these priorities.", "all", "[critical, warning]"),
        Key("areas", _AREAS, "Alerts of rules of these areas.", "all", "[weld]"),
    ),
)
ESCALATION_STEPS = Many(ESCALATION, one=True)

NOTIFY_SECTIONS = (NOTIFY, TARGET, ROUTE, HEARTBEAT, ESCALATION)
