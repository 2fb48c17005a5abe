"""People at browsers: each with a screen and a language, and a look at every page they come to."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from babel.messages.pofile import read_po
from msgspec import Struct, structs
from playwright.sync_api import Browser, Locator, Page, expect

from calamity.domain.playbook import Playbook, Prose, Words
from calamity.web.language import CATALOGUES, DOMAIN, Language
from tests.web.test_browser import SIDEWAYS, axe

LAPTOP, PHONE, SMALL = (1280, 900), (360, 740), (320, 640)
READY = "html[data-ready]"
# What acts take a person, in seconds: the keystroke-level model of Card, Moran and Newell (1980),
# with the hands of somebody who types as most people do.
_KEY, _POINT, _THINK = 0.28, 1.1, 1.35
_CATALOGUE = CATALOGUES / f"nl/LC_MESSAGES/{DOMAIN}.po"
_PLACEHOLDER = re.compile(r"%\(\w+\)s|\{\w+\}")
_SENTENCE = 3
"""From so many words on, words are looked for inside others too."""
# What people wrote, or took over as their own, and what is marked with its language, may be in any.
_WORDS_OF_THE_PAGE = """() => {
  const found = [], people = "blockquote.sms, textarea, .bubble__text, .entry__body, .handover__text";
  const theirs = (e) => e.closest("script, style") || e.closest(people) || e.closest("[lang]") !== document.documentElement;
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walk.nextNode(); node; node = walk.nextNode()) {
    if (!theirs(node.parentElement)) found.push(node.data);
  }
  for (const e of document.querySelectorAll("[aria-label], [title], [placeholder], [alt]"))
    if (!theirs(e)) found.push(...["aria-label", "title", "placeholder", "alt"].map((n) => e.getAttribute(n) ?? ""));
  return found.map((words) => words.replace(/\\s+/g, " ").trim()).filter(Boolean);
}"""  # noqa: E501 - scripts for the browser read best on one line


class Strangers:
    """The words of each language that may not stand on a page in the other one."""

    def __init__(self, playbook: Playbook) -> None:
        pairs = {*_of_the_catalogue(), *_of_a_document(playbook)}
        said = {"nl": {nl for nl, _ in pairs}, "en": {en for _, en in pairs}}
        self._whole = {"nl": said["en"] - said["nl"], "en": said["nl"] - said["en"]}
        self._inside = {
            code: {
                part
                for words in whole
                for part in _sentences(words)
                if not any(part in own for own in said[code])
            }
            for code, whole in self._whole.items()
        }

    def among(self, texts: list[str], code: str) -> list[str]:
        """Return what is not in the language of the page."""
        page = "\n".join(texts)
        return [
            *sorted(self._whole[code].intersection(texts)),
            *sorted(part for part in self._inside[code] if part in page),
        ]


def _of_the_catalogue() -> Iterator[tuple[str, str]]:
    with _CATALOGUE.open("rb") as file:
        for message in read_po(file, locale="nl"):
            if isinstance(message.id, tuple):
                yield from zip(message.string or (), message.id, strict=True)
            elif message.id:
                yield str(message.string), str(message.id)


def _of_a_document(part: Any) -> Iterator[tuple[str, str]]:
    """Yield (Dutch, English) of every text that a playbook has in both."""
    if isinstance(part, Words | Prose):
        yield part.nl, part.en
    elif isinstance(part, Struct):
        for value in structs.asdict(part).values():
            yield from _of_a_document(value)
    elif isinstance(part, list | tuple):
        for value in part:
            yield from _of_a_document(value)


def _sentences(words: str) -> Iterator[str]:
    for part in _PLACEHOLDER.split(words):
        whole = part.strip(" .,:;")
        if len(whole.split()) >= _SENTENCE:
            yield whole


@dataclass(frozen=True)
class Place:
    """Where somebody sits: how large the screen is, and which language the browser asks for."""

    size: tuple[int, int]
    code: str

    @property
    def mirrored(self) -> "Place":
        """The other size and the other language."""
        return Place(PHONE if self.size == LAPTOP else LAPTOP, "en" if self.code == "nl" else "nl")


class Onlooker:
    """Somebody at a browser; whatever page they come to is looked at."""

    def __init__(
        self, browser: Browser, url: str, place: Place, strangers: Strangers,
        looked: set[tuple[str, int]],
    ) -> None:  # fmt: skip
        width, height = place.size
        self._context = browser.new_context(
            locale={"nl": "nl-NL", "en": "en-GB"}[place.code],
            viewport={"width": width, "height": height},
            reduced_motion="reduce",
        )
        self.page: Page = self._context.new_page()
        self.page.set_default_timeout(30_000)
        self.place, self._url, self._strangers = place, url, strangers
        self._language = Language(place.code, ZoneInfo("Europe/Amsterdam"))
        self._looked = looked
        self.effort = 0.0
        """What all that was typed and pressed would have taken a person, in seconds."""
        self.said: list[str] = []
        """What is wrong with the pages, all of it: one mistake hides no other."""
        self.page.on("pageerror", lambda error: self.said.append(str(error)))
        self.page.on(
            "console",
            lambda line: self.said.append(line.text) if line.type in ("error", "warning") else None,
        )

    def words(self, msgid: str, **values: object) -> str:
        """Return a sentence of the product as this person reads it."""
        return self._language.text(msgid, **values)

    def sign_in(self, login: str, password: str) -> None:
        """Sign in, and be on the page that says what is going on."""
        self.open("/sign-in")
        self.page.fill("#login", login)
        self.page.fill("#password", password)
        self.press("Sign in")
        expect(self.page).to_have_url(f"{self._url}/")

    def open(self, path: str) -> None:
        """Go to an address."""
        self.page.goto(path if path.startswith("http") else self._url + path)
        self.look()

    def follow(self, link: str | Locator, **values: object) -> None:
        """Go where a link leads: the words of one, or the link itself."""
        if isinstance(link, str):
            link = self.page.get_by_role("link", name=self.words(link, **values), exact=True)
        self._move(link.first)

    def press(self, button: str | Locator, **values: object) -> None:
        """Press a button that leads to a page, and look at that."""
        if isinstance(button, str):
            button = self.page.get_by_role("button", name=self.words(button, **values), exact=True)
        self._move(button.first)

    def tick(self, choice: str) -> None:
        """Choose a radio button or tick a box."""
        self.page.check(choice)
        self.effort += _THINK + _POINT

    def _move(self, what: Locator) -> None:
        self.effort += _THINK + _POINT
        with self.page.expect_event("domcontentloaded"):
            what.click()
        self.look()

    def unfold(self, msgid: str) -> None:
        """Open what is folded under these words."""
        folded = self.page.locator("summary", has_text=self.words(msgid)).first
        if folded.locator("xpath=..").get_attribute("open") is None:
            folded.click()

    def fill(self, **fields: str) -> None:
        """Type into fields, by their names."""
        for name, words in fields.items():
            self.page.fill(f"#{name}", words)
            self.effort += _THINK + _POINT + _KEY * len(words)

    def sees(self, *texts: str, inside: str = "#main") -> None:
        """See words, now or when the page has brought itself up to date."""
        for text in texts:
            expect(self.page.locator(inside)).to_contain_text(text, timeout=30_000)

    def look(self) -> None:
        """Look at the page: its language, its width, who can read it, and what it complains of."""
        self.page.wait_for_selector(READY)
        code, texts = self.place.code, self.page.evaluate(_WORDS_OF_THE_PAGE)
        self._note("language", [self.page.get_attribute("html", "lang")], [code])
        self._note("wider than the screen", self.page.evaluate(SIDEWAYS), 0)
        self._note("refused", self.page.locator("main [role=alert]").all_inner_texts(), [])
        self._note("words", self._strangers.among(texts, code), [])
        kind = re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}|\d+", "*", self.page.url.partition("?")[0])
        # Who else of the story sees the same page on as wide a screen need not measure it again.
        if (kind, self.place.size[0]) not in self._looked:
            self._looked.add((kind, self.place.size[0]))
            self._note("axe", axe(self.page), [])

    def _note(self, what: str, found: object, wanted: object) -> None:
        if found != wanted:
            self.said.append(f"{what} at {self.page.url}: {found}")

    def leave(self) -> list[str]:
        """Close the browser, and tell what was wrong with the pages."""
        self._context.close()
        return [f"{self.place}: {each}" for each in self.said]
