"""How the routes for texts stand, in words."""

from collections.abc import Mapping
from datetime import datetime

from calamity.actions.terms import Terms
from calamity.domain.routes import RouteState
from calamity.gateways.carrier import meaning_of
from calamity.store.routes import Standing
from calamity.web.language import Language


def route_name(name: str, language: Language) -> str:
    """Return the name of a route as people read it."""
    names = {
        "twilio": "Twilio",
        "smpp": language.text("the provider over SMPP"),
        "sandbox": language.text("the practice network"),
    }
    return names.get(name, name)


def why_open(code: int | None, language: Language) -> str:
    """Say why texts do not leave by a route, in a sentence that holds while another one works."""
    if code is None:
        return language.text("The provider does not answer, or too late.")
    if meaning_of(code).stops_everyone:
        return language.text("Our account there does not work: the administrator must look.")
    return code_words(code, language)


def code_words(code: int, language: Language) -> str:
    """Return what a code of a carrier means."""
    meaning = meaning_of(code)
    return meaning.en if language.code == "en" else meaning.nl


def route_since(terms: Terms, standings: Mapping[str, Standing]) -> datetime | None:
    """Return since when texts leave another way than usual, or none; None while all is well."""
    usual = standings.get(terms.routes[0].name, Standing()).breaker
    return usual.since if usual.is_open else None


def route_notice(terms: Terms, standings: Mapping[str, Standing], language: Language) -> str | None:
    """Say in the room that texts leave another way than usual, or none; None while all is well."""
    opened = route_since(terms, standings)
    if opened is None:
        return None
    usual = standings[terms.routes[0].name].breaker
    since, why = language.moment(opened), why_open(usual.code, language)
    for route in terms.routes[1:]:
        if standings.get(route.name, Standing()).state is RouteState.CLOSED:
            return language.text(
                "Since %(time)s texts leave by %(instead)s instead of %(route)s. %(why)s You need "
                "not do anything; replies come in on both.",
                time=since, instead=route_name(route.name, language),
                route=route_name(terms.routes[0].name, language), why=why,
            )  # fmt: skip
    if usual.state is RouteState.TRYING:
        return language.text(
            "Since %(time)s texts did not get through. The provider answers again: the next text "
            "shows whether they do.",
            time=since,
        )  # fmt: skip
    return language.text(
        "Since %(time)s texts do not get through. %(why)s Calamity keeps every text and tries "
        "again by itself; it phones and e-mails the team where that is set up. Phone by hand whom "
        "you need now.",
        time=since, why=why,
    )  # fmt: skip
