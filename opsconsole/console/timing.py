"""What the actions on time do: choose a range, hold the picture, scrub."""

from __future__ import annotations

from opsconsole.console import when
from opsconsole.console.host import Program
from opsconsole.console.picker import PRESETS, Picker
from opsconsole.console.text import inert
from opsconsole.site.moments import MomentError


class Timing:
    """The handlers: `do_<id>` for each action on time that no screen has one for."""

    def __init__(self, program: Program) -> None:
        self.program = program

    def do_range(self, words: str) -> None:
        """Look over a range that was typed; without words ask for one."""
        travel = self.program.travel
        if words:
            self._take(words)
            return
        model = travel.live if travel.live.site is not None else self.program.model
        shifts = bool(model.site is not None and model.site.shifts)
        presets = [each for each in PRESETS if shifts or "shift" not in each]
        shown = self.program.history.current.stretch_shown()
        if shown is not None:
            presets.insert(0, when.between(self.program.model, *shown))
        self.program.prompt = Picker(presets, self._read, self._take, travel.over)

    def _read(self, text: str) -> str:
        """What a range means, for people. Raises MomentError."""
        return self.program.travel.over_said(self.program.travel.kept_over(text))

    def _take(self, words: str) -> None:
        travel = self.program.travel
        try:
            over = travel.kept_over(words)
        except MomentError as error:
            self.program.say(inert(str(error)), "warning")
            return
        travel.look_over(over)

    def do_own_range(self, _: str) -> None:
        """All screens over their own windows again."""
        if self.program.travel.over:
            self.program.travel.look_over("all")
        else:
            self.program.say("no range is chosen: each screen is over its own windows")

    def do_pause(self, _: str) -> None:
        """Have the picture stand still, or go on with everything that came."""
        program = self.program
        travel, pause = program.travel, program.pause
        if pause.on:
            pause.end()
            program.say("on again")
            program.enter()
        elif travel.at:
            program.say(f"this is how it was at {travel.label(travel.at)}: it stands still already")
        elif travel.live.site is None:
            program.say("nothing is known yet")
        else:
            pause.begin(travel.live, program.wall())
