"""Who is told of alerts: what those keys of a site file must fit, and the models made of them.

Every check looks only at values that could be read, so that one mistake is reported once.
"""

from __future__ import annotations

import re
from typing import Any

from opsconsole.site.marks import Keys, Marks
from opsconsole.site.names import listed, show
from opsconsole.site.notify_keys import ENVIRONMENT
from opsconsole.site.notifying import GROUP_WORDS, Address, Escalation, Heartbeat, Notify, Route
from opsconsole.site.report import Report

Values = dict[str, Any]
WORKING = "working"
# Schemes whose host is a host; in those of services it is often a token.
PLAIN = ("json", "jsons", "xml", "xmls", "form", "forms", "mailto", "mailtos", "http", "https")
_PASSWORD = re.compile(r"^[^:]+://[^/@\s]*:[^/@\s]+@")


# --- models ------------------------------------------------------------------------------------------------------


def notify_fields(values: Values) -> Values:
    """The fields of a `Site` that the checked values of its file give."""
    fields: Values = {}
    if "notify" in values:
        found: Values = values["notify"]
        fields["notify"] = Notify(
            targets={name: Address(**each) for name, each in found.get("targets", {}).items()},
            routes=tuple(Route(**each) for each in found.get("routes", ())),
            heartbeat=_heartbeat(found["heartbeat"]) if "heartbeat" in found else None,
        )
    steps = [Escalation(**each) for each in values.get("escalation", ())]
    fields["escalation"] = tuple(sorted(steps, key=lambda step: step.after))
    return fields


def _heartbeat(values: Values) -> Heartbeat:
    every = {"every": values["every"]} if "every" in values else {}
    return Heartbeat(Address(**{key: values[key] for key in ("url", "url_file") if key in values}), **every)


# --- checks ------------------------------------------------------------------------------------------------------


def check_notify(values: Values, marks: Marks, report: Report) -> None:
    """Everything about notifications that has to fit something else in the file."""
    notify: Values = values.get("notify", {})
    targets: Values = notify.get("targets", {})
    for name, each in targets.items():
        _check_address(each, ("notify", "targets", name), marks, report)
    if "heartbeat" in notify:
        _check_address(notify["heartbeat"], ("notify", "heartbeat"), marks, report)
    for index, each in enumerate(notify.get("routes", ())):
        at: Keys = ("notify", "routes", index)
        _check_step(each, at, values, targets, marks, report)
        _check_during(each, at, values, marks, report)
        _check_groups(each, at, values, marks, report)
    for index, each in enumerate(values.get("escalation", ())):
        _check_step(each, _in_list(("escalation",), index, marks), values, targets, marks, report)
    _check_unused(values, targets, marks, report)


def _in_list(at: Keys, index: int, marks: Marks) -> Keys:
    """Where an entry stands that may have been written without a list around it."""
    return (*at, index) if marks.has(*at, index) else at


def _check_address(values: Values, at: Keys, marks: Marks, report: Report) -> None:
    written = [key for key in ("url", "url_file") if marks.has(*at, key)]
    if len(written) == 2:
        report.error(marks.key(*at, "url_file"), "`url_file`: there is a `url` already; leave one of them out")
    elif not values and not any(problem.mark == marks.at(*at) for problem in report.problems):
        report.missing(marks.key(*at), f"`{show(str(at[-1]))}`: needs `url` or `url_file`")
    url = values.get("url", "")
    if _in_the_open(url):
        message = "`url`: a secret should not stand in the site file; write ${env:NAME} for it, or use `url_file`"
        report.warn(marks.at(*at, "url"), message)


def _in_the_open(url: str) -> bool:
    """Whether a URL shows a secret: a password, or what services take for one in place of a host."""
    if ENVIRONMENT.search(url) or "://" not in url:
        return False
    return bool(_PASSWORD.match(url)) or url.partition("://")[0].lower() not in PLAIN


def _check_step(values: Values, at: Keys, site: Values, targets: Values, marks: Marks, report: Report) -> None:
    """The targets and areas that a route or a step of escalation names."""
    for place, name in enumerate(values.get("to", ())):
        if name not in targets and not marks.has("notify", "targets", name):
            hint = report.suggest(name, targets)
            known = f"; there are {listed(targets)}" if targets else "; `notify: targets:` names none"
            report.error(marks.at(*at, "to", place), f"`to`: unknown target `{show(name)}`{hint or known}")
    areas = site.get("areas", {})
    if "areas" not in site and marks.has("areas"):
        return  # they could not be read
    for place, name in enumerate(values.get("areas", ())):
        if name not in areas:
            hint = report.suggest(name, areas) or (f"; there are {listed(areas)}" if areas else "; there are no areas")
            report.error(marks.at(*at, "areas", place), f"`areas`: unknown area `{show(name)}`{hint}")


def _check_during(values: Values, at: Keys, site: Values, marks: Marks, report: Report) -> None:
    shifts = [each["name"] for each in site.get("calendar", {}).get("shifts", ()) if "name" in each]
    for place, name in enumerate(values.get("during", ())):
        if name != WORKING and name not in shifts:
            hint = (
                report.suggest(name, [*shifts, WORKING]) or f"; there are {listed([*dict.fromkeys(shifts), WORKING])}"
            )
            report.error(marks.at(*at, "during", place), f"`during`: unknown shift `{show(name)}`{hint}")


def _check_groups(values: Values, at: Keys, site: Values, marks: Marks, report: Report) -> None:
    labels = {name for rule in site.get("rules", {}).values() for name in rule.get("by", ())}
    for place, name in enumerate(values.get("group_by", ())):
        if name not in labels and name not in GROUP_WORDS:
            known = (*GROUP_WORDS, *sorted(labels))
            hint = report.suggest(name, known) or f"; there are {listed(known)}"
            report.error(marks.at(*at, "group_by", place), f"`group_by`: no rule has the label `{show(name)}`{hint}")


def _check_unused(values: Values, targets: Values, marks: Marks, report: Report) -> None:
    used = {
        name
        for each in (*values.get("notify", {}).get("routes", ()), *values.get("escalation", ()))
        for name in each.get("to", ())
    }
    for name in targets:
        if name not in used:
            message = f"`{show(name)}`: no route and no step of `escalation` sends anything to it"
            report.warn(marks.key("notify", "targets", name), message)
