"""Which dates are holidays of the site.

Those of a country come from the package `holidays`, which is imported only where a site names a country: it weighs
15 MB and takes 80 ms to come up. Their names are English where it has them in English.
"""

from __future__ import annotations

import datetime as dt
import importlib
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from opsconsole.site.model import Site
from opsconsole.site.names import did_you_mean, listed, show

INSTALL = "pip install 'opsconsole[holidays]'"


def holiday_on(site: Site, date: dt.date) -> str:
    """The name of the holiday that a local date is, or nothing."""
    known = site.holidays
    if known is None:
        return ""
    added = dict(known.add)
    for day in ((date.year, date.month, date.day), (0, date.month, date.day)):
        if day in added:
            return added[day]
        if day in known.remove:
            return ""
    return _of_year(known.country, known.region, date.year).get(date, "") if known.country else ""


def holiday_at(site: Site, moment: dt.datetime) -> str:
    """The name of the holiday at a moment by the site's clock, or nothing."""
    return holiday_on(site, moment.astimezone(ZoneInfo(site.timezone)).date()) if site.holidays else ""


def country_problem(country: str) -> str:
    """Why the holidays of a country cannot be told, in a phrase, or nothing."""
    try:
        known: dict[str, list[str]] = _package().list_supported_countries(include_aliases=True)
    except ImportError:
        return f"the package that knows them is not installed ({INSTALL}); or name the days under `add`"
    if country in known:
        return ""
    return f"unknown country `{show(country)}`{did_you_mean(country, known)}; write its ISO code, such as DE"


def region_problem(country: str, region: str) -> str:
    """Why a region of a country that there is cannot be taken, in a phrase, or nothing."""
    whole = _package().country_holidays(country)
    aliases: dict[str, str] = whole.subdivisions_aliases
    if region in whole.subdivisions or region in aliases:
        return ""
    if not whole.subdivisions:
        return f"no regions of {country} are known, leave it out"
    known = [*whole.subdivisions, *aliases]
    return f"{country} has no `{show(region)}`{did_you_mean(region, known)}; there are {listed(whole.subdivisions)}"


@lru_cache(maxsize=256)
def _of_year(country: str, region: str, year: int) -> dict[dt.date, str]:
    english = "en_US" in (_package().country_holidays(country).supported_languages or ())
    return dict(
        _package().country_holidays(
            country, subdiv=region or None, years=year, language="en_US" if english else None, observed=True
        )
    )


def _package() -> Any:
    return importlib.import_module("holidays")
