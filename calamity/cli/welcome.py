"""What `calamity run` says once it runs: the addresses, the demo's logins, and the next step."""

from calamity.cli.demo import MUNICIPALITY, read_logins, say_logins
from calamity.cli.operator import opened, say
from calamity.settings import Settings


async def say_welcome(settings: Settings) -> None:
    """Print where everything is and what to do next, in Dutch and English."""
    slugs = await _municipalities(settings)
    say()
    say("Calamity draait. / Calamity is running.")
    say(f"  Product                  {settings.public_url}/")
    if settings.has_sandbox:
        say(f"  Telefoons / phones       {settings.twilio_origin}/")
    logins = read_logins(settings) if MUNICIPALITY in slugs else None
    if MUNICIPALITY in slugs:
        say()
        say_logins(logins)
    say()
    if logins is not None:
        first = next(iter(logins.logins))
        say(f"Volgende stap: log in als {first}, kies een draaiboek en start een oefening.")
        say(f"Next step: sign in as {first}, choose a playbook and start an exercise.")
    elif slugs:
        say("Volgende stap: log in, kies een draaiboek en start een oefening.")
        say("Next step: sign in, choose a playbook and start an exercise.")
    else:
        say("Volgende stap: maak een gemeente (calamity municipality create --help).")
        say("Next step: make a municipality (calamity municipality create --help).")
    say()


async def _municipalities(settings: Settings) -> set[str]:
    from calamity.store.municipalities import get_municipality
    from calamity.store.readiness import municipality_ids

    async with opened(settings) as database, database.reading() as session:
        ids = await municipality_ids(session)
        return {(await get_municipality(session, each)).slug for each in ids}
