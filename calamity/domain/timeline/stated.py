"""What people write down in their own words: said, said anew, and ended."""

from typing import Literal

from calamity.domain.timeline.body import AwareTime, Body, Sentence, Text

FactPart = Literal["we_know", "we_do_not_know", "we_do", "we_do_not", "you_can"]
Spread = Literal["few", "several", "everywhere"]
Harm = Literal["little", "clear", "grave"]
RumourStatus = Literal["new", "checking", "true", "untrue", "partly", "unknowable"]
MatterKind = Literal["fact", "decision", "rumour", "commitment", "measure"]
Outcome = Literal["withdrawn", "laid-to-rest", "kept", "not-kept", "done", "not-done", "ended"]


class Statement(Body, frozen=True, tag="stated"):
    """Somebody's own words: what is known, thought, decided, told around, promised or done."""

    kind: Literal["interpretation", "fact", "decision", "rumour", "commitment", "measure", "note"]
    text: Text
    text_en: Text | None = None
    """The text in English too, where words of the playbook or of ours are part of it."""
    replaces: int | None = None
    """The first entry of the matter of which this is a later version."""
    why: Text | None = None
    """Why it is said otherwise than before."""
    owner: str | None = None
    due_at: AwareTime | None = None
    part: FactPart | None = None
    """In which part of the fact card a fact stands."""
    spread: Spread | None = None
    """How far a rumour goes round."""
    harm: Harm | None = None
    """How much a rumour hurts people."""
    status: RumourStatus | None = None
    """What is found out about a rumour."""
    answer: Text | None = None
    """What we say to a rumour."""
    told: Sentence | None = None
    """Who was told that, as groups."""
    to: Sentence | None = None
    """To whom something was promised: a circle, a role or a place, never a name."""
    actual_risk: Sentence | None = None
    felt_risk: Sentence | None = None
    ends_at: AwareTime | None = None
    """When a measure ends, unless somebody decides otherwise."""

    def in_language(self, code: str) -> str:
        """Return the text as a reader of this language sees it; a person's words are as written."""
        return self.text_en if code == "en" and self.text_en else self.text


class MatterEnded(Body, frozen=True, tag="matter-ended"):
    """A fact was withdrawn, a promise kept or not, a decision done, a measure ended: and why."""

    kind: MatterKind
    refers_to: int
    outcome: Outcome
    reason: Text
