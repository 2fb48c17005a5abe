"""The audit: what stands in it, narrowed and as a file, and that nobody can take a line away."""

import csv
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from calamity.actions.accounts import create_user
from calamity.domain.audit import AuditLine, Deed, Ground
from calamity.domain.permissions import Actor, UserRole
from calamity.store import audit
from calamity.store.audit import Wanted, list_audit
from calamity.store.database import Database
from calamity.store.municipalities import add_municipality
from calamity.web.house import now
from tests.make import PASSWORD, Town
from tests.web.pages_stage import LOGINS, make_app, visiting

OFFICER = "privacy@oeverlanden"


async def test_the_privacy_officer_sees_who_looked_at_whom_and_why(
    town: Town, database: Database, database_url: str, tmp_path: Path
) -> None:
    administrator = Actor(town.id, "administrator", UserRole.ADMINISTRATOR)
    stranger = Actor((await _other(database)), "=cmd|x", UserRole.COORDINATOR)
    async with database.transaction() as session:
        await create_user(
            session, administrator, login=OFFICER, name="Fien Gist", password=PASSWORD,
            role=UserRole.PRIVACY_OFFICER, at=now(),
        )  # fmt: skip
        formula = AuditLine(Deed.BROKE_GLASS, Ground.BREAK_GLASS, reason="=1+1")
        await audit.note(session, town.official, formula, now() - timedelta(days=3))
        await audit.note(session, stranger, formula, now())
    async with visiting(make_app(database_url, tmp_path)) as visit:
        await visit.sign_in(UserRole.CONTACT_PERSON)
        await visit.open("/inbox")
        await visit.open(f"/inbox/{town['kf1'].id}")
        visit.client.cookies.clear()
        await visit.enter(OFFICER)
        await visit.open("/settings/audit")
        seen = visit.visible()
        assert "looked at key figures" in seen
        assert "read texts of key figures" in seen
        assert "their own contact person" in seen
        assert town["kf1"].id in visit.text
        assert town["kf1"].name not in visit.text, "the audit shows nobody anew"
        assert stranger.login not in visit.text, "of another municipality"

        await visit.open("/settings/audit?deed=broke-glass")
        assert town.official.login in visit.text
        assert town["kf1"].id not in visit.text
        today = f"{now():%Y-%m-%d}"
        await visit.open(f"/settings/audit?since={today}&login={LOGINS[UserRole.CONTACT_PERSON]}")
        assert town["kf1"].id in visit.text
        assert town.official.login not in visit.text
        for edge in ("since=0001-01-01", "until=9999-12-31"):
            assert (await visit.open(f"/settings/audit?{edge}")).status_code == 200
            assert town["kf1"].id in visit.text
        await visit.open("/settings/audit?since=never")
        assert "This cannot be read." in visit.visible()

        answer = await visit.open("/settings/audit.csv?deed=broke-glass")
        assert "attachment" in answer.headers["content-disposition"]
        (row,) = csv.DictReader(answer.text.splitlines())
        assert (row["login"], row["deed"]) == (town.official.login, "broke-glass")
        assert row["reason"] == "'=1+1", "no formula for a spreadsheet"
        await visit.open("/settings/audit?deed=exported-audit")
        assert OFFICER in visit.text, "taking the file is a line too"
    async with database.reading() as session:
        lines = await list_audit(session, town.id, Wanted(), most=2)
        older = await list_audit(session, town.id, Wanted(), most=50, before=lines[-1].id)
        assert lines[-1].id not in {each.id for each in older}
    for statement in ("UPDATE audit SET login = 'x'", "DELETE FROM audit"):
        with pytest.raises(DBAPIError, match="only added to"):
            async with database.transaction() as session:
                await session.sql.execute(text(statement))


async def _other(database: Database) -> str:
    async with database.transaction() as session:
        made = await add_municipality(
            session, slug="bergen", name="Bergen", crisis_phone="+3197010240998", at=now()
        )
    return made.id
