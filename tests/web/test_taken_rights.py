"""Taken rights end to the second, on pages and in a stream that is open."""

import asyncio
from datetime import timedelta

from calamity.store import glass, sessions
from calamity.web.auth import COOKIE
from calamity.web.house import now
from tests.make import make_activation
from tests.web.pages_stage import make_app, visiting


async def test_rights_end_to_the_second_also_in_an_open_stream(
    database, wakes, town, database_url, tmp_path
):
    activation = await make_activation(database, wakes, town)
    official = town.official.user_id
    async with visiting(make_app(database_url, tmp_path)) as visit:
        ends = now() + timedelta(seconds=1)
        async with database.transaction() as session:
            cookie = await sessions.start_session(session, official, now())
            await glass.add_glass(
                session, town.id, official, reason="Niemand is er.", at=now(), until=ends
            )
        visit.client.cookies.set(COOKIE, cookie, domain="testserver.local")
        assert (await visit.open("/people")).status_code == 200
        stream = f"/v1/calamities/{activation.calamity_id}/timeline/stream"
        answer = await asyncio.wait_for(visit.open(stream), 10)
        assert answer.status_code == 200
        assert timedelta(0) <= now() - ends < timedelta(seconds=5)
        assert (await visit.open("/people")).status_code == 403
