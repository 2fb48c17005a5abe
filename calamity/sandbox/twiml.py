"""Reading TwiML: what the product answers to a webhook."""

from xml.etree import ElementTree

from msgspec import Struct

_XML_TYPES = frozenset({"text/xml", "application/xml", "text/html"})


class BadTwiml(Exception):
    """The answer cannot be carried out. *code* is Twilio's."""

    def __init__(self, code: int) -> None:
        super().__init__(str(code))
        self.code = code


class Verb(Struct, frozen=True):
    """One element of a TwiML document."""

    name: str
    text: str
    attributes: dict[str, str]
    inner: tuple["Verb", ...] = ()

    def get(self, name: str, default: str = "") -> str:
        """Return one attribute."""
        return self.attributes.get(name, default)

    def number(self, name: str, default: int) -> int:
        """Return one attribute as a number; what is not one is the default."""
        value = self.get(name)
        return int(value) if value.isdecimal() and value.isascii() else default


def read_twiml(content_type: str, body: bytes) -> tuple[Verb, ...]:
    """Return the verbs of a document, none for an empty answer; raise BadTwiml with its code."""
    if not body.strip():
        return ()
    if content_type.partition(";")[0].strip().lower() not in _XML_TYPES:
        raise BadTwiml(12300)
    if b"<!DOCTYPE" in body or b"<!ENTITY" in body:
        raise BadTwiml(12100)
    try:
        root = ElementTree.fromstring(body)  # noqa: S314 - no DOCTYPE, so no entities
        verbs = tuple(_verb(element) for element in root)
    except (ElementTree.ParseError, ValueError, LookupError, RecursionError):
        raise BadTwiml(12100) from None
    if root.tag != "Response":
        raise BadTwiml(12100)
    return verbs


def _verb(element: ElementTree.Element) -> Verb:
    inner = tuple(_verb(one) for one in element)
    return Verb(element.tag, (element.text or "").strip(), dict(element.attrib), inner)
