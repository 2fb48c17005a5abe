import time

import jsonschema
import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from playbook_samples import FILENAME, RICH, SMALL, line_of

from calamity.domain import texts
from calamity.domain.errors import Refused
from calamity.domain.playbook import LONGEST, Offset, Playbook, seconds
from calamity.domain.playbook_check import (
    PlaybookFaults,
    canonical,
    check,
    fingerprint,
    json_schema,
    read,
    worst_case,
)
from calamity.domain.playbook_check.faults import MAX_FAULTS
from calamity.domain.playbook_check.source import MAX_BYTES, MAX_DEPTH
from calamity.domain.playbook_check.wording import RULES
from tests.shipped import BLOCKS, FOLDER

SHIPPED = sorted(FOLDER.glob("*/v*.yaml"))


def test_the_small_playbook_of_these_tests_is_sound():
    assert check(SMALL, FILENAME) == []


# What is replaced, by what, the text at whose line the fault stands (None: the replacement), the
# rule, a part of the message, a part of the cure.
BROKEN = [
    # Shape
    ("version: 1\n", "", "slug: small", "missing-field", "version is missing", "Add it"),
    ("version: 1", "version: one", None, "wrong-type", "must be a whole number", "digits"),
    ("version: 1", 'version: "1"', None, "wrong-type", "it is a text", "without quotes"),
    ("version: 1", "version: 0", None, "out-of-range", "0 is too small", "from 1 to 9999"),
    ("version: 1", "version: true", None, "wrong-type", "it is true or false", "digits"),
    ("scenario: rumour", "scenario: rumor", None, "unknown-value", "mean rumour?", "riots"),
    ("scenario: rumour", "scenario: 12", None, "wrong-type", "must be a text", "quotes"),
    ("slug: small", "slug: Small Town", None, "wrong-form", "right form", "attack-elsewhere"),
    ("of: key-figures", "of: keyfigures", None, "unknown-value", "mean key-figures?", "rapid-team"),
    ("    starts: T+1d", "    begins: T+1d", None, "unknown-field", "no field begins", "starts"),
    ("    automatic: true", "    automatc: true", None, "unknown-field", "mean automatic?", "due"),
    ("due: T+5m", "due: five past", None, "wrong-form", "five past", "T+15m"),
    ("due: T+5m", "due: T+٥m", None, "wrong-form", "right form", "T+15m"),
    ("due: T+5m", 'due: "T+5m\\n"', None, "wrong-form", "right form", "T+15m"),
    ("due: T+28h", "due: T-28h", None, "wrong-form", "T-28h", "T+15m"),
    ("closes_after: 2h", "closes_after: 2 uur", None, "wrong-form", "2 uur", "4h"),
    ("automatic: true", "automatic: yes", None, "wrong-type", "true or false", "Write true"),
    ("kind: give", "kind: bring", None, "unknown-value", "bring", "give"),
    ("kind: dispatch", "kind: send", None, "unknown-value", "send", "call-out, dispatch"),
    ("kind: dispatch", "kind: [a]", None, "wrong-type", "it is a list", "Write words"),
    ("kind: dispatch", "kind: ~", None, "wrong-type", "it is nothing", "Write words"),
    ("kind: round", "closes: 2h", "      closes: 2h", "missing-field", "kind is missing", "Add"),
    ("roles: [LEI, NET]", "roles: LEI", None, "wrong-type", "must be a list", "dash"),
    ("roles: [LEI, NET]", "roles: []", None, "too-few", "has 0 items", "missing"),
    ("roles: [LEI, NET]", "roles: [LEI, { a: 1 }]", None, "wrong-type", "group of", "words"),
    ("en: Small }", "en: }", None, "wrong-type", "it is nothing", "quotes"),
    ("en: Small }", 'en: "" }', None, "empty-text", "empty", "Write the words"),
    ("nl: Klein,", f"nl: {'a' * 161},", None, "too-long", "161 characters", "Shorten"),
    ("title: { nl: Klein, en: Small }", "title: Klein", None, "wrong-type", "group", "indented"),
    ("      nl: \"Feiten", "      de: Fakten\n      nl: \"Feiten", "de: Fakten",
     "unknown-value", '"de" is not', "ar, en, nl"),
    # The file
    ("    automatic: true", "\tautomatic: true", None, "syntax", "not YAML", "never tabs"),
    ("due: T+5m", "due: T+5m: x", None, "syntax", "not YAML", "holds a colon"),
    ("nl: Klein, en", "nl: [Klein, en", None, "syntax", "not YAML", "brackets"),
    ("role: LEI", "role: LEI\n    role: NET", "role: NET", "duplicate-key", "second", "one of"),
    ("role: LEI", "role: *boss", None, "alias", "reference", "value itself"),
    ("role: LEI", "role: &boss LEI", None, "anchor", "anchor", "Remove the &"),
    ("role: LEI", "role: !!str LEI", None, "tag", "tag", "Remove it"),
    ("role: LEI", "? [a, b]\n    : LEI", "? [a, b]", "bad-key", "single word", "quotes"),
    ("changes:", "---\nchanges:", "---", "several-documents", "second document", "one playbook"),
    ("nl: Klein", "nl: Kl\u202eein", None, "hidden-character", "U+202E", "retype"),
    ("nl: Klein", "nl: Kl\x07ein", None, "hidden-character", "U+0007", "retype"),
    # The plan
    ("slug: small", "slug: smaller", None, "slug-path", "the folder, small", "same name"),
    ("version: 1", "version: 2", None, "version-path", "named v1.yaml", "v2.yaml"),
    ("code: NET", "code: LEI", "Leads. }\n  - code: LEI", "duplicate-code", "another role", "own"),
    ("code: S2", "code: S1", "enough: T1\n  - code: S1", "duplicate-code", "another step", "own"),
    ("roles: [LEI, NET]", "roles: [LEI, LEI]", None, "duplicate-code", "LEI is used", "own"),
    ("role: LEI", "role: LEO", None, "unknown-code", "no role LEO. Did you mean LEI", "LEI, NET"),
    ("phase: later", "phase: latr", None, "unknown-code", "no phase latr", "acute, later"),
    ("audience: street", "audience: stret", None, "unknown-code", "no audience", "friends"),
    ("message: P1", "message: P9", None, "unknown-code", "no message P9", "K1"),
    ("enough: T1", "enough: T9", None, "unknown-code", "no message T9", "T1"),
    ("audiences: [friends, street]", "audiences: [friends, all]", None, "unknown-code",
     "no audience all", "friends, street"),
    ("roles: [LEI, NET]", "roles: [LEI, XYZ]", None, "unknown-code", "no role XYZ", "LEI"),
    ("form: P6", "form: P7", None, "unknown-code", "no message P7", "P6"),
    ("    starts: T+1d", "    starts: T+1d\n  - code: third\n    title: { nl: a, en: b }\n"
     "    starts: T+2h", "starts: T+2h", "phases-order", "before the one above", "order of time"),
    ("due: T+28h", "due: T+24h", None, "due-before-start", "T+24h, before", "same as start"),
    ("phase: acute", "phase: later", "due: T+5m", "step-before-phase", "its phase later", "later"),
    ("quota: 2", "quota: 3", None, "quota", "only 2 roles", "Lower the quota"),
    ("quota: 2", "quota: 2\n      reminder_after: 15m", "reminder_after", "call-out-order",
     "not later than the reminder", "shorter"),
    ("message: K4", "message: K1", "street]\n      message: K1", "wrong-kind",
     "K1 is of kind give", "Choose another"),
    ("message: T1", "message: K1", None, "wrong-kind", "a call-out takes action", "Choose"),
    ("audience: street, message: P1", "audience: street, message: T1", None, "wrong-kind",
     "professionals takes", "Choose"),
    ("of: professionals", "of: rapid-team", "audiences: [friends, street]", "round-audience",
     "made of rapid-team", "key-figures or professionals"),
    ("      form: P6\n", "", "kind: round", "form-missing", "no message brings", "{link}"),
    ("[friends, street]", "[friends]", "form: P6", "form-unused", "no professionals", "Remove"),
    ("closes_after: 2h", "closes_after: 10m", None, "round-window", "after 10m", "30m to 2d"),
    ("closes_after: 2h", "closes_after: 9d", None, "round-window", "after 9d", "30m to 2d"),
    ("closes_after: 2h", "closes_after: 1h", "message: K4", "ask-outlives-round",
     "K4", "valid_for"),
    ("role: NET\n    due: T+1h\n    act: { kind: dispatch, audience: friends, message: K1 }",
     "role: NET\n    due: T+1h\n    automatic: true", "role: NET\n    due: T+1h\n    automatic",
     "nothing-to-run", "no act", "Add an act"),
    ("due: T+1h\n    act: { kind: dispatch, audience: friends",
     "due: T+1h\n    automatic: true\n    act: { kind: dispatch, audience: friends",
     "due: T+1h\n    automatic", "person-releases", "key figures runs by itself", "reads"),
    ("due: T+1h\n    act: { kind: dispatch, audience: friends",
     "due: T+26h\n    act: { kind: dispatch, audience: friends", "message: K4",
     "ask-before-give", "Key figures are asked", "T+25h or earlier"),
    ("audience: street, message: P1", "audience: friends, message: K1", "form: P6",
     "ask-before-give", "Professionals are asked", "give message"),
    # The texts
    ("      en: \"Facts: {link}\"\n", "", "nl: \"Feiten", "missing-language", "English", "Add en"),
    ("Feiten: {link}", "Feiten: {links}", None, "unknown-placeholder", "mean link?", "first_name"),
    ("Feiten: {link}", "Feiten: {link", None, "stray-brace", "brace", "{phone}"),
    ("Feiten: {link}", "Feiten: {link}}", None, "stray-brace", "brace", "{phone}"),
    ("Feiten: {link}", "Feiten: {link} ", None, "stray-space", "white space", ">-"),
    ("Feiten: {link}", "Feiten:  {link}", None, "stray-space", "two spaces", ">-"),
    ("Feiten: {link}", "OEFENING Feiten: {link}", None, "exercise-word", "OEFENING", "Remove"),
    ("Feiten: {link}", "Ideeën: {link}", None, "not-gsm", '"ë" is not', 'Write "e"'),
    ("Feiten: {link}", "Ideeën: {link}" + " x" * 40, None, "not-gsm", "3 parts instead of 1", "e"),
    ("Facts: {link}", "Facts – {link}", None, "not-gsm", '"–" is not', 'Write "-"'),
    ("Feiten: {link}", "Feiten: {link}" + " xx" * 90, None, "too-many-parts", "3 SMS parts", "42"),
    ("Feiten: {link}", "Feiten over de moskee: {link}", None, "loaded-word", '"moskee"', "without"),
    ("Feiten: {link}", "Marokkanen: {link}", None, "loaded-word", '"Marokkanen"', "without"),
    ("Facts: {link}", "The terrorist: {link}", None, "loaded-word", "seldom certain", "without"),
    ("Feiten: {link}", "{link}. +31 970 10240000", None, "contact-details", "number", "{phone}"),
    ("Feiten: {link}", "{link}. Bel 0970-10240000", None, "contact-details", "number", "{phone}"),
    ("Feiten: {link}", "{link}. Mail a@b.nl", None, "contact-details", "number", "{link}"),
    ("Feiten: {link}", "{link} https://a.nl", None, "contact-details", "link", "{link}"),
    ("Feiten: {link}", "{link}. Plein 1, 3811 AB", None, "contact-details", "address", "{place}"),
    ("nl: Luisteren", "nl: Bel 06 12345678", None, "contact-details", "number", "holds none"),
    ("Coming? 1 = yes,", "Coming? YES = 1,", None, "reserved-answer", "YES", "digits"),
    ("Coming? 1 = yes", "Reply HELP. 1 = yes", None, "reserved-answer", "HELP", "digits"),
    ("Coming? 1 = yes", "STOP = rest. 1 = yes", None, "reserved-answer", "STOP", "digits"),
    ("3 = later. Role", "Role", None, "answers-missing", "not offer 3", "ik kom later"),
    ("5 = onveilig, 0 = geen idee", "5 = slecht", None, "answers-missing", "offer 0", "geen idee"),
    ("leven mee. Bel {phone}. {sender}", "leven mee. Bel {phone}.", None, "key-figure-sender",
     "who writes", "{sender}"),
    ("leven mee. Bel {phone}. {sender}", "leven mee. {sender}", None, "key-figure-phone",
     "no way", "{phone}"),
    ("It is voluntary. ", "", "Mood?", "ask-voluntary", "voluntary", "do not have to"),
    ("Geen namen.", "", "Sfeer?", "ask-no-names", "leave out names", "Noem geen namen"),
    ("Vul in: {link}", "Vul in", None, "form-link", "no link", "{link}"),
    ("We leven mee.", "We leven mee, {role}.", None, "placeholder-place", "{role}", "Take {role}"),
    ("Facts: {link}", "Facts.", None, "placeholders-differ", "uses {link}", "leave it out"),
    ("Facts: {link}", "Facts: {link} {time}", None, "extra-placeholder", "{time}", "same"),
    ("nl: netwerkbeheerder", f"nl: {'w' * 31}", None, "role-title-long", "31", "Shorten"),
    # Not used
    ("  - code: P6", "  - code: P7\n    kind: give\n    texts: { nl: Dag, en: Day }\n  - code: P6",
     "code: P7", "unused", "message P7", "Use it"),
]  # fmt: skip


@pytest.mark.parametrize("case", BROKEN, ids=lambda case: f"{case[3]}-{case[1][-20:]!a}")
def test_each_fault_has_its_line_its_words_and_its_cure(case):
    old, new, place, rule, message, cure = case
    assert old in SMALL
    source = SMALL.replace(old, new, 1)

    found = [fault for fault in check(source, FILENAME) if fault.rule == rule]

    assert found, [str(fault) for fault in check(source, FILENAME)]
    fault = found[0]
    assert fault.line == line_of(place or new, source), str(fault)
    assert fault.file == FILENAME
    assert message in fault.message
    assert cure in fault.cure
    assert fault.severity == RULES[rule].severity
    assert fault.message_nl
    assert fault.cure_nl
    assert fault.message_nl != fault.message
    assert "{" not in fault.path


def test_a_fault_reads_like_that_of_a_compiler():
    faults = check(SMALL.replace("quota: 2", "quota: 3"), FILENAME)

    assert [str(fault) for fault in faults] == [
        "playbooks/small/v1.yaml:68:14: error: The quota is 3, but only 2 roles are called."
        " Lower the quota, or call more roles."
    ]
    assert faults[0].path == "steps[0].act.quota"
    assert faults[0].message_nl == "Het quotum is 3, maar er worden maar 2 rollen opgeroepen."


def test_all_faults_are_told_at_once():
    source = (
        SMALL.replace("version: 1", "version: one")
        .replace("of: professionals", "of: profesionals")
        .replace("automatic: true", "automatc: true")
        .replace("quota: 2", "quota: 9")
        .replace("due: T+28h", "due: T+2h")
        .replace("Feiten: {link}", "Feiten: {lnk}")
        .replace("    role: LEI\n", "")
    )

    faults = check(source, FILENAME)

    expected = ["wrong-type", "unknown-value", "unknown-placeholder", "missing-field"]
    expected += ["unknown-field", "quota", "due-before-start"]
    assert {fault.rule for fault in faults} >= set(expected)
    assert [fault.line for fault in faults] == sorted(fault.line for fault in faults)


def test_one_broken_value_does_not_bring_down_its_neighbours():
    """A role whose title is wrong is still a role: no step says that it does not exist."""
    source = SMALL.replace("title: { nl: teamleider, en: team leader }", "title: 5")

    assert [fault.rule for fault in check(source, FILENAME)] == ["wrong-type"]


@pytest.mark.parametrize(
    "source",
    [
        SMALL.replace("roles:\n  - code", "rolls:\n  - code", 1),
        SMALL.replace("kind: ask", "kind: aks", 1),
        SMALL.replace("kind: give", "kind: gift", 1),
        SMALL.replace("kind: round", "kind: ronde", 1),
        SMALL.replace("due: T+1h", "due: 1 hour", 1),
    ],
)
def test_a_fault_brings_no_false_ones_with_it(source):
    rules = {fault.rule for fault in check(source, FILENAME)}

    assert rules <= {"unknown-field", "missing-field", "unknown-value", "wrong-form"}


def test_a_question_to_all_needs_words_to_all_before():
    source = SMALL.replace(
        "  - code: street", "  - code: near\n    title: { nl: a, en: b }\n    of: key-figures\n"
        "    where: affected\n  - code: street",
    ).replace("audience: friends, message: K1", "audience: near, message: K1")  # fmt: skip

    assert [fault.rule for fault in check(source, FILENAME)] == ["ask-before-give"]


def test_closing_and_deciding_never_run_by_themselves():
    closing = SMALL.replace("kind: give", "kind: close", 1).replace(
        "act: { kind: dispatch, audience: friends",
        "automatic: true\n    act: { kind: dispatch, audience: friends",
    )
    decision = SMALL.replace(
        "changes:",
        "  - code: S9\n    phase: later\n    title: { nl: a, en: b }\n    role: LEI\n"
        "    due: T+2d\n"
        "    automatic: true\n    act:\n      kind: decision\n      question: { nl: a?, en: b? }\n"
        "      options: [{ nl: ja, en: yes }, { nl: nee, en: no }]\nchanges:",
    )

    assert "person-decides" in {fault.rule for fault in check(closing, FILENAME)}
    assert [fault.rule for fault in check(decision, FILENAME)] == ["person-decides"]


def test_too_much_in_one_day_is_a_warning():
    again = "\n".join(
        f"  - code: X{number}\n    phase: acute\n    title: {{ nl: a, en: b }}\n    role: NET\n"
        f"    start: T+{number}h\n    due: T+9h\n"
        "    act: { kind: dispatch, audience: friends, message: K1 }"
        for number in (2, 3)
    )
    faults = check(SMALL.replace("changes:", again + "\nchanges:"), FILENAME)

    assert [(fault.rule, fault.severity) for fault in faults] == [("over-budget", "warning")] * 2
    assert any("3 messages within a day of T+0m; the budget is 2" in f.message for f in faults)


def test_warnings_alone_let_a_playbook_through():
    source = SMALL.replace("Feiten: {link}", "Ideeën: {link}")

    assert [fault.severity for fault in check(source, FILENAME)] == ["warning"]
    assert read(source, FILENAME).slug == "small"


def test_reading_a_broken_document_refuses_it_with_all_its_faults():
    source = SMALL.replace("quota: 2", "quota: 3").replace("Feiten: {link}", "Ideeën: {link}")

    with pytest.raises(PlaybookFaults) as caught:
        read(source, FILENAME)

    assert isinstance(caught.value, Refused)
    assert [fault.rule for fault in caught.value.faults] == ["not-gsm", "quota"]
    assert caught.value.message.startswith("The playbook has 1 error. First: line 68: The quota")
    assert caught.value.field == "steps[0].act.quota"


def test_times_and_words_are_read_without_the_traps_of_yaml():
    """In YAML 1.1 an unquoted 22:00 is a number and an unquoted no is false."""
    source = SMALL + "quiet_hours:\n  start: 22:00\n  end: 07:00\n"
    source = source.replace("en: Listen }", "en: no }")

    playbook = read(source, FILENAME)

    assert (playbook.quiet_hours.start, playbook.quiet_hours.end) == ("22:00", "07:00")
    assert playbook.limits.we_do[0].en == "no"


# --- Files that mean harm, or are harmed


def test_a_bomb_of_aliases_is_refused_at_once():
    bomb = "a0: &a0 [x, x, x]\n" + "".join(
        f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}, *a{n - 1}, *a{n - 1}]\n" for n in range(1, 60)
    )
    started = time.perf_counter()

    faults = check(bomb, FILENAME)

    assert time.perf_counter() - started < 1
    assert "alias" in {fault.rule for fault in faults}


@pytest.mark.parametrize("unit", ["[", "{a: ", "- ", "? "])
def test_deep_nesting_is_refused(unit):
    faults = check(unit * 100_000, FILENAME)

    assert faults[-1].rule in {"too-deep", "bad-key", "syntax"}
    assert len(faults) == 1


def test_the_limit_of_nesting_leaves_room_for_every_playbook():
    deepest = "x: " + "[" * (MAX_DEPTH - 1) + "]" * (MAX_DEPTH - 1)
    too_deep = "x: " + "[" * MAX_DEPTH + "]" * MAX_DEPTH

    assert "too-deep" not in {fault.rule for fault in check(deepest, FILENAME)}
    assert "too-deep" in {fault.rule for fault in check(too_deep, FILENAME)}


@pytest.mark.parametrize("source", ["# " + "x" * 1024 * 1024, b"\xff" * 1024 * 1024])
def test_a_megabyte_is_refused_unread(source):
    faults = check(source, FILENAME)

    assert [fault.rule for fault in faults] == ["too-large"]
    assert "1024 KiB" in faults[0].message


def test_the_limit_of_size_counts_bytes():
    padding = MAX_BYTES - len(SMALL.encode()) - 2

    assert check(SMALL + "#" + "x" * padding + "\n", FILENAME) == []
    assert check(SMALL + "#" + "é" * padding + "\n", FILENAME)[0].rule == "too-large"


def test_bytes_that_are_not_utf8_are_found_at_their_line():
    source = SMALL.encode().replace(b"nl: Vragen", b"nl: Vr\xe9gen")

    (fault,) = check(source, FILENAME)

    assert (fault.rule, fault.line) == ("not-utf8", line_of("nl: Vragen", SMALL))


def test_a_byte_order_mark_is_no_fault():
    assert check(b"\xef\xbb\xbf" + SMALL.encode(), FILENAME) == []


@pytest.mark.parametrize("source", ["", "# only a comment\n", b""])
def test_an_empty_file_is_told(source):
    assert [fault.rule for fault in check(source, FILENAME)] == ["empty"]


@pytest.mark.parametrize("source", ["playbook", "- a\n- b\n", "12", "~"])
def test_a_document_that_is_no_playbook_is_told_in_one_fault(source):
    assert [fault.rule for fault in check(source, FILENAME)] == ["wrong-type"]


def test_ten_thousand_faults_are_cut_off_with_a_count():
    source = SMALL + "".join(f"x{number}: 1\n" for number in range(10_000))

    faults = check(source, FILENAME)

    assert len(faults) == MAX_FAULTS + 1
    assert faults[-1].rule == "too-many-faults"
    assert str(10_000 - MAX_FAULTS) in faults[-1].message


def test_too_long_a_list_is_told():
    roles = "".join(
        f"  - code: R{number}\n    title: {{ nl: a, en: b }}\n    task: {{ nl: a, en: b }}\n"
        for number in range(30)
    )
    faults = check(SMALL.replace("phases:", roles + "phases:"), FILENAME)

    assert "too-many" in {fault.rule for fault in faults}


@pytest.mark.parametrize(
    "source",
    [
        SMALL + "".join(f"x{number}: 1\n" for number in range(40_000)),
        SMALL.replace("Feiten: {link}", "é" * 200_000),
        SMALL.replace("Feiten: {link}", "ë" * 200_000),
        SMALL.replace("nl: Luisteren", "nl: " + "a" * 450_000),
        SMALL.replace("nl: Luisteren", "nl: " + "0612 " * 90_000),
        SMALL.replace("Feiten: {link}", "{" * 450_000),
        SMALL.replace("Feiten: {link}", " " * 450_000),
        SMALL.replace("steps:\n", "steps:\n" + "  - {}\n" * 60_000),
        SMALL.replace("roles:\n", "roles:\n" + "  - { code: a }\n" * 25_000, 1),
        SMALL.replace("role: LEI", "role: " + "x" * 450_000),
        SMALL.replace("[LEI, NET]", "[" + "XY, " * 100_000 + "]"),
        SMALL.replace("of: professionals", "of: [" + "[], " * 100_000 + "]"),
        "\u200b" * 170_000,
        RICH.replace("when: S8 = 1", "when: " + "(" * 290),
        RICH.replace("when: S8 = 1", "when: " + "a " * 200_000),
        RICH.replace("due: T + 1y", "due: T" + " + 9999y" * 50_000),
        RICH.replace("due: T + 1y", "due: " + "a" * 450_000),
        RICH.replace("at: [", "at: [" + "09:00, " * 60_000),
        RICH.replace("uses", "").replace("review_days: 7", "uses:\n" + "  - {}\n" * 60_000),
        RICH.replace("not_with: [NET]", "not_with: [" + "XX, " * 100_000 + "]"),
        "block: small\n"
        + SMALL.partition("\n")[2].replace("steps:\n", "steps:\n" + "  - {}\n" * 50_000),
    ],
    ids=range(21),
)
def test_a_hostile_document_takes_no_more_than_seconds(source):
    started = time.process_time()

    faults = check(source, FILENAME)

    # Of this process alone: the machine may have more to do.
    assert time.process_time() - started < 5
    assert {fault.severity for fault in faults} >= {"error"}
    assert len(faults) <= MAX_FAULTS + 1


def test_a_fault_repeats_nothing_of_a_person():
    source = SMALL.replace("role: LEI", "role: +31 970 1024 0000").replace(
        "due: T+5m", "due: someone@example.org"
    )

    told = "\n".join(str(fault) + fault.message_nl for fault in check(source, FILENAME))

    assert "1024" not in told
    assert "someone" not in told


# --- Properties


@given(number=st.integers(0, 9999), unit=st.sampled_from("mhd"))
def test_every_offset_means_its_seconds(number, unit):
    written = f"T+{number}{unit}"

    assert msgspec.convert(written, Offset) == written
    assert seconds(written) == seconds(f"{number}{unit}")
    assert seconds(written) == number * {"m": 60, "h": 3600, "d": 86400}[unit]


@given(source=st.text() | st.binary())
def test_no_input_makes_the_checker_fail(source):
    faults = check(source, FILENAME)

    assert any(fault.severity == "error" for fault in faults)


@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(data=st.data())
def test_no_damaged_playbook_makes_the_checker_fail(data):
    lines = SMALL.splitlines()
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(lines) - 1))
        damage = data.draw(st.sampled_from(["drop", "double", "cut", "blank", "list", "indent"]))
        name = lines[at].split(":")[0]
        lines[at : at + 1] = {
            "drop": [],
            "double": [lines[at], lines[at]],
            "cut": [lines[at][: len(lines[at]) // 2]],
            "blank": [f"{name}:"],
            "list": [f"{name}: [1, 2]"],
            "indent": ["  " + lines[at]],
        }[damage]
        if not lines:
            return
    source = "\n".join(lines)

    faults = check(source, FILENAME)

    if any(fault.severity == "error" for fault in faults):
        with pytest.raises(PlaybookFaults):
            read(source, FILENAME)
    else:
        assert isinstance(read(source, FILENAME), Playbook)


# --- Canonical bytes and schema


def test_canonical_bytes_are_a_document_themselves():
    playbook = read(SMALL, FILENAME)

    assert read(canonical(playbook), "small.json") == playbook


def test_writing_a_default_out_changes_no_fingerprint():
    plain = read(SMALL, FILENAME)
    spelt = read(
        SMALL.replace("    due: T+5m", "    due: T+5m\n    start: T+0m\n    may_skip: true")
        + "valid_months: 24\nquiet_hours: { start: 22:00 }\nbudget: { asks_per_day: 1 }\n",
        FILENAME,
    )

    assert canonical(plain) == canonical(spelt)
    assert fingerprint(plain) == fingerprint(spelt)


def test_order_of_fields_and_comments_change_no_fingerprint():
    title = "title: { nl: Klein, en: Small }\n"
    moved = "# Note\n" + SMALL.replace(title, "") + title

    assert fingerprint(read(moved, FILENAME)) == fingerprint(read(SMALL, FILENAME))


def test_every_other_change_changes_the_fingerprint():
    other = SMALL.replace("Een klein draaiboek.", "Een klein draaiboek!")

    assert fingerprint(read(other, FILENAME)) != fingerprint(read(SMALL, FILENAME))


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.parent.name)
def test_the_canonical_bytes_hold_the_whole_playbook(path):
    playbook = read(path.read_bytes(), str(path), BLOCKS)

    again = msgspec.json.decode(canonical(playbook), type=Playbook)

    assert again == playbook
    assert canonical(again) == canonical(playbook)


def test_no_default_has_ever_changed():
    """Published versions leave defaults out: a changed default would change what they mean."""
    defaults = {
        f"{name}.{field['name']}": field["default"]
        for name, part in json_schema()["$defs"].items()
        for field in ({"name": key, **value} for key, value in part.get("properties", {}).items())
        if "default" in field
    }

    assert defaults == {
        "Playbook.roles": [],
        "Playbook.audiences": [],
        "Playbook.messages": [],
        "Playbook.steps": [],
        "Playbook.valid_months": 24,
        "Playbook.triggers": [],
        "Playbook.questions": [],
        "Playbook.levels": [],
        "Playbook.stop": [],
        "Playbook.cards": [],
        "Playbook.uses": [],
        "Playbook.review_days": 14,
        "Block.roles": [],
        "Block.audiences": [],
        "Block.messages": [],
        "Block.questions": [],
        "Block.levels": [],
        "Block.stop": [],
        "Block.cards": [],
        "Block.steps": [],
        "Role.minimum": 1,
        "Role.not_with": [],
        "Phase.starts": "T+0m",
        "Audience.where": "everywhere",
        "Message.valid_for": "12h",
        "Message.alarm": False,
        "Message.for_audience": {},
        "Message.to_be_checked": [],
        "Step.start": "T+0m",
        "Step.evidence": None,
        "Step.help": None,
        "Step.may_skip": True,
        "Step.automatic": False,
        "Step.act": None,
        "Step.who": "municipality",
        "Step.when": None,
        "Step.repeat": None,
        "Step.cards": [],
        "CallOut.reminder_after": "10m",
        "CallOut.deputy_after": "15m",
        "CallOut.next_way_after": "5m",
        "Round.form": None,
        "Round.closes_after": "4h",
        "Meeting.points": [],
        "FactCard.we_know": [],
        "FactCard.we_do_not_know": [],
        "FactCard.we_do": [],
        "FactCard.we_do_not": [],
        "FactCard.you_can": [],
        "RumourList.owner_within": "1h",
        "Measure.lasts": "3d",
        "Repeat.every": None,
        "Repeat.at": [],
        "QuietHours.start": "22:00",
        "QuietHours.end": "07:00",
        "Budget.messages_per_day": 2,
        "Budget.asks_per_day": 1,
        "Question.help": None,
        "LevelRule.unknown": "no",
        "Card.minutes": 0,
        "Card.people": None,
        "Card.needs": [],
        "Use.sha256": "",
    }


def test_the_schema_is_sound_and_takes_what_the_checker_takes():
    schema = json_schema()
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    playbook = msgspec.json.decode(canonical(read(SMALL, FILENAME)))

    assert schema["$id"] == "urn:calamity:playbook:1"
    assert list(validator.iter_errors(playbook)) == []
    playbook["messages"][0]["texts"].pop("en")
    playbook["messages"][1]["texts"]["de"] = "Nein"
    playbook["steps"][0]["dew"] = "T+5m"
    assert len(list(validator.iter_errors(playbook))) >= 3


def test_the_schema_takes_a_block_and_names_its_faults():
    validator = jsonschema.Draft202012Validator(json_schema())
    block = {
        "block": "small",
        "version": 1,
        "title": {"nl": "a", "en": "b"},
        "purpose": {"nl": "a", "en": "b"},
        "changes": [{"nl": "a", "en": "b"}],
    }

    assert list(validator.iter_errors(block)) == []
    assert len(list(validator.iter_errors({**block, "phases": []}))) == 1


def test_the_schema_takes_the_whole_language():
    validator = jsonschema.Draft202012Validator(json_schema())

    assert list(validator.iter_errors(msgspec.json.decode(canonical(read(RICH, FILENAME))))) == []


# --- The worst case


def test_every_placeholder_has_a_longest_filling():
    assert set(LONGEST) == set(texts.PLACEHOLDERS)


def test_the_worst_case_holds_the_exercise_word_and_every_filling():
    assert worst_case("Bel {phone}.") == "OEFENING. Bel " + "x" * LONGEST["phone"] + "."


# --- What ships


def test_all_shipped_playbooks_are_checked_within_two_seconds():
    sources = [(path, path.read_bytes()) for path in SHIPPED]
    started = time.process_time()

    faults = [fault for path, source in sources for fault in check(source, str(path), BLOCKS)]

    assert [str(fault) for fault in faults if fault.severity == "error"] == []
    assert time.process_time() - started < 2
