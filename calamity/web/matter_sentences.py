"""What people wrote down, in a sentence: facts, rumours, promises, decisions, measures."""

from collections.abc import Mapping

from calamity.domain import timeline as line
from calamity.web.language import Language


def _fact(it: line.Statement, say: Language) -> str:
    words = {
        "we_know": say.text("What is certain."),
        "we_do_not_know": say.text("What we do not know."),
        "we_do": say.text("What we do."),
        "we_do_not": say.text("What we do not do."),
        "you_can": say.text("What people can do."),
    }
    return words[it.part or "we_know"]


def statement(it: line.Statement, say: Language, names: Mapping[str, str]) -> str:
    """Say what kind of entry this is, and all that belongs to it; its text comes below."""
    words = {
        "interpretation": say.text("How we read it."),
        "fact": _fact(it, say),
        "decision": say.text("Decided."),
        "rumour": say.text("Heard, not checked."),
        "commitment": say.text("Promised."),
        "measure": say.text("Measure."),
        "note": say.text("Noted."),
    }[it.kind]
    rest = [say.text("New words for line %(n)s.", n=it.replaces)] if it.replaces else []
    return " ".join([words, *rest, *particulars(it, say, names)])


def particulars(it: line.Statement, say: Language, names: Mapping[str, str]) -> list[str]:
    """Say all that belongs to a statement besides its kind and its text."""
    rest = []
    if it.to:
        rest.append(say.text("To: %(who)s.", who=it.to.rstrip(".")))
    if it.owner:
        rest.append(say.text("Owner: %(owner)s.", owner=names.get(it.owner, it.owner)))
    if it.due_at:
        rest.append(say.text("Before %(moment)s.", moment=say.moment(it.due_at)))
    return rest + _rest_of(it, say)


def _rest_of(it: line.Statement, say: Language) -> list[str]:
    words = []
    if it.spread is not None:
        spread = {
            "few": say.text("Heard once or twice."),
            "several": say.text("Heard more often."),
            "everywhere": say.text("Heard everywhere."),
        }
        words.append(spread[it.spread])
    if it.harm is not None:
        harm = {
            "little": say.text("It hurts hardly anybody."),
            "clear": say.text("It hurts people."),
            "grave": say.text("It hurts people badly."),
        }
        words.append(harm[it.harm])
    if it.status is not None and it.status != "new":
        status = {
            "checking": say.text("It is being checked."),
            "true": say.text("It is true."),
            "untrue": say.text("It is not true."),
            "partly": say.text("It is partly true."),
            "unknowable": say.text("Nobody can find out."),
        }
        words.append(status[it.status])
    if it.answer:
        words.append(say.text("Our answer: %(answer)s", answer=it.answer))
    if it.told:
        words.append(say.text("Told: %(who)s.", who=it.told.rstrip(".")))
    if it.actual_risk:
        words.append(say.text("Actual risk: %(risk)s.", risk=it.actual_risk.rstrip(".")))
    if it.felt_risk:
        words.append(say.text("Felt risk: %(risk)s.", risk=it.felt_risk.rstrip(".")))
    if it.ends_at:
        words.append(say.text("Ends %(moment)s.", moment=say.moment(it.ends_at).rstrip(".")))
    if it.why:
        words.append(say.text("Why: %(why)s.", why=it.why.rstrip(".")))
    return words


def matter_ended(it: line.MatterEnded, say: Language, names: Mapping[str, str]) -> str:
    """Say how a matter ended; the reason comes below."""
    words = {
        "withdrawn": say.text("Withdrawn: line %(n)s.", n=it.refers_to),
        "laid-to-rest": say.text("Laid to rest: line %(n)s.", n=it.refers_to),
        "kept": say.text("Promise kept: line %(n)s.", n=it.refers_to),
        "not-kept": say.text("Promise not kept: line %(n)s.", n=it.refers_to),
        "done": say.text("Done: line %(n)s.", n=it.refers_to),
        "not-done": say.text("Not done: line %(n)s.", n=it.refers_to),
        "ended": say.text("Ended: line %(n)s.", n=it.refers_to),
    }
    return words[it.outcome]
