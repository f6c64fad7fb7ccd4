"""Sources that every site has without saying so: tables about its own data, for KPIs, rules and queries."""

from __future__ import annotations

from opsconsole.site.model import Source

HEALTH = "health"
HEALTH_FILES = "health_files"

BUILT_IN: dict[str, Source] = {
    HEALTH: Source(HEALTH, (), title="Data health", dimensions=("source",)),
    HEALTH_FILES: Source(HEALTH_FILES, (), title="Data health by file", dimensions=("source", "file")),
}
"""One row a source, one row a file: how things are now, so they have no time column and no window."""
