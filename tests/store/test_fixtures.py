from tests.make import make_activation

from calamity.store import calamities, call_outs


async def test_the_town_can_be_alarmed(database, wakes, town):
    made = await make_activation(database, wakes, town)
    async with database.reading() as session:
        print(await call_outs.rosters(session, made.calamity_id))
        assert len(await calamities.list_tasks(session, made.calamity_id)) == 7
