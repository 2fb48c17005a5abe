"""The people of the database as phones of the sandbox, so that its pages show who is who."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from calamity.sandbox.settings import Persona
    from calamity.settings import Settings
    from calamity.store.database import Database

_KINDS = {
    "rapid-team": "snelteam",
    "key-figures": "sleutelfiguur",
    "professionals": "professional",
    "contact-persons": "contactpersoon",
}
_PATIENCE_SECONDS = 2.0


async def personas(database: "Database") -> "list[Persona]":
    """Return everyone who can receive a text, with what they are here."""
    from calamity.sandbox.settings import Persona
    from calamity.store.people import list_recipients, take_snapshot
    from calamity.store.readiness import municipality_ids

    found: list[Persona] = []
    async with database.reading() as session:
        for municipality_id in await municipality_ids(session):
            notes: dict[str, list[str]] = {}
            for member in (await take_snapshot(session, municipality_id)).members:
                what = f"{_KINDS[member.group]} {member.role or member.neighbourhood}".strip()
                notes.setdefault(member.recipient_id, []).append(what)
            people = await list_recipients(session, notes)
            found.extend(
                Persona(person.name, person.phone, person.language, ", ".join(notes[who]))
                for who, person in people.items()
            )
    return found


async def announce(settings: "Settings", database: "Database") -> bool:
    """Give the people of the database a phone in a sandbox that runs; say whether one runs."""
    if not settings.has_sandbox:
        return False
    import aiohttp
    import msgspec

    body = msgspec.json.encode(await personas(database))
    timeout = aiohttp.ClientTimeout(total=_PATIENCE_SECONDS)
    try:
        async with (
            aiohttp.ClientSession(timeout=timeout, trust_env=False) as client,
            client.post(
                f"{settings.twilio_origin}/sandbox/phones",
                data=body,
                headers={"Content-Type": "application/json"},
            ) as answer,
        ):
            return answer.ok
    except (aiohttp.ClientError, TimeoutError):
        return False
