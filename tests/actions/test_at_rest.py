"""What lies on disk names nobody."""

import os
import subprocess
from pathlib import Path

import pytest

from calamity.actions.activate import activate
from calamity.actions.check_in import CheckInForm, fill_in_form, place_of_form
from calamity.actions.matters import NewStatement, state
from tests.actions.play import Play
from tests.make import T0, later, make_activation, make_request
from tests.postgres import binaries


async def busy_day(play: Play) -> None:
    """Let everything happen that leaves traces of people."""
    town = play.town
    made = await make_activation(play.database, play.wakes, town)
    await play.start(made.calamity_id, "give", T0)
    await play.start(made.calamity_id, "facts", T0)
    await play.send(later(minutes=1))
    await play.start(made.calamity_id, "ask", later(minutes=2))
    await play.send(later(minutes=3))
    await play.reply(town["lei1"], "1", later(minutes=4))
    await play.reply(town["kf1"], "3", later(minutes=4))
    await play.reply(town["kf2"], "De buurvrouw Zonnebloempje is bang", later(minutes=4))
    await play.reply("+3197010248888", "Wie bent u?", later(minutes=4))
    await play.reply(town["kf3"], "STOP", later(minutes=5))
    link = (await play.texts(to=town["pro1"], purpose="ask"))[0].body.rsplit("/", 1)[1]
    async with play.database.transaction() as session:
        place = await place_of_form(session, link)
        form = CheckInForm(mood=3, goes_well="De bibliotheek is langer open Goudvisje")
        await fill_in_form(session, place, form, at=later(minutes=6))
    async with play.database.transaction() as session:
        statement = NewStatement(kind="note", text="Gesproken met Grasmusje")
        await state(session, town.coordinator, made.calamity_id, statement, at=later(minutes=7))


def secrets_of(play: Play) -> list[str]:
    names = [part for person in play.town.people.values() for part in person.name.split()]
    numbers = [person.phone for person in play.town.people.values()] + ["+3197010248888"]
    return [
        *(name for name in names if len(name) > 3),
        *(number[1:] for number in numbers),
        "Zonnebloempje", "Goudvisje", "Grasmusje",
    ]  # fmt: skip


def dumped(database) -> bytes:
    if not database.is_postgres:
        path: Path = database.path
        files = [path, Path(f"{path}-wal")]
        return b"".join(file.read_bytes() for file in files if file.exists())
    bin_folder = binaries()
    assert bin_folder is not None
    made = subprocess.run(
        [bin_folder / "pg_dump", "--inserts", database.dsn], check=True, stdout=subprocess.PIPE,
        env={**os.environ, "PGCONNECT_TIMEOUT": "5"},
    )  # fmt: skip
    return made.stdout


async def test_no_number_no_name_and_no_word_of_people_is_stored_in_clear(play, database):
    await busy_day(play)
    found = dumped(database)
    assert b"een aanslag elders" in found, "the dump holds what is not secret"
    assert len(found) > 50_000
    for encoded in (found, found.replace(b"\\x", b"")):
        for secret in secrets_of(play):
            assert secret.encode() not in encoded, secret
            assert secret.encode().hex().encode() not in encoded, secret


@pytest.mark.parametrize("secret", ["+3197010240001", "Voorn"])
async def test_the_search_itself_finds_what_is_in_clear(play, database, secret):
    async with database.transaction() as session:
        await activate(
            session, play.wakes, play.terms, play.town.coordinator,
            make_request(title=f"Bel {secret}"), at=T0,
        )  # fmt: skip
    assert secret[1:].encode() in dumped(database)
