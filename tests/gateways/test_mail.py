"""E-mail over real SMTP: what leaves, and what each way of failing means."""

import asyncio
import ssl
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address

import pytest
from aiosmtpd.smtp import SMTP
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from calamity.domain.mailed import call_out_mail
from calamity.gateways.carrier import Accepted, InDoubt, NotSent, OutboundText, Rejected
from calamity.gateways.mail import MailCarrier, MailServer
from calamity.sandbox.mails import MailBox

BODY = call_out_mail(
    "OEFENING. Kom je? Overleg 14.30.", "nl", municipality="Oeverlanden",
    link="https://crisis.example.nl/a/abc", is_exercise=True,
)  # fmt: skip
TEXT = OutboundText(
    "01a2", "mailto:crisis@oeverlanden.example", "lea@oeverlanden.example", BODY, 60
)


@asynccontextmanager
async def served(make, **how):
    """Serve SMTP on a free port."""
    server = await asyncio.get_running_loop().create_server(make, "127.0.0.1", 0, **how)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


async def sent(port, security="none", text=TEXT, host="127.0.0.1", **more):
    return await MailCarrier(MailServer(host, port, security, **more), 2.0).send(text)


class Moody(MailBox):
    """A mail server that refuses or falls silent at one step."""

    def __init__(self, **answers):
        super().__init__()
        self.answers = answers

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802
        envelope.rcpt_tos.append(address)
        return self.answers.get("rcpt", "250 OK")

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        if "data" not in self.answers:
            return await super().handle_DATA(server, session, envelope)
        if self.answers["data"] == "hang up":
            server.transport.abort()
        if self.answers["data"] == "silence":
            await asyncio.sleep(10)
        return self.answers["data"]


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A certificate that signs itself, for the address of this machine."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mail.example")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(datetime.now(UTC) - timedelta(days=1))
        .not_valid_after(datetime.now(UTC) + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    folder = tmp_path_factory.mktemp("tls")
    (folder / "cert.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return folder


def context_of(certificate):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate / "cert.pem", certificate / "key.pem")
    return context


async def test_an_email_arrives_with_its_subject_and_no_more_than_that_in_sight():
    box = MailBox()
    async with served(lambda: SMTP(box)) as port:
        assert await sent(port) == Accepted("01a2", "accepted", 1)
    (mail,) = box.newest
    assert (mail.to, mail.sender) == ("lea@oeverlanden.example", "crisis@oeverlanden.example")
    assert mail.subject == "OEFENING. Oproep van de gemeente Oeverlanden"
    assert mail.id == "<01a2@oeverlanden.example>"
    assert "Overleg 14.30." in mail.body
    assert "https://crisis.example.nl/a/abc" in mail.body


async def test_words_of_every_language_arrive_whole():
    box = MailBox()
    words = call_out_mail(
        "هل ستأتي؟ ї", "ar", municipality="Oeverlanden", link="x", is_exercise=False
    )
    async with served(lambda: SMTP(box)) as port:
        await sent(port, text=OutboundText("m", TEXT.sender, TEXT.to, words, 60))
    assert "هل ستأتي؟ ї" in box.newest[0].body
    assert box.newest[0].subject == "نداء من بلدية Oeverlanden"


@pytest.mark.parametrize(
    ("answers", "outcome", "code"),
    [
        ({"rcpt": "550 No such person"}, Rejected, 550),
        ({"rcpt": "450 Come back"}, NotSent, 450),
        ({"data": "554 No"}, Rejected, 554),
        ({"data": "451 Later"}, NotSent, 451),
    ],
)
async def test_a_refusal_is_for_good_or_for_now(answers, outcome, code):
    async with served(lambda: SMTP(Moody(**answers))) as port:
        found = await sent(port)
    assert isinstance(found, outcome)
    assert found.code == code
    assert "lea@" not in found.reason


@pytest.mark.parametrize("what", ["hang up", "silence"])
async def test_an_answer_that_is_lost_after_the_words_is_in_doubt(what):
    async with served(lambda: SMTP(Moody(data=what))) as port:
        assert isinstance(await sent(port), InDoubt)


async def test_without_a_server_nothing_left():
    async with served(lambda: SMTP(MailBox())) as port:
        pass
    assert isinstance(await sent(port), NotSent)


async def test_a_server_that_says_nothing_is_not_waited_for_for_ever():
    async with served(asyncio.Protocol) as port:
        assert isinstance(await sent(port), NotSent)


@pytest.mark.parametrize("security", ["starttls", "tls"])
async def test_a_certificate_that_nobody_vouches_for_is_not_trusted(certificate, security):
    box, context = MailBox(), context_of(certificate)
    how = {"ssl": context} if security == "tls" else {}
    tls = {} if how else {"tls_context": context}
    async with served(lambda: SMTP(box, **tls), **how) as port:
        assert isinstance(await sent(port, security), NotSent)
    assert box.newest == []


@pytest.mark.parametrize("security", ["starttls", "tls"])
async def test_a_line_that_is_vouched_for_is_encrypted(certificate, security, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate / "cert.pem"))
    box, context = MailBox(), context_of(certificate)
    how = {"ssl": context} if security == "tls" else {}
    tls = {} if how else {"tls_context": context, "require_starttls": True}
    async with served(lambda: SMTP(box, **tls), **how) as port:
        assert isinstance(await sent(port, security), Accepted)
    assert len(box.newest) == 1


async def test_a_server_without_encryption_gets_nothing():
    box = MailBox()
    async with served(lambda: SMTP(box)) as port:
        assert isinstance(await sent(port, "starttls"), NotSent)
    assert box.newest == []


async def test_a_server_that_knows_no_passwords_gets_none():
    async with served(lambda: SMTP(MailBox())) as port:
        assert isinstance(await sent(port, user="calamity", password="wrong"), NotSent)
    assert "wrong" not in repr(MailServer("h", 1, "tls", "calamity", "wrong"))
