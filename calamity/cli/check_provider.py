"""The check of `calamity doctor` on the provider at which people sign in with a work account."""

from collections.abc import AsyncIterator

from calamity.cli.finding import Finding
from calamity.cli.operator import connected
from calamity.domain.errors import NotFound, Unavailable
from calamity.gateways.openid import OpenIdProvider, openid_account_of
from calamity.settings import Settings
from calamity.store.municipalities import find_municipality
from calamity.store.readiness import municipality_ids

_WHAT = "work accounts"


async def check_provider(settings: Settings) -> AsyncIterator[Finding]:
    """Ask the provider about itself, and see that every group leads to a municipality."""
    account = openid_account_of(settings)
    if account is None:
        yield Finding(_WHAT, "ok", "there is no provider: people have a password of Calamity")
        return
    try:
        metadata = await OpenIdProvider(account).look()
    except Unavailable as error:
        cure = "Check CALAMITY_OIDC_ISSUER, and the way out to it. Meanwhile passwords still work."
        yield Finding(_WHAT, "fault", error.message, cure)
    else:
        if "S256" in metadata.code_challenge_methods_supported:
            yield Finding(_WHAT, "ok", f"{metadata.issuer} answers")
        else:
            cure = "Allow PKCE with S256 for this client at the provider."
            yield Finding(_WHAT, "warning", "the provider does not say that it knows PKCE", cure)
    try:
        async for finding in _municipalities(settings):
            yield finding
    except Unavailable:
        # What is wrong with the database is another finding.
        return


async def _municipalities(settings: Settings) -> AsyncIterator[Finding]:
    """See that every group leads to a municipality that is here."""
    named = {grant.municipality for grant in settings.grants}
    async with connected(settings) as database, database.reading() as session:
        known = len(await municipality_ids(session))
        if None in named and known > 1 and not settings.oidc_municipality_claim:
            cure = "Write GROUP=role@municipality, or set CALAMITY_OIDC_MUNICIPALITY_CLAIM."
            found = "a group without a municipality, and there are several"
            yield Finding(f"{_WHAT}: CALAMITY_OIDC_ROLES", "fault", found, cure)
        for slug in sorted(named - {None}, key=str):
            try:
                await find_municipality(session, slug)
            except NotFound:
                cure = "Correct the name behind @, or make it: calamity municipality create"
                yield Finding(f"{_WHAT}: {slug}", "fault", "no such municipality", cure)
