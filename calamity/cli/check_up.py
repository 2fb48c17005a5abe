"""The checks of `calamity doctor`: each finding says what was found and what to do."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Literal

import aiohttp

from calamity.cli.check_carrier import check_carrier
from calamity.cli.check_mail import check_mail
from calamity.cli.check_provider import check_provider
from calamity.cli.check_themes import check_themes
from calamity.cli.finding import Finding
from calamity.cli.operator import connected, now
from calamity.domain.errors import CalamityError, Unavailable
from calamity.domain.playbook_life import VersionState
from calamity.gateways.smpp import smpp_account_of
from calamity.gateways.twilio import account_of
from calamity.settings import Settings, read_settings
from calamity.store.accounts import list_users
from calamity.store.database import Database, Session
from calamity.store.migrate import is_current
from calamity.store.municipalities import get_municipality, list_neighbourhoods
from calamity.store.playbooks import list_versions
from calamity.store.readiness import Network, find_gaps, municipality_ids, network_to_text
from calamity.store.sessions import seen

_PATIENCE = aiohttp.ClientTimeout(total=5)
_CLOCKS_APART = timedelta(seconds=30)
_FEWEST_COORDINATORS = 2


async def check_up() -> list[Finding]:
    """Check everything, from the configuration to the people."""
    try:
        settings = read_settings()
        if settings.has_twilio:
            account_of(settings)
        if settings.has_smpp:
            smpp_account_of(settings)
    except CalamityError as error:
        return [Finding("configuration", "fault", error.message, "Correct this setting.")]
    findings = [Finding("configuration", "ok", f"{settings.env}, carrier {settings.carrier}")]
    findings += [finding async for finding in _database(settings)]
    findings.append(check_themes(settings, await _slugs(settings)))
    network = await _network(settings)
    async with aiohttp.ClientSession(timeout=_PATIENCE, trust_env=False) as client:
        findings += [finding async for finding in check_carrier(settings, client, network)]
        findings.append(await check_mail(settings))
        findings.append(await _clock(settings, client))
    findings += [finding async for finding in check_provider(settings)]
    return findings


async def _database(settings: Settings) -> AsyncIterator[Finding]:
    kind = "PostgreSQL" if settings.is_postgres else "SQLite"
    try:
        async with connected(settings) as database:
            yield Finding("database", "ok", f"{kind} answers")
            if not await is_current(database):
                yield Finding(
                    "tables", "fault", "not those of this version", "Run: calamity migrate"
                )
                return
            yield Finding("tables", "ok", "those of this version")
            yield await _writable(database)
            async for finding in _people(database):
                yield finding
    except Unavailable as error:
        cure = "Start the database, or correct CALAMITY_DATABASE_URL."
        yield Finding("database", "fault", error.message, cure)


async def _network(settings: Settings) -> Network:
    """Return how many people we would text, and in which countries; nobody while it is away."""
    try:
        async with connected(settings) as database, database.reading() as session:
            return await network_to_text(session)
    except Exception:
        # What is wrong with the database is another finding.
        return Network(0, [])


async def _slugs(settings: Settings) -> list[str] | None:
    try:
        async with connected(settings) as database, database.reading() as session:
            ids = await municipality_ids(session)
            return [(await get_municipality(session, each)).slug for each in ids]
    except Exception:
        # What is wrong with the database is another finding.
        return None


async def _writable(database: Database) -> Finding:
    try:
        async with database.transaction() as session:
            # Touches no row, but needs the same right and the same lock as any other write.
            await seen(session, "doctor", now())
    except Exception as error:
        cure = "Check the rights and the free space on the disk, or that this is not a standby."
        return Finding("writing", "fault", type(error).__name__, cure)
    return Finding("writing", "ok", "the database takes changes")


async def _people(database: Database) -> AsyncIterator[Finding]:
    async with database.reading() as session:
        ids = await municipality_ids(session)
        if not ids:
            cure = "calamity municipality create --help, or calamity demo"
            yield Finding("municipality", "warning", "there is none yet", cure)
        for municipality_id in ids:
            async for finding in _municipality(session, municipality_id):
                yield finding


async def _municipality(session: Session, municipality_id: str) -> AsyncIterator[Finding]:
    slug = (await get_municipality(session, municipality_id)).slug
    places = await list_neighbourhoods(session, municipality_id)
    cure = "" if places else "calamity neighbourhoods import FILE.geojson"
    state: Literal["ok", "warning"] = "ok" if places else "warning"
    yield Finding(f"{slug}: neighbourhoods", state, str(len(places)), cure)
    versions = await list_versions(session, municipality_id)
    in_use = {each.slug for each in versions if each.state is VersionState.PUBLISHED}
    approved = len(in_use)
    cure = (
        "" if approved else "calamity playbooks publish --by A; calamity playbooks approve --by B"
    )
    yield Finding(
        f"{slug}: approved playbooks", "ok" if approved else "warning", str(approved), cure
    )
    users = await list_users(session, municipality_id)
    coordinators = sum(user.role == "coordinator" and not user.is_disabled for user in users)
    enough = coordinators >= _FEWEST_COORDINATORS
    cure = "" if enough else "Two are needed for what takes a second person: calamity user create"
    yield Finding(f"{slug}: coordinators", "ok" if enough else "warning", str(coordinators), cure)
    async for finding in _gaps(session, municipality_id, slug):
        yield finding


async def _gaps(session: Session, municipality_id: str, slug: str) -> AsyncIterator[Finding]:
    gaps = await find_gaps(session, municipality_id)
    if gaps.roles_with_one_person:
        roles = ", ".join(gaps.roles_with_one_person)
        cure = "Give each of these roles a deputy: rank 2 in the people file."
        yield Finding(f"{slug}: roles with one person", "warning", roles, cure)
    if gaps.key_figures_without_contact:
        number = str(gaps.key_figures_without_contact)
        cure = "Give these key figures another contact person in the people file."
        yield Finding(f"{slug}: key figures without contact person", "warning", number, cure)
    if gaps.contact_persons_without_account:
        number = str(gaps.contact_persons_without_account)
        cure = "They cannot read replies: calamity user create --role contact-person --phone NUMBER"
        yield Finding(f"{slug}: contact persons without account", "warning", number, cure)


async def _clock(settings: Settings, client: aiohttp.ClientSession) -> Finding:
    """Compare our clock with that of the carrier, or of the sandbox on this machine."""
    if not settings.has_twilio:
        cure = "Check that the machine keeps its time by NTP: an SMSC does not say its time."
        return Finding("clock", "warning", "there was nothing to compare it with", cure)
    origin = settings.twilio_origin or "https://api.twilio.com"
    try:
        async with client.head(origin) as answer:
            theirs = _date(answer.headers.get("Date"))
    except (aiohttp.ClientError, TimeoutError):
        theirs = None
    if theirs is None:
        return Finding("clock", "warning", "there was nothing to compare it with", "")
    apart = abs(now() - theirs)
    if apart > _CLOCKS_APART:
        cure = "Let the machine keep its time by NTP: due times and signatures depend on it."
        return Finding("clock", "fault", f"{apart.total_seconds():.0f} seconds off", cure)
    return Finding("clock", "ok", "agrees with the carrier's")


def _date(header: str | None) -> datetime | None:
    try:
        return parsedate_to_datetime(header) if header else None
    except ValueError:
        return None
