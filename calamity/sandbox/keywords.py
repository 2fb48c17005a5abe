"""The words on which the carrier itself acts: STOP, START and HELP, as Twilio has them."""

from calamity.sandbox.book import Book
from calamity.sandbox.records import Text
from calamity.sandbox.words import WORDS

STOP = frozenset({"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT", "REVOKE", "OPTOUT"})
START = frozenset({"START", "YES", "UNSTOP"})
HELP = frozenset({"HELP", "INFO"})


def hear_keyword(book: Book, text: Text) -> str | None:
    """Act on a text that is exactly one command word; return the carrier's answer, if any."""
    word = text.body.strip().upper()
    if word in STOP:
        heard = "stop" if book.opt_out(text.to, text.sender, out=True) else None
    elif word in START:
        heard = "start" if book.opt_out(text.to, text.sender, out=False) else None
    else:
        heard = "help" if word in HELP else None
    if heard is None:
        return None
    language = "nl" if book.phone(text.sender).language == "nl" else "en"
    return WORDS[language][f"carrier_{heard}"]
