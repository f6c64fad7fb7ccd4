"""Event logs: where work waits, what is the bottleneck, and what will be late.

The whole of it, on a frame of your own:

    from opsconsole.insight.flow import analyse, read_events
    log = read_events(frame, case="case", activity="activity", time="time")  # or start=, end=; lifecycle=; resource=
    found = analyse(log, now=frame["time"].max(), done=["Closed"], sla=5 * 86400)
    found.ranked, found.edges, found.variants, found.at_risk, found.faults …

The parts: `log` reads a log, `steps` has the durations, `paths` variants, rework and hand-offs, `stages` cases and the
stages they were in, `counting` work in progress, throughput and Little's law, `survival` and `risk` what will be late,
`shifting` the bottleneck of stations that work at once, `hours` the working calendar.
"""

from opsconsole.insight.flow.hours import Hours
from opsconsole.insight.flow.log import Fault, Log, read_events, read_wide
from opsconsole.insight.flow.shifting import Bottleneck, shifting
from opsconsole.insight.flow.whole import Flow, analyse, at_risk

__all__ = ["Bottleneck", "Fault", "Flow", "Hours", "Log", "analyse", "at_risk", "read_events", "read_wide", "shifting"]
