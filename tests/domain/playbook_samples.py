"""A small playbook that has no fault, to break in tests, and one that uses the whole language."""

FILENAME = "playbooks/small/v1.yaml"
SMALL = """\
slug: small
version: 1
scenario: rumour
title: { nl: Klein, en: Small }
purpose: { nl: Een klein draaiboek., en: A small playbook. }
limits:
  we_do: [{ nl: Luisteren, en: Listen }]
  we_do_not: [{ nl: Opsporen, en: Investigate }]
roles:
  - code: LEI
    title: { nl: teamleider, en: team leader }
    task: { nl: Leidt., en: Leads. }
  - code: NET
    title: { nl: netwerkbeheerder, en: network keeper }
    task: { nl: Kent mensen., en: Knows people. }
phases:
  - code: acute
    title: { nl: Eerste dag, en: First day }
  - code: later
    title: { nl: Daarna, en: After that }
    starts: T+1d
audiences:
  - code: friends
    title: { nl: Sleutelfiguren, en: Key figures }
    of: key-figures
  - code: street
    title: { nl: Professionals, en: Professionals }
    of: professionals
messages:
  - code: T1
    kind: action
    texts:
      nl: "Kom je? 1 = ja, 2 = nee, 3 = later. Rol: {role}"
      en: "Coming? 1 = yes, 2 = no, 3 = later. Role: {role}"
  - code: K1
    kind: give
    texts:
      nl: "We leven mee. Bel {phone}. {sender}"
      en: "We feel with you. Call {phone}. {sender}"
  - code: K4
    kind: ask
    valid_for: 2h
    texts:
      nl: "Sfeer? 1 = rustig, 5 = onveilig, 0 = geen idee. Het hoeft niet. Geen namen.
        {phone} {sender}"
      en: "Mood? 1 = calm, 5 = unsafe, 0 = no view. It is voluntary. No names. {phone} {sender}"
  - code: P1
    kind: give
    texts:
      nl: "Feiten: {link}"
      en: "Facts: {link}"
  - code: P6
    kind: ask
    valid_for: 2h
    texts:
      nl: "Vul in: {link}"
      en: "Fill in: {link}"
steps:
  - code: S1
    phase: acute
    title: { nl: Oproepen, en: Call out }
    role: LEI
    due: T+5m
    automatic: true
    act:
      kind: call-out
      roles: [LEI, NET]
      quota: 2
      message: T1
      reminder: T1
      deputy: T1
      enough: T1
  - code: S2
    phase: acute
    title: { nl: Brengen, en: Give }
    role: NET
    due: T+1h
    act: { kind: dispatch, audience: friends, message: K1 }
  - code: S3
    phase: acute
    title: { nl: Feiten, en: Facts }
    role: NET
    due: T+1h
    act: { kind: dispatch, audience: street, message: P1 }
  - code: S4
    phase: later
    title: { nl: Vragen, en: Ask }
    role: NET
    start: T+25h
    due: T+28h
    act:
      kind: round
      audiences: [friends, street]
      message: K4
      form: P6
      closes_after: 2h
  - code: S5
    phase: later
    title: { nl: Terugvertellen, en: Tell back }
    role: NET
    start: T+3d
    due: T+4d
    act:
      kind: dispatch
      audience: friends
      message: K1
  - code: S6
    phase: later
    title: { nl: Terugvertellen, en: Tell back }
    role: NET
    start: T+3d
    due: T+4d
    act:
      kind: dispatch
      audience: street
      message: P1
changes:
  - { nl: Eerste versie., en: First version. }
"""

# Steps that use what SMALL does not.
_MORE_STEPS = """\
  - code: S7
    phase: acute
    title: { nl: Overleg, en: Meeting }
    role: LEI
    start: acute + 1h
    due: S2 + 2h
    when: level >= 1 and (sorrow or not sure) and phase = acute
    cards: [talk]
    act:
      kind: meeting
      points: [{ nl: Het beeld, en: The picture }]
  - code: S8
    phase: acute
    title: { nl: Besluiten, en: Decide }
    role: LEI
    due: T+0m @ 17:00
    start: T+0m
    act:
      kind: decision
      question: { nl: Gaan we door?, en: Do we go on? }
      options: [{ nl: ja, en: yes }, { nl: nee, en: no }]
  - code: S9
    phase: acute
    title: { nl: Feitenkaart, en: Fact card }
    role: NET
    due: T+6h
    when: S8 = 1
    repeat: { at: ["09:00", "17:00"], until: later }
    act:
      kind: fact-card
      we_know: [{ nl: Er is iets gebeurd., en: Something happened. }]
  - code: S10
    phase: later
    title: { nl: Geruchten, en: Rumours }
    role: NET
    who: partner
    due: T+2d
    repeat: { every: 12h, until: T+3d }
    act: { kind: rumour-list, owner_within: 2h }
  - code: S11
    phase: later
    title: { nl: Een jaar later, en: A year later }
    role: LEI
    start: T + 1y - 30d @ 10:00
    due: T + 1y
    act: { kind: measure, what: { nl: Een boom, en: A tree }, lasts: 3d }
"""
_MORE = """\
triggers:
  - { nl: Er gaat een gerucht., en: There is a rumour. }
questions:
  - code: sorrow
    text: { nl: Is er verdriet?, en: Is there sorrow? }
  - code: sure
    text: { nl: Staat het vast?, en: Is it certain? }
levels:
  - { level: 1, when: sorrow or threat >= 4 }
  - { level: 2, when: sorrow and not sure, unknown: "yes" }
stop:
  - code: calm
    text: { nl: Het is rustig., en: It is calm. }
cards:
  - code: talk
    kind: conversation
    title: { nl: Praatstok, en: Talking stick }
    purpose: { nl: Iedereen komt aan het woord., en: Everyone gets to speak. }
    minutes: 60
    sections:
      - heading: { nl: Begin, en: Begin }
        lines: [{ nl: Ga in een kring zitten., en: Sit in a circle. }]
review_days: 7
"""
RICH = (
    SMALL.replace("changes:\n", _MORE_STEPS + "changes:\n")
    .replace("    task: { nl: Leidt., en: Leads. }", "    task: { nl: Leidt., en: Leads. }\n"
             "    not_with: [NET]")
    .replace("    task: { nl: Kent mensen., en: Knows people. }",
             "    task: { nl: Kent mensen., en: Knows people. }\n    not_with: [LEI]")
    .replace('      en: "Facts: {link}"\n', """\
      en: "Facts: {link}"
      tr: "Bilgi: {link}"
    for_audience:
      street:
        nl: "Voor uw werk: {link}"
        en: "For your work: {link}"
    to_be_checked: [tr]
""")
    + _MORE
)  # fmt: skip


def line_of(text: str, within: str) -> int:
    """Return the line on which *text* ends."""
    return within[: within.index(text) + len(text.rstrip("\n"))].count("\n") + 1
