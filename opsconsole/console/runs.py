"""What changed of a picture, and no cell more: Textual sends a line from where the widget begins."""

from __future__ import annotations

from rich.console import Console, RenderableType
from textual._compositor import ChopsUpdate


class Runs(ChopsUpdate):
    """The spans of an update, each put where it begins."""

    def render_segments(self, console: Console) -> str:
        """The bytes for the terminal."""
        out: list[str] = []
        for y, first, stop in self.spans:
            for end, (x, strip) in zip(self.chop_ends[y], self.chops[y].items(), strict=False):
                start, last = max(x, first), min(end, stop)
                if strip is not None and start < last:
                    out.append(f"\x1b[{y + 1};{start + 1}H{strip.crop(start - x, last - x).render(console)}")
        return "".join(out)


def exact(update: RenderableType | None) -> RenderableType | None:
    """An update of parts of the screen as what changed; any other as it is."""
    return Runs(update.chops, update.spans, update.chop_ends) if type(update) is ChopsUpdate else update
