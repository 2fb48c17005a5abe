"""E-mails over real SMTP into the sandbox, and answers by the link that stands in them."""

import asyncio
import re
from datetime import timedelta

import pytest

from calamity.actions.receive import acknowledge
from calamity.actions.run import run_activation
from calamity.actions.terms import Way
from calamity.domain.channels import Channel
from calamity.gateways.mail import MailCarrier, MailServer
from calamity.store import call_outs, people
from calamity.store.tables import RecipientRow
from calamity.web.house import now
from calamity.worker import Worker
from calamity.worker.lanes import Lane
from tests.carrier.stage import desk_at
from tests.make import SENDER, make_activation, make_terms
from tests.sandbox.sandbox_stage import free_port

WRITER = "mailto:crisis@oeverlanden.example"
ADDRESS = "lea@oeverlanden.example"
TERMS = make_terms(ways=(Way(Channel.EMAIL, WRITER, 50.0),))


class Post:
    """The team was texted six minutes ago; lei1 has an e-mail address and did not answer."""

    def __init__(self, desk, worker, activation):
        self.desk, self.worker, self.activation = desk, worker, activation

    async def climb(self):
        wakes = self.desk.product.house.wakes
        async with self.desk.database.transaction() as session:
            await run_activation(session, wakes, TERMS, self.activation.id, at=now())

    async def mails(self):
        """Let e-mails leave, and return what the sandbox took."""
        await self.climb()
        await asyncio.wait_for(Lane(self.worker, WRITER).run(), 20)
        return await self.desk.sandbox.control("GET", "/mails")

    async def link(self):
        """Return the path of the link in the only e-mail."""
        (mail,) = await self.mails()
        return re.search(r"https://calamity.example(/a/\S+)", mail["body"])[1]

    async def page(self, path):
        async with self.desk.product.client.get(self.desk.product.url + path) as answer:
            return answer.status, await answer.text()

    async def tap(self, path, value):
        url = self.desk.product.url + path
        async with self.desk.product.client.post(url, data={"answer": value}) as answer:
            return answer.status, await answer.text()

    async def text_back(self, digit):
        line = await self.line()
        wakes = self.desk.product.house.wakes
        async with self.desk.database.transaction() as session:
            await acknowledge(
                session, wakes, TERMS, self.desk.town.id, line.ladder_id, digit=digit, at=now(),
                by_hand=False,
            )  # fmt: skip

    async def line(self):
        async with self.desk.database.reading() as session:
            (roster,) = await call_outs.rosters(session, self.activation.calamity_id)
        who = self.desk.town["lei1"].id
        return next(line for line in roster.lines if line.recipient_id == who)


@pytest.fixture
async def post(database, database_url, town, tmp_path):
    port = free_port()
    async with desk_at(database, database_url, town, tmp_path, mail_port=port) as desk:
        async with database.transaction() as session:
            row = await session.sql.get(RecipientRow, town["lei1"].id)
            row.email = session.vault.seal_text(people.EMAIL, ADDRESS)
        house = desk.product.house
        worker = Worker(
            house.database, house.wakes, desk.carrier, TERMS, inbox=house.inbox,
            receivers=[SENDER],
            others={Channel.EMAIL: MailCarrier(MailServer("127.0.0.1", port, "none"))},
        )  # fmt: skip
        activation = await make_activation(
            database, house.wakes, town, terms=TERMS, at=now() - timedelta(minutes=6)
        )
        await desk.run_lane()
        yield Post(desk, worker, activation)


async def test_one_tap_behind_the_link_is_an_acknowledgement(post):
    path = await post.link()
    status, words = await post.page(path)
    assert status == 200
    assert "Kom je?" in words
    assert "aanslag" not in words
    # Whoever only looks, a scanner of links as well, answers nothing.
    assert (await post.line()).answer is None
    status, words = await post.tap(path, "coming")
    assert (status, "Genoteerd: je komt" in words) == (200, True)
    line = await post.line()
    assert line.answer == "coming"
    assert [(way.channel, way.state) for way in line.ways] == [("email", "accepted")]


async def test_an_answer_may_be_changed_and_the_same_one_counts_once(post):
    path = await post.link()
    await post.tap(path, "coming")
    before = (await post.line()).answered_at
    await post.tap(path, "coming")
    assert (await post.line()).answered_at == before
    await post.tap(path, "cannot")
    assert (await post.line()).answer == "cannot"
    status, _ = await post.tap(path, "perhaps")
    assert (status, (await post.line()).answer) == (200, "cannot")


async def test_an_answer_by_text_shows_behind_the_link(post):
    path = await post.link()
    await post.text_back(3)
    _, words = await post.page(path)
    assert "Genoteerd: je komt later" in words


async def test_another_link_leads_nowhere(post):
    await post.mails()
    assert (await post.page("/a/somethingelse"))[0] == 404
    assert (await post.tap("/a/somethingelse", "coming"))[0] == 404


async def test_an_answer_before_the_email_leaves_stops_it(post):
    await post.climb()
    await post.text_back(1)
    assert await post.mails() == []


async def test_the_sandbox_shows_the_email_beside_the_phones(post):
    (mail,) = await post.mails()
    assert mail["to"] == ADDRESS
    answer = await post.desk.sandbox.raw("GET", "/mails?lang=nl")
    words = await answer.text()
    assert "Oproep van de gemeente Oeverlanden" in words
    assert 'href="https://calamity.example/a/' in words
