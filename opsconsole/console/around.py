"""The lines around a screen: which of those that `frame` and `past` draw are shown, by what goes on and by the room."""

from __future__ import annotations

from opsconsole.console import frame
from opsconsole.console.action import WALL
from opsconsole.console.first_line import first_lines
from opsconsole.console.host import Program
from opsconsole.console.past import trust_then
from opsconsole.console.text import Line, fit, inert, wrap
from opsconsole.console.travel import Travel

ROOMY = 16
LEAST = (40, 12)


def picture(program: Program, message: tuple[str, str], cells: int, lines: int) -> tuple[list[Line], list[bool]]:
    """The whole screen, and which of its lines are without colours as the engine is gone."""
    if cells < LEAST[0] or lines < LEAST[1]:
        text = f" opsconsole needs {LEAST[0]}x{LEAST[1]}; this is {cells}x{lines}"
        return [fit([(text, "bold")], cells)], [False]
    head, foot = above(program, cells, lines), below(program, message, cells, lines)
    room = lines - len(head) - len(foot)
    body = program.history.current.draw(cells, room) if program.model.site else waiting(program.travel, cells, room)
    body += [fit([], cells) for _ in range(room - len(body))]  # what is below stays where it is
    gone = program.travel.live.lost_at is not None
    screen = [*head, *body, *foot]
    # how far the figures can be trusted is as old as they are; a hint in its place is of now
    trust = gone and program.prompt is None
    muted = [False, *([gone] * (len(head) - 1 + len(body))), *([trust] * (len(foot) - 1)), False]
    if program.prompt is not None:
        program.prompt.over(screen, cells)
    return screen[:lines], muted[:lines]


def above(program: Program, cells: int, lines: int) -> list[Line]:
    """Site and time, or the moment that is looked at; then tabs or breadcrumb, and what people must know."""
    model = program.model
    out = first_lines(program, cells, lines)
    trail = program.history.trail()
    if len(trail) > 1:
        out.append(frame.crumb_line(model, trail, cells))
    elif program.wall_mode is not None:
        out.append(program.wall_mode.line(cells))
    elif lines >= ROOMY:
        who = frame.who(program.user, program.role)
        out.append(frame.tab_line(model, program.history.current.address.view, cells, who))
    return [*out, *frame.notice_lines(model, cells, 2 if lines >= ROOMY else 1)]


def below(program: Program, message: tuple[str, str], cells: int, lines: int) -> list[Line]:
    """How far the numbers can be trusted; what is typed, said, or can be done."""
    trust = trust_then if program.travel.at else frame.trust_line
    hint = program.prompt.hint(cells) if program.prompt is not None else None
    out = [hint or trust(program.model, cells)] if lines >= ROOMY else []
    text, style = message
    if program.prompt is not None:
        out.append(program.prompt.draw(cells))
    elif text:
        out.append(fit([(" " + text, style or "bold")], cells))
    else:
        actions = program.registry.footer(program.stack, program.role)
        if program.on_wall:
            # from afar nobody reads keys; who stands before it sees how to turn it and how to leave
            actions = [action for action in actions if action.scope == WALL or action.id in ("quit", "live")]
        view = program.history.current
        out.append(frame.footer_line([action for action in actions if view.offers(action.id)], cells))
    return out


def waiting(travel: Travel, cells: int, lines: int) -> list[Line]:
    """A body that nothing is known for yet, with the reason."""
    live = travel.live
    text = inert(live.lost_why) if live.lost_at is not None else "asking how it was …" if travel.at else ""
    said = [fit([(f"  {line}", "")], cells) for line in wrap(text, cells - 4)]
    return [fit([], cells), *said, *(fit([], cells) for _ in range(lines - 1 - len(said)))][:lines]
