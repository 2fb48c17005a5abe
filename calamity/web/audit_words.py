"""What somebody did and why they may, in words for the audit."""

from calamity.domain.audit import Deed, Ground
from calamity.web.language import Language
from calamity.web.sentences import N_

_DEEDS = {
    Deed.SAW_PEOPLE: N_("looked at key figures"),
    Deed.SAW_LETTERS: N_("read texts of key figures"),
    Deed.TOOK_FILE: N_("downloaded a file of the timeline"),
    Deed.CHANGED_PERSON: N_("changed how somebody is reached"),
    Deed.WROTE_AS_SECOND: N_("wrote to the key figure of a colleague"),
    Deed.BROKE_GLASS: N_("took the rights of a coordinator"),
    Deed.ENDED_GLASS: N_("gave those rights back"),
    Deed.JUDGED_GLASS: N_("looked into taken rights"),
    Deed.MADE_ACCOUNT: N_("made an account"),
    Deed.CLOSED_ACCOUNT: N_("closed an account"),
    Deed.CHANGED_ROLE: N_("got another role"),
    Deed.ENDED_SESSIONS: N_("signed a colleague out"),
    Deed.ADDED_FACTOR: N_("added a second step"),
    Deed.REMOVED_FACTOR: N_("took a second step away"),
    Deed.MADE_RECOVERY_CODES: N_("made recovery codes"),
    Deed.EXPORTED_AUDIT: N_("took the audit as a file"),
}
_GROUNDS = {
    Ground.OWN_PEOPLE: N_("their own contact person"),
    Ground.NETWORK: N_("keeps the network"),
    Ground.CALAMITY: N_("steers an open calamity"),
    Ground.TIMELINE: N_("may read this line of the timeline"),
    Ground.BREAK_GLASS: N_("took the rights of a coordinator, with a reason"),
    Ground.ADMINISTRATION: N_("administration"),
    Ground.OWN_ACCOUNT: N_("own account"),
    Ground.PROVIDER: N_("the work account says so"),
    Ground.SUPERVISION: N_("supervision"),
}


def deed_in_words(deed: Deed, language: Language) -> str:
    """Say what was done."""
    return language.text(_DEEDS[deed])


def ground_in_words(ground: Ground, language: Language) -> str:
    """Say why it may be."""
    return language.text(_GROUNDS[ground])
