"""The two languages: words through gettext, times and numbers as people write them."""

import gettext
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo

from babel import Locale, negotiate_locale
from babel.dates import format_date, format_skeleton
from babel.numbers import format_currency, format_decimal

LANGUAGES = ("nl", "en")
COOKIE = "language"
CATALOGUES = Path(__file__).parent / "locale"
DOMAIN = "calamity"


def choose(
    *, preferred: str | None, cookie: str | None, accepted: str | None, default: str = "nl"
) -> str:
    """Choose a language: the user's own, the cookie's, the browser's, else the default."""
    for wish in (preferred, cookie):
        if wish in LANGUAGES:
            return wish
    ranked = sorted(_accepted(accepted or ""), reverse=True)
    found = negotiate_locale([tag for _, _, tag in ranked], LANGUAGES, sep="-")
    return found or default


def _accepted(header: str) -> list[tuple[float, int, str]]:
    """Read an Accept-Language header into (weight, minus its place, tag)."""
    wishes = []
    for place, item in enumerate(header[:200].split(",")):
        tag, _, weight = item.strip().partition(";q=")
        try:
            wishes.append((float(weight or 1), -place, tag.strip()))
        except ValueError:
            continue
    return [wish for wish in wishes if wish[0] > 0 and wish[2]]


class Language:
    """One language at one time zone: words, times, numbers."""

    def __init__(self, code: str, timezone: ZoneInfo) -> None:
        self.code = code
        self.timezone = timezone
        self.locale = Locale("en", "GB") if code == "en" else Locale(code)
        self.words = catalogue(code)
        # A page writes the same few days on every line.
        self._day = lru_cache(maxsize=64)(self._write_day)

    def text(self, msgid: str, **values: object) -> str:
        """Return the words for an English sentence, filled in."""
        words = self.words.gettext(msgid)
        return words % values if values else words

    def plural(self, one: str, many: str, n: int, **values: object) -> str:
        """Return the words for *n* of something, filled in."""
        return self.words.ngettext(one, many, n) % {"num": n, **values}

    def local(self, at: datetime) -> datetime:
        """Return a moment in the time zone of the municipality."""
        return at.astimezone(self.timezone)

    def moment(self, at: datetime) -> str:
        """Write a moment in full: za 21 nov 21.04 uur."""
        return self.text("%(day)s %(time)s", day=self.day(at), time=self.clock(at))

    def day(self, at: datetime) -> str:
        """Write a day: za 21 nov."""
        return self._day(self.local(at).date())

    def _write_day(self, day: date) -> str:
        return format_skeleton("MMMEd", day, locale=self.locale).replace(",", "")

    def long_day(self, at: datetime) -> str:
        """Write a day in full, with its year."""
        return format_date(self.local(at).date(), "full", locale=self.locale)

    def clock(self, at: datetime) -> str:
        """Write a time of day: 21.04 uur."""
        return f"{self.local(at):{'%H:%M' if self.code == 'en' else '%H.%M uur'}}"

    def number(self, value: float) -> str:
        """Write a number."""
        return format_decimal(value, locale=self.locale)

    def money(self, euros: float) -> str:
        """Write an amount of euros."""
        return format_currency(euros, "EUR", locale=self.locale)

    def duration(self, span: timedelta | float) -> str:
        """Write a length of time in at most two units, the small ones only where they matter."""
        seconds = round(span.total_seconds() if isinstance(span, timedelta) else span)
        if seconds < 60:  # noqa: PLR2004 - a minute
            return self.plural("%(num)s second", "%(num)s seconds", seconds)
        minutes, hours, days = seconds // 60, seconds // 3600, seconds // 86400
        if hours == 0:
            return self.plural("%(num)s minute", "%(num)s minutes", minutes)
        if days == 0:
            rest = minutes % 60
            spoken = self.plural("%(num)s hour", "%(num)s hours", hours)
            if rest == 0:
                return spoken
            return f"{spoken} {self.plural('%(num)s minute', '%(num)s minutes', rest)}"
        return self.plural("%(num)s day", "%(num)s days", days)


def catalogue(code: str) -> gettext.NullTranslations:
    """Read the catalogue of a language; English needs none, our sentences are English."""
    if code == "en":
        return gettext.NullTranslations()
    try:
        return gettext.translation(DOMAIN, CATALOGUES, [code])
    except FileNotFoundError as error:
        raise RuntimeError(
            "the words are not compiled: run 'pybabel compile -D calamity -d calamity/web/locale'"
        ) from error


def languages(timezone: ZoneInfo) -> Mapping[str, Language]:
    """Return both languages for one time zone."""
    return {code: Language(code, timezone) for code in LANGUAGES}
