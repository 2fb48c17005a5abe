"""Whatever comes in, the carrier refuses it by code or reads it; it never falls over."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calamity.sandbox.book import Book
from calamity.sandbox.calling import read_call_order
from calamity.sandbox.errors import REASONS, Refusal
from calamity.sandbox.ledger import Ledger
from calamity.sandbox.listing import list_messages
from calamity.sandbox.orders import read_order
from calamity.sandbox.patience import Patience
from calamity.sandbox.settings import SandboxSettings
from calamity.sandbox.twiml import BadTwiml, read_twiml
from calamity.sandbox.wire import Call

SENDER = "+3197010250000"
SERVICE = "MG" + "1" * 32
VALUES = st.one_of(
    st.text(max_size=40),
    st.from_regex(r"\+[0-9]{5,16}", fullmatch=True),
    st.datetimes().map(lambda moment: moment.isoformat()),
    st.integers().map(str),
    st.sampled_from([SENDER, SERVICE, "Gemeente", "http://127.0.0.1:1/s", "http://[", "x" * 1601]),
)
NAMES = st.sampled_from(
    ["To", "From", "Body", "MessagingServiceSid", "StatusCallback", "ValidityPeriod", "SendAt"]
)
QUERY = st.sampled_from(
    ["To", "From", "DateSent", "DateSent<", "DateSent>", "PageSize", "Page", "PageToken", "X"]
)
BOOK = Book(
    SandboxSettings(services={SERVICE: [SENDER]}, senders={SENDER: 1.0}),
    Ledger(":memory:", lambda: 0.0),
)


@given(st.dictionaries(NAMES, VALUES))
def test_any_create_request_is_read_or_refused_with_a_known_code(form):
    code, order = None, None
    try:
        order = read_order(form, BOOK)
    except Refusal as refusal:
        code = refusal.payload()["code"]
    assert code in REASONS or (order.to == form["To"] and 1 <= order.validity <= 36_000)


@given(st.dictionaries(QUERY, VALUES))
def test_any_list_request_gets_a_page(query):
    page = list_messages(BOOK, "/Messages.json", query, created_before=float("inf"))
    assert page["messages"] == []
    assert 1 <= page["page_size"] <= 1000


@given(st.text(alphabet="ctrtpe=&0123456789x,", max_size=60))
def test_any_fragment_leaves_patience_within_twilios_bounds(fragment):
    patience = Patience.of(fragment)
    assert 0.1 <= patience.connect <= 10
    assert 0.1 <= patience.read <= 15
    assert 0.1 <= patience.total <= 15
    assert 0 <= patience.retries <= 5


CALL_NAMES = st.sampled_from(
    ["To", "From", "Url", "Twiml", "Method", "Timeout", "TimeLimit", "MachineDetection",
     "StatusCallback", "StatusCallbackEvent", "FallbackUrl"]
)  # fmt: skip


@given(st.dictionaries(CALL_NAMES, VALUES))
def test_s90_any_request_to_call_is_read_or_refused_with_a_known_code(form):
    request = Call("POST", "/Calls.json", "/Calls.json", {}, form, list(form.items()))
    code, order = None, None
    try:
        order = read_call_order(form, request, BOOK)
    except Refusal as refusal:
        code = refusal.payload()["code"]
    assert code in REASONS or (order.to == form["To"] and 1 <= order.ring_seconds <= 600)


XML = st.text(alphabet="<>/!?=&;#\"' \0\ufffeRSay", max_size=60).map(
    lambda inner: f"<Response>{inner}</Response>"
)


@given(st.one_of(st.binary(max_size=200), XML.map(str.encode)))
def test_s66_any_answer_is_read_or_refused_with_twilios_code(body):
    found: list[object] = []
    with suppress(BadTwiml):
        found = [verb.name for verb in read_twiml("text/xml; charset=utf-8", body)]
    assert all(isinstance(name, str) and name for name in found)


def test_s66_a_document_without_end_is_refused():
    nested = b"<Response>" + b"<a>" * 20_000 + b"</a>" * 20_000 + b"</Response>"
    with pytest.raises(BadTwiml):
        read_twiml("text/xml", nested)
