"""Pages and their parts from templates: one loader, one set of words per language."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cache, lru_cache, partial
from pathlib import Path
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined, nodes, select_autoescape
from jinja2.visitor import NodeTransformer
from markupsafe import Markup, escape
from msgspec import Struct

from calamity.domain.playbook.moments import read_moment
from calamity.web import assets, charts
from calamity.web.help import SECTIONS, section_of
from calamity.web.language import Language, languages
from calamity.web.paths import path
from calamity.web.urgent import changes_in, urgent, words_for
from calamity.web.views.frame import Frame
from calamity.web.views.room import EntryLine

TEMPLATES = Path(__file__).parent / "templates"
ENTRY = "main.js"
_KEPT_ENTRIES = 5_000
_MOST_SHIFTS = 2


class _Words(NodeTransformer):
    """Puts the words of one language where a template asks for them without a value.

    A page asks for hundreds of words; each look-up while rendering costs more than the line of
    HTML around it.
    """

    def __init__(self, language: Language) -> None:
        self._language = language

    def visit_Call(self, node: nodes.Call) -> nodes.Node:  # noqa: N802 - Jinja's name
        self.generic_visit(node)
        match node:
            case nodes.Call(
                node=nodes.Name(name="_"), args=[nodes.Const(value=str(sentence))], kwargs=[]
            ):
                words = Markup(self._language.text(sentence)) % {}  # noqa: S704 - our own words
                plain = str(words)
                # Words without a sign of HTML need no mark that they are safe.
                return nodes.Const(plain if escape(plain) == words else words, lineno=node.lineno)
        return node


class _Environment(Environment):
    """Templates in one language."""

    def __init__(self, language: Language, loader: FileSystemLoader) -> None:
        self._words = _Words(language)
        super().__init__(
            loader=loader,
            autoescape=select_autoescape(),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            extensions=["jinja2.ext.i18n"],
        )

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        template: nodes.Template = self._words.visit(super()._parse(source, name, filename))
        return template


def _environment(language: Language, loader: FileSystemLoader) -> Environment:
    environment = _Environment(language, loader)
    environment.policies["ext.i18n.trimmed"] = True
    environment.policies["json.dumps_kwargs"] = {"ensure_ascii": False, "sort_keys": False}
    environment.install_gettext_translations(language.words, newstyle=True)  # type: ignore[attr-defined]
    environment.globals.update(path=path, language=language.code, entry=ENTRY, assets=assets)
    environment.globals["zone"] = language.timezone.key
    environment.globals.update(
        picture_rows=charts.picture_rows,
        trend_rows=charts.trend_rows,
        picture_part=charts.picture_part,
        neighbourhood_options=charts.neighbourhood_options,
        moment_of=moment_of,
        help_sections=tuple(SECTIONS),
        urgent=urgent,
        changes_in=changes_in,
        signal_words=partial(words_for, language),
    )
    environment.globals["kept_entry"] = _entries_kept(environment)
    environment.filters.update(
        moment=language.moment,
        day=language.day,
        long_day=language.long_day,
        clock=language.clock,
        number=language.number,
        money=language.money,
        duration=language.duration,
        iso=_iso,
        lines=_lines,
    )
    return environment


def _entries_kept(environment: Environment) -> Callable[[EntryLine, str], Markup]:
    """Return what renders a line of the timeline, or finds it as it was rendered before.

    History does not change, and many people read the same lines each time a new one comes.
    """

    @lru_cache(_KEPT_ENTRIES)
    def entry(line: EntryLine, lines: str) -> Markup:
        template = environment.get_template("partials/entry.html")
        return Markup(template.render(entry=line, lines=lines))  # noqa: S704 - escaped there

    return entry


class WrittenMoment(Struct, frozen=True):
    """A moment of a plan as its controls hold it; *shifts* are (number, unit, sign)."""

    base: str = ""
    date: str = ""
    clock: str = ""
    shifts: tuple[tuple[int, str, str], ...] = ()


def moment_of(text: str) -> WrittenMoment | None:
    """Return a moment for its controls; None when it cannot be read, or says more than they can."""
    if not text:
        return WrittenMoment()
    try:
        when = read_moment(text)
    except ValueError:
        return None
    shifts = tuple(
        (abs(each.number), each.unit, "-" if each.number < 0 else "+") for each in when.shifts
    )
    date = when.base if when.date else ""
    return (
        WrittenMoment("" if date else when.base, date, when.clock, shifts)
        if len(shifts) <= _MOST_SHIFTS
        else None
    )


def _iso(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _lines(text: str) -> Markup:
    """Keep the line breaks that a person typed."""
    return Markup("<br>").join(escape(line) for line in text.splitlines())


# Compiled once, however many installations a process holds: that takes seconds, and nothing of one
# installation is in it but the zone of its clocks.
@cache
def _environments(timezone: ZoneInfo) -> tuple[Mapping[str, Language], Mapping[str, Environment]]:
    loader = FileSystemLoader(TEMPLATES)
    spoken = languages(timezone)
    return spoken, {code: _environment(language, loader) for code, language in spoken.items()}


class Renderer:
    """Turns view structs into HTML, in the language that the frame names."""

    def __init__(self, timezone: ZoneInfo) -> None:
        self.languages, self._environments = _environments(timezone)

    def page(self, name: str, frame: Frame, view: object) -> str:
        """Render a whole page: `templates/pages/NAME.html`."""
        return self._render(f"pages/{name}.html", frame, view, section_of(name))

    def partial(self, name: str, frame: Frame, view: object) -> str:
        """Render one part of a page: `templates/partials/NAME.html`, as the page itself does."""
        return self._render(f"partials/{name}.html", frame, view)

    def _render(self, template: str, frame: Frame, view: object, help_at: str = "") -> str:
        environment = self._environments[frame.language]
        return environment.get_template(template).render(
            frame=frame, view=view, help_at=help_at, csrf_token=lambda: frame.csrf_token
        )
