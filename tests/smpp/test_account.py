"""Settings that would reach nobody are refused with the cure, and the doctor binds."""

from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import aiohttp
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from calamity.app import house_of_settings
from calamity.cli.check_carrier import check_carrier
from calamity.domain.errors import Refused
from calamity.gateways.carrier import Accepted, NotSent
from calamity.gateways.smpp import SmppCarrier, smpp_account_of
from calamity.settings import Settings, read_settings
from calamity.store.readiness import Network
from tests.gateways.bad_carrier import free_port
from tests.make import SECRET, SENDER
from tests.smpp.stage import QUICK, Door, account, bound, make_text, smsc_running


def settings_of(folder: Path, **changes: object) -> Settings:
    given = {
        "VAR": folder, "SECRET_KEY": SECRET, "CARRIER": "smpp", "SMPP_HOST": "smsc.example.nl",
        "SMPP_SYSTEM_ID": "calamity", "SMPP_PASSWORD": "secret", "SMPP_FROM": f"{SENDER}=20",
    }  # fmt: skip
    return read_settings({f"CALAMITY_{n}": str(v) for n, v in {**given, **changes}.items()})


def test_usable_settings_make_an_account_and_need_nothing_of_twilio(tmp_path):
    settings = settings_of(
        tmp_path, ENV="production", PUBLIC_URL="https://crisis.example.nl", SMPP_WINDOW=30
    )
    made = smpp_account_of(settings)
    assert (made.host, made.port, made.is_tls, made.window) == ("smsc.example.nl", 2775, True, 30)
    assert made.senders == frozenset({SENDER})
    assert settings.senders == {SENDER: 20.0}
    assert "secret" not in repr(made) + repr(settings)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SMPP_HOST", ""),
        ("SMPP_HOST", "https://smsc.example.nl"),
        ("SMPP_PORT", 0),
        ("SMPP_PORT", 70000),
        ("SMPP_SYSTEM_ID", ""),
        ("SMPP_SYSTEM_ID", "longer than fifteen"),
        ("SMPP_PASSWORD", ""),
        ("SMPP_PASSWORD", "ninechars"),
        ("SMPP_PASSWORD", "geheïm"),
        ("SMPP_SYSTEM_TYPE", "longer than twelve"),
        ("SMPP_FROM", ""),
        ("SMPP_FROM", "Gemeente"),
        ("SMPP_FROM", "MG" + "a" * 32),
        ("SMPP_FROM", "+3197010250001=0"),
        ("SMPP_FROM", "+3197010250001=many"),
        ("SMPP_WINDOW", 0),
    ],
)
def test_each_unusable_setting_is_refused_by_its_name(tmp_path, name, value):
    with pytest.raises(Refused) as refused:
        house_of_settings(settings_of(tmp_path, **{name: value}))
    assert refused.value.message.startswith(f"CALAMITY_{name} ")
    assert "secret" not in refused.value.message


def test_a_calling_number_needs_the_other_carrier(tmp_path):
    with pytest.raises(Refused, match="CALAMITY_TWILIO_VOICE_FROM"):
        settings_of(tmp_path, TWILIO_VOICE_FROM=SENDER)


async def test_without_twilio_nothing_posted_in_its_name_is_believed(tmp_path):
    house = house_of_settings(settings_of(tmp_path))
    refused = house.webhooks.read_inbound(
        "/hooks/twilio/inbound",
        {"content-type": "application/x-www-form-urlencoded", "x-twilio-signature": ""},
        b"AccountSid=&MessageSid=SM" + b"1" * 32 + b"&Body=JA",
    )
    assert refused.status == 403


async def finding(settings: Settings):
    async with aiohttp.ClientSession() as client:
        found = [each async for each in check_carrier(settings, client, Network(62, ["NL"]))]
    assert [each.what for each in found] == ["carrier: smpp", "queue for everybody"]
    return found[0]


async def test_the_doctor_binds_without_taking_replies(tmp_path):
    async with smsc_running() as smsc:
        given = {"SMPP_HOST": "127.0.0.1", "SMPP_PORT": smsc.port, "SMPP_TLS": "off"}
        good = await finding(settings_of(tmp_path, **given))
        assert good.state == "ok"
        assert [each["as"] for each in smsc.said("bind")] == ["bind_transmitter"]

        wrong = await finding(settings_of(tmp_path, **given, SMPP_PASSWORD="wrong"))
        assert wrong.state == "fault"
        assert "0xe" in wrong.found
        assert "CALAMITY_SMPP_PASSWORD" in wrong.cure

        plain = await finding(settings_of(tmp_path, **{**given, "SMPP_TLS": "verified"}))
        assert plain.state == "fault"
    given["SMPP_PORT"] = free_port()
    assert (await finding(settings_of(tmp_path, **given))).state == "fault"


@pytest.fixture
def certificate(tmp_path: Path) -> dict[str, str]:
    """A certificate of this machine, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "smsc")])
    at = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(at - timedelta(days=1))
        .not_valid_after(at + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    (tmp_path / "cert.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (tmp_path / "key.pem").write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return {"cert": str(tmp_path / "cert.pem"), "key": str(tmp_path / "key.pem")}


async def test_tls_is_checked(certificate, monkeypatch):
    async with smsc_running(**certificate) as smsc:
        stranger = SmppCarrier(account(smsc, is_tls=True), Door().keep, QUICK)
        await stranger.start()
        assert isinstance(await stranger.send(make_text()), NotSent)
        await stranger.close()
        assert smsc.said("bind") == [], "no password for who cannot prove who it is"

        monkeypatch.setenv("SSL_CERT_FILE", certificate["cert"])
        carrier = SmppCarrier(account(smsc, is_tls=True), Door().keep, QUICK)
        await carrier.start()
        await bound(carrier)
        assert isinstance(await carrier.send(make_text()), Accepted)
        await carrier.close()
