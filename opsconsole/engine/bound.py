"""The site file as it holds now, bound to the tables as they are: an edit is taken over whole, or refused and told."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from opsconsole.engine.messages import Notice
from opsconsole.engine.sitefile import SiteError, SiteFile
from opsconsole.kpis.bind import bind
from opsconsole.kpis.binding import Binding
from opsconsole.site.model import Problem, Site
from opsconsole.site.parse import Loaded
from opsconsole.tables import derived
from opsconsole.tables.store import Store

if TYPE_CHECKING:
    from opsconsole.kpis.expression import Bench

log = logging.getLogger(__name__)


class Bound:
    """A site and its expressions. Used by the tick's thread; what it holds may be read from any.

    `problems` are what does not fit the tables; `told` is what people must know of the last edit.
    """

    def __init__(self, file: SiteFile, loaded: Loaded, store: Store, bench: Bench | None) -> None:
        assert loaded.site is not None
        self.site: Site = loaded.site
        self.binding: Binding
        self.problems: list[Problem] = []
        self.told: list[Notice] = []
        self._file = file
        self._loaded = loaded
        self._store = store
        self._to: Mapping[str, Mapping[str, str]] | None = None
        self._views: dict[str, str] = {}
        self._rebind(bench)

    @property
    def path(self) -> Path | None:
        """The site file; None where there is none and the site is a draft."""
        return self._loaded.files[0] if self._loaded.files and not self.site.draft else None

    def look(self) -> bool:
        """Look whether the file was edited; whether there is anything new, be it that it was refused.

        `site` is another one then where the edit was taken over.
        """
        try:
            loaded = self._file.edited()
        except SiteError as error:
            self._refuse(error.problems)
            return True
        except OSError as error:
            self.told = [Notice("site-error", f"the site file cannot be read: {error}", "warning")]
            return True
        if loaded is None:
            return False
        binding, problems = bind(loaded, self._store.schemas())
        errors = [problem for problem in problems if problem.severity == "error"]
        if errors:
            self._refuse(errors)
            return True
        assert loaded.site is not None
        log.info("the site file was edited and is applied")
        self.site, self._loaded = loaded.site, loaded
        self._take(binding, problems)  # before the feed makes tables of the names of views that are gone
        self.told = []
        return True

    def fit(self) -> bool:
        """Bind anew where the tables have changed; whether they have."""
        if self._store.schemas() != self._to:
            self._rebind()
            return True
        if self._views:  # one may have waited for its name; a database that was set aside has none
            derived.keep(self._store, self._views)
        return False

    def _refuse(self, problems: list[Problem]) -> None:
        more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
        text = f"{problems[0]}{more} · the version before stays; `opsconsole check` says all"
        self.told = [Notice("site-error", text, "warning")]
        log.warning("an edited site file was refused: %s", "; ".join(map(str, problems)))

    def _rebind(self, bench: Bench | None = None) -> None:
        """What does not fit the tables is shown, and the rest goes on."""
        self._to = self._store.schemas()
        self._take(*bind(self._loaded, self._to, bench))

    def _take(self, binding: Binding, problems: list[Problem]) -> None:
        """Go by another binding; a derived source is there before those who read by it know, and as long as they do."""
        views = {name: view.sql for name, view in binding.views.items()}
        derived.keep(self._store, self._views | views)
        self.binding, self.problems, self._views = binding, problems, views
        derived.keep(self._store, views)
