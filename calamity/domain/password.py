"""What a password must be: long, and not among the first guesses."""

import re

from calamity.domain.errors import Refused

SHORTEST = 12
LONGEST = 200
_FEWEST_DIFFERENT = 5


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# The words under the hundred most common passwords, Dutch and English. With the length that we
# ask, what is left of that list is these words with digits and signs behind them, or repeated.
_COMMON = _words(
    """
    qwerty qwertyuiop qwertyui qwert asdfghjkl asdfgh asdf zxcvbnm zxcvbn azerty password
    passwort passw paswoord wachtwoord welkom welcome letmein iloveyou ikhouvanjou monkey dragon
    sunshine princess football voetbal baseball superman batman master shadow michael jordan
    jennifer hunter charlie ashley bailey michelle jessica daniel thomas robert george andrew
    joshua matthew anthony amanda nicole babygirl lovely flower whatever trustno freedom secret
    geheim access admin administrator beheerder root login test tester changeme default guest
    gast user gebruiker computer internet samsung google facebook pokemon starwars liverpool
    chelsea arsenal barcelona ajax feyenoord psv nederland holland amsterdam rotterdam utrecht
    denhaag gemeente crisis calamity calamiteit zomer winter herfst lente summer spring autumn
    maandag vrijdag januari december hallo hello qazwsx qweasd abc abcd abcdef abcdefgh
    abcdefghijkl
    """
)
_DISGUISES = str.maketrans("013457@$!", "oleastasi")


def check_password(password: str, login: str) -> None:
    """Refuse a password that is too short, too long, or easily guessed."""
    if len(password) < SHORTEST:
        raise Refused(
            "The password needs at least 12 characters. Three or four words are easy to remember.",
            field="password",
        )
    if len(password) > LONGEST:
        raise Refused("The password is longer than 200 characters. Shorten it.", field="password")
    plain = password.casefold()
    name = login.casefold()
    if plain == name.partition("@")[0] or name in plain:
        raise Refused("The password must not hold the login. Choose another.", field="password")
    if len(set(plain)) < _FEWEST_DIFFERENT or _is_common(plain):
        raise Refused(
            "This password is among the first that others try. Choose three or four words that do "
            "not belong together.",
            field="password",
        )


def _is_common(plain: str) -> bool:
    if plain.isdigit() and _is_run(plain):
        return True
    bare = _bare(plain)
    return not {bare, bare.translate(_DISGUISES)}.isdisjoint(_COMMON)


def _bare(text: str) -> str:
    """Take away digits and signs around a word, and what only repeats it."""
    word = re.sub(r"^[\W\d_]+|[\W\d_]+$", "", text)
    repeated = re.fullmatch(r"(.+?)[\W\d_]*(?:\1[\W\d_]*)*", word)
    return repeated[1] if repeated else word


def _is_run(digits: str) -> bool:
    steps = {(int(after) - int(before)) % 10 for before, after in zip(digits, digits[1:])}  # noqa: B905, RUF007 - a pair less than digits
    return steps <= {1} or steps <= {9}
