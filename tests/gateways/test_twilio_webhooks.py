import time
import tracemalloc
from urllib.parse import urlencode

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from multidict import MultiDict
from twilio.request_validator import RequestValidator

from calamity.domain.errors import Refused
from calamity.gateways.carrier import InboundText, StatusReceipt, WebhookRefused
from calamity.gateways.twilio_webhooks import MAX_BODY_BYTES, WebhookReader

PUBLIC = "https://crisis.example.nl"
ACCOUNT = "AC" + "0" * 32
TOKEN = "0123456789abcdef0123456789abcdef"
NEXT_TOKEN = "fedcba9876543210fedcba9876543210"
OURS = "+3197010240000"
INBOUND = "/hooks/twilio/inbound"
STATUS = "/hooks/twilio/status?m=0192f0c4-7d1e-7c55-9f6b-0d6f3c1c2a11"
A1 = (
    b"ToCountry=NL&ToState=&SmsMessageSid=SM11111111111111111111111111111111&NumMedia=0&ToCity=&"
    b"FromZip=&SmsSid=SM11111111111111111111111111111111&FromState=&SmsStatus=received&FromCity=&"
    b"Body=JA+4821&FromCountry=NL&To=%2B3197010240000&ToZip=&NumSegments=1&"
    b"MessageSid=SM11111111111111111111111111111111&AccountSid=AC00000000000000000000000000000000&"
    b"From=%2B31612345678&ApiVersion=2010-04-01"
)
A1_SIGNED = "DI+WhBW2AGYI79sOF8dqxpViaJI="
A2 = (
    b"AccountSid=AC00000000000000000000000000000000&ApiVersion=2010-04-01&From=%2B3197010240000&"
    b"MessageSid=SM44444444444444444444444444444444&MessageStatus=delivered&"
    b"SmsSid=SM44444444444444444444444444444444&SmsStatus=delivered&To=%2B31612345678"
)
A2_SIGNED = "InzSSnhFG3D1K+jiNpFAt/sbd9c="
FORM = {
    "AccountSid": ACCOUNT,
    "MessageSid": "SM" + "1" * 32,
    "From": "+3197010240001",
    "To": OURS,
    "Body": "JA 4821",
    "ToCity": "",
}


def make_reader(public_url=PUBLIC, tokens=(TOKEN,), senders=frozenset({OURS})) -> WebhookReader:
    return WebhookReader(public_url, ACCOUNT, list(tokens), senders)


def signed(form, *, url=PUBLIC + INBOUND, token=TOKEN, content="application/x-www-form-urlencoded"):
    pairs = list(form.items()) if isinstance(form, dict) else form
    signature = RequestValidator(token).compute_signature(url, MultiDict(pairs))
    headers = {"content-type": content, "x-twilio-signature": signature}
    return headers, urlencode(pairs).encode()


def headers_with(signature):
    return {"content-type": "application/x-www-form-urlencoded", "x-twilio-signature": signature}


def is_believed(answer) -> bool:
    return not isinstance(answer, WebhookRefused) or not answer.reason.startswith("the signature")


def test_an_inbound_text_of_the_vectors_is_read():
    assert make_reader().read_inbound(INBOUND, headers_with(A1_SIGNED), A1) == InboundText(
        sid="SM" + "1" * 32,
        sender="+31612345678",
        receiver=OURS,
        body="JA 4821",
    )


def test_a_receipt_of_the_vectors_is_read():
    undelivered = A2.replace(b"=delivered", b"=undelivered") + b"&ErrorCode=30003"

    assert make_reader().read_status(STATUS, headers_with(A2_SIGNED), A2) == StatusReceipt(
        sid="SM" + "4" * 32,
        message_id="0192f0c4-7d1e-7c55-9f6b-0d6f3c1c2a11",
        status="delivered",
        error_code=None,
    )
    answer = make_reader().read_status(
        STATUS, headers_with("fCs91Fs7hVsoUJu4QvBptQY2Yko="), undelivered
    )
    assert isinstance(answer, StatusReceipt)
    assert (answer.status, answer.error_code) == ("undelivered", 30003)


@pytest.mark.parametrize(
    "signature",
    [
        None,
        "",
        "x",
        A1_SIGNED + " ",
        A1_SIGNED[:-1],
        A1_SIGNED.lower(),
        A2_SIGNED,
        "é" * 28,
        "\ud800",
        A1_SIGNED.encode(),
        17,
        ["a"],
        "A" * 100_000,
    ],
)
def test_a_signature_that_does_not_fit_is_refused(signature):
    answer = make_reader().read_inbound(INBOUND, headers_with(signature), A1)

    assert isinstance(answer, WebhookRefused)
    assert answer.status == 403


def test_a_missing_signature_is_refused():
    headers = {"content-type": "application/x-www-form-urlencoded"}

    answer = make_reader().read_inbound(INBOUND, headers, A1)

    assert isinstance(answer, WebhookRefused)
    assert answer.status == 403


@pytest.mark.parametrize(
    "changed",
    [
        A1.replace(b"ToCity=&", b""),
        A1.replace(b"4821", b"4822"),
        A1 + b"&Extra=",
        A1 + b"&Extra=1",
        A1.replace(b"JA+4821", b"JA+4821+"),
    ],
)
def test_a_changed_form_is_refused(changed):
    answer = make_reader().read_inbound(INBOUND, headers_with(A1_SIGNED), changed)

    # An added field without a value leaves no trace but its name, which is signed as well.
    assert isinstance(answer, WebhookRefused)
    assert answer.status == 403


@pytest.mark.parametrize("extra", [{}, {"New": "é & +"}, {f"Extra{n}": "" for n in range(50)}])
def test_blank_unknown_and_many_fields_are_read(extra):
    headers, body = signed(FORM | extra)

    assert isinstance(make_reader().read_inbound(INBOUND, headers, body), InboundText)


@pytest.mark.parametrize(
    "content",
    [
        "application/json",
        "text/plain",
        "",
        "multipart/form-data; boundary=x",
        "application/x-www-form-urlencoded-not",
    ],
)
def test_other_content_is_refused_also_when_the_address_alone_is_signed(content):
    headers, _ = signed({}, content=content)

    answer = make_reader().read_inbound(INBOUND, headers, b'{"Body": "JA 4821"}')

    assert isinstance(answer, WebhookRefused)
    assert answer.status == 415


def test_a_content_type_may_name_its_character_set():
    headers, body = signed(FORM, content="Application/X-WWW-Form-urlencoded; charset=UTF-8")

    assert isinstance(make_reader().read_inbound(INBOUND, headers, body), InboundText)


def test_sixty_four_kibibytes_are_read_and_a_byte_more_is_not():
    room = MAX_BODY_BYTES - len(urlencode(FORM | {"Fill": ""}))
    headers, body = signed(FORM | {"Fill": "x" * room})
    assert len(body) == MAX_BODY_BYTES
    assert isinstance(make_reader().read_inbound(INBOUND, headers, body), InboundText)

    headers, body = signed(FORM | {"Fill": "x" * (room + 1)})
    answer = make_reader().read_inbound(INBOUND, headers, body)

    assert isinstance(answer, WebhookRefused)
    assert answer.status == 413


def test_too_many_fields_are_refused_quickly():
    reader, body = make_reader(), b"&".join(b"a=" for _ in range(10_000))
    begun = time.perf_counter()

    answer = reader.read_inbound(INBOUND, headers_with("x" * 28), body)

    assert isinstance(answer, WebhookRefused)
    assert answer.status == 400
    assert time.perf_counter() - begun < 0.1


@pytest.mark.parametrize("body", [b"\xff\xfe=1", "é=\udcff".encode("utf-8", "surrogatepass")])
def test_bytes_that_are_no_form_are_refused(body):
    answer = make_reader().read_inbound(INBOUND, headers_with(A1_SIGNED), body)

    assert isinstance(answer, WebhookRefused)
    assert answer.status == 400


def test_forms_do_not_stay_in_memory():
    reader = make_reader()

    def post(count):
        for n in range(count):
            body = f"Body={n:060000d}".encode()
            reader.read_inbound(INBOUND, headers_with("x" * 28), body)

    post(5)
    tracemalloc.start()
    post(100)
    kept, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    # Six million bytes went by.
    assert kept < 200_000


@pytest.mark.parametrize(
    "spoof",
    [
        {"host": "evil.example.com"},
        {"x-forwarded-host": "evil.example.com", "x-forwarded-proto": "http"},
        {"x-forwarded-port": "8443", "forwarded": "host=evil.example.com"},
        {"x-original-url": "/elsewhere"},
    ],
)
def test_the_verdict_depends_on_the_configured_address_only(spoof):
    headers, body = signed(FORM)
    assert isinstance(make_reader().read_inbound(INBOUND, headers | spoof, body), InboundText)

    headers, body = signed(FORM, url=f"https://evil.example.com{INBOUND}")
    assert not is_believed(make_reader().read_inbound(INBOUND, headers | spoof, body))


@pytest.mark.parametrize(
    ("configured", "as_signed", "expected"),
    [
        ("https://crisis.example.nl/", "https://crisis.example.nl", True),
        ("https://crisis.example.nl#rc=3", "https://crisis.example.nl", True),
        ("https://crisis.example.nl", "https://crisis.example.nl:443", True),
        ("https://crisis.example.nl:443", "https://crisis.example.nl", True),
        ("https://crisis.example.nl:8443", "https://crisis.example.nl", True),
        ("https://crisis.example.nl:8443", "https://crisis.example.nl:8443", True),
        ("https://crisis.example.nl", "https://crisis.example.nl:8443", False),
        ("https://crisis.example.nl", "http://crisis.example.nl", False),
        ("https://crisis.example.nl", "https://Crisis.example.nl", False),
        ("https://example.nl/crisis", "https://example.nl/crisis", True),
        ("https://example.nl/crisis", "https://example.nl", False),
        ("http://127.0.0.1:8123", "http://127.0.0.1:8123", True),
        ("http://[::1]:8123", "http://[::1]:8123", True),
        ("http://[::1]", "http://[::1]:80", True),
    ],
)
def test_a_port_may_be_signed_or_not(configured, as_signed, expected):
    headers, body = signed(FORM, url=as_signed + INBOUND)

    assert is_believed(make_reader(configured).read_inbound(INBOUND, headers, body)) is expected


@pytest.mark.parametrize("path", ["", "/", INBOUND + "/", INBOUND + "?a=1", "@evil", "/\ud800"])
def test_another_path_or_query_is_refused(path):
    headers, body = signed(FORM)

    assert not is_believed(make_reader().read_inbound(path, headers, body))


def test_our_id_is_covered_by_the_signature():
    headers = headers_with(A2_SIGNED)

    answer = make_reader().read_status(STATUS.replace("2a11", "2a12"), headers, A2)

    assert isinstance(answer, WebhookRefused)
    assert answer.status == 403


def test_while_tokens_rotate_both_are_believed_and_then_only_the_new():
    old, new = signed(FORM), signed(FORM, token=NEXT_TOKEN)
    rotating, rotated = make_reader(tokens=(TOKEN, NEXT_TOKEN)), make_reader(tokens=(NEXT_TOKEN,))

    assert is_believed(rotating.read_inbound(INBOUND, *old))
    assert is_believed(rotating.read_inbound(INBOUND, *new))
    assert is_believed(rotated.read_inbound(INBOUND, *new))
    assert not is_believed(rotated.read_inbound(INBOUND, *old))


@pytest.mark.parametrize("tokens", [(), ("",), ("short",), (TOKEN, "")])
def test_an_empty_or_short_token_is_refused_at_start(tokens):
    with pytest.raises(Refused) as refused:
        make_reader(tokens=tokens)

    assert refused.value.field == "auth_token"


@pytest.mark.parametrize(
    "url",
    ["", "crisis.example.nl", "ftp://a.nl", "https://a.nl:99999", "https://a.nl/?x=1", "https://"],
)
def test_an_address_that_cannot_be_signed_is_refused_at_start(url):
    with pytest.raises(Refused) as refused:
        make_reader(url)

    assert refused.value.field == "public_url"


@pytest.mark.parametrize(
    "change",
    [
        {"AccountSid": "AC" + "9" * 32},
        {"AccountSid": ""},
        {"To": "+3197010249999"},
        {"To": ""},
        {"MessageSid": ""},
        {"MessageSid": "SM1"},
        {"MessageSid": "SM" + "g" * 32},
        {"MessageSid": "SM" + "1" * 32 + "\n"},
        {"MessageSid": "CA" + "1" * 32},
        {"MessagingServiceSid": "MG" + "9" * 32, "To": "+3197010249999"},
    ],
)
def test_what_is_not_ours_is_refused(change):
    answer = make_reader().read_inbound(INBOUND, *signed(FORM | change))

    assert isinstance(answer, WebhookRefused)
    assert answer.status == 403


@pytest.mark.parametrize("name", ["AccountSid", "MessageSid", "To"])
def test_a_form_without_what_it_needs_is_refused(name):
    form = {key: value for key, value in FORM.items() if key != name}

    answer = make_reader().read_inbound(INBOUND, *signed(form))

    assert isinstance(answer, WebhookRefused)
    assert answer.status == 403


def test_a_text_to_our_service_is_ours_whatever_its_number():
    service = "MG" + "a" * 32
    form = FORM | {"To": "+3197010240007", "MessagingServiceSid": service}

    answer = make_reader(senders=frozenset({service})).read_inbound(INBOUND, *signed(form))

    assert isinstance(answer, InboundText)
    assert answer.receiver == "+3197010240007"


def test_a_field_that_was_split_off_another_is_refused():
    other = "+3197010240008"
    rest = [pair for pair in FORM.items() if pair[0] != "To"]
    whole, split = [*rest, ("To", f"{OURS}To{other}")], [*rest, ("To", other), ("To", OURS)]
    # A signature has no separators: whoever has seen the one form can make the other.
    headers, _ = signed(whole)
    assert headers == signed(split)[0]

    answer = make_reader().read_inbound(INBOUND, headers, urlencode(split).encode())

    assert isinstance(answer, WebhookRefused)
    assert answer.status == 400


@pytest.mark.parametrize(
    ("sender", "has_number"),
    [
        ("+3197010240001", True),
        ("+12025550123", True),
        ("Bank", False),
        ("1008", False),
        ("", False),
        ("+0612345678", False),
        ("+31612345678 ", False),
        ("+31612345678\n", False),
        ("+3١٦١٢٣٤٥٦٧٨", False),
        ("whatsapp:+31612345678", False),
        ("+31612345678,+31612345679", False),
    ],
)
def test_a_sender_without_a_number_is_marked_not_refused(sender, has_number):
    answer = make_reader().read_inbound(INBOUND, *signed(FORM | {"From": sender}))

    assert isinstance(answer, InboundText)
    assert answer.sender == sender
    assert answer.has_number is has_number


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"Body": "JA\0 4821"}, {"body": "JA 4821"}),
        ({"Body": " السلام 👍\r\n"}, {"body": " السلام 👍\r\n"}),
        ({"From": "Ba\0nk"}, {"sender": "Bank"}),
        ({"NumMedia": "2"}, {"media": 2}),
        ({"NumMedia": "veel"}, {"media": 0}),
        ({"NumMedia": "²"}, {"media": 0}),
        ({"MessageSid": "MM" + "a" * 32}, {"sid": "MM" + "a" * 32}),
        ({"OptOutType": "stop"}, {"opt_out": "STOP"}),
        ({"OptOutType": "ST\0OP"}, {"opt_out": ""}),
        ({"To": OURS + "\0", "MessagingServiceSid": OURS}, {"receiver": OURS}),
    ],
)
def test_what_the_form_says_is_what_we_hear(change, expected):
    answer = make_reader().read_inbound(INBOUND, *signed(FORM | change))

    assert isinstance(answer, InboundText)
    assert {name: getattr(answer, name) for name in expected} == expected


def test_a_text_without_words_is_heard():
    form = {name: value for name, value in FORM.items() if name != "Body"} | {"NumMedia": "1"}

    answer = make_reader().read_inbound(INBOUND, *signed(form))

    assert isinstance(answer, InboundText)
    assert (answer.body, answer.media) == ("", 1)


@pytest.mark.parametrize(
    ("query", "message_id"),
    [
        ("", None),
        ("?m=", None),
        ("?m=abc", "abc"),
        ("?m=a&m=b", None),
        ("?x=1&m=abc", "abc"),
        ("?m=a%00b", None),
        ("?m=" + "a" * 37, None),
        ("?" + "&".join("a=1" for _ in range(30)), None),
    ],
)
def test_our_own_id_comes_back_or_is_left_out(query, message_id):
    path = "/hooks/twilio/status" + query
    form = {"AccountSid": ACCOUNT, "MessageSid": "SM" + "4" * 32, "MessageStatus": "sent"}

    answer = make_reader().read_status(path, *signed(form, url=PUBLIC + path))

    assert isinstance(answer, StatusReceipt)
    assert answer.message_id == message_id


@pytest.mark.parametrize("code", ["", "x", "-1", "3e4", "²", "1" * 10])
def test_an_error_code_that_is_no_number_is_left_out(code):
    form = FORM | {"MessageStatus": "shipped", "ErrorCode": code}

    answer = make_reader().read_status(INBOUND, *signed(form))

    assert answer == StatusReceipt(FORM["MessageSid"], None, "shipped", None)


@pytest.mark.parametrize("status", [None, "", "x" * 31])
def test_a_receipt_without_a_status_is_refused(status):
    form = FORM if status is None else FORM | {"MessageStatus": status}

    answer = make_reader().read_status(INBOUND, *signed(form))

    assert isinstance(answer, WebhookRefused)
    assert answer.status == 400


def test_a_refusal_holds_nothing_of_the_form():
    reader = make_reader()
    for change in ({"To": "+3197010249999"}, {"AccountSid": "AC" + "9" * 32}, {"MessageSid": "x"}):
        answer = reader.read_inbound(INBOUND, *signed(FORM | change))
        assert isinstance(answer, WebhookRefused)
        assert not any(value and value in answer.reason for value in (FORM | change).values())


FIELDS = st.lists(
    st.tuples(
        st.one_of(st.sampled_from([*FORM, "Body", "T", "To"]), st.text(max_size=8)),
        st.one_of(st.sampled_from(["", " ", "a", "é", "e\u0301", "\r\n"]), st.text(max_size=30)),
    ),
    max_size=30,
)
ADDRESSES = st.sampled_from(
    [
        "https://crisis.example.nl",
        "https://crisis.example.nl:443",
        "https://crisis.example.nl:8443",
        "http://crisis.example.nl",
        "http://127.0.0.1:8123",
        "https://example.nl/crisis",
    ]
)
PATHS = st.sampled_from([INBOUND, STATUS, "/a?b=c&d=%20e", "/é"])


@given(FIELDS, ADDRESSES, ADDRESSES, PATHS, st.sampled_from([TOKEN, NEXT_TOKEN]))
@example([], PUBLIC, PUBLIC, INBOUND, TOKEN)
@example([("a", "b"), ("a", "a"), ("a", "b")], PUBLIC, PUBLIC, INBOUND, TOKEN)
def test_the_verdict_is_the_one_of_twilios_own_validator(pairs, configured, as_signed, path, token):
    signature = RequestValidator(token).compute_signature(as_signed + path, MultiDict(pairs))
    expected = RequestValidator(TOKEN).validate(configured + path, MultiDict(pairs), signature)
    # An empty form has no body to put into words.
    body = urlencode(pairs).encode()

    answer = make_reader(configured).read_inbound(path, headers_with(signature), body)

    assert is_believed(answer) is expected


@given(st.binary(max_size=200), st.text(max_size=40), st.text(max_size=40))
def test_nothing_that_is_posted_raises(body, signature, path):
    headers = headers_with(signature)
    for read in (make_reader().read_inbound, make_reader().read_status):
        assert isinstance(read(path, headers, body), WebhookRefused)


def test_twilios_published_vector_is_believed():
    pairs = [
        ("CallSid", "CA1234567890ABCDE"),
        ("Digits", "1234"),
        ("From", "+14158675309"),
        ("To", "+18005551212"),
        ("Caller", "+14158675309"),
    ]
    # The published token is shorter than we accept, so the same form is signed by a longer one.
    assert (
        RequestValidator("12345").compute_signature(
            "https://mycompany.com/myapp.php?foo=1&bar=2", dict(pairs)
        )
        == "RSOYDt4T1cUTdK1PDd93/VVr8B8="
    )
    url = "https://mycompany.com"
    headers, body = signed(pairs, url=url + "/myapp.php?foo=1&bar=2")

    answer = make_reader(url).read_inbound("/myapp.php?foo=1&bar=2", headers, body)

    assert isinstance(answer, WebhookRefused)
    assert answer.reason == "the account is not ours"
