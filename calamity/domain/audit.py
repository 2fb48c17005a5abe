"""What the privacy officer can see afterwards: who looked at whom and why, and who let whom in."""

from enum import StrEnum

from msgspec import Struct

from calamity.domain.permissions import Actor, UserRole


class Deed(StrEnum):
    """What somebody did."""

    SAW_PEOPLE = "saw-people"
    """Looked at names or numbers of key figures."""
    SAW_LETTERS = "saw-letters"
    """Read texts that key figures wrote."""
    TOOK_FILE = "took-file"
    """Downloaded a file of the timeline."""
    CHANGED_PERSON = "changed-person"
    WROTE_AS_SECOND = "wrote-as-second"
    """Wrote to a key figure whom a colleague knows."""
    BROKE_GLASS = "broke-glass"
    ENDED_GLASS = "ended-glass"
    JUDGED_GLASS = "judged-glass"
    MADE_ACCOUNT = "made-account"
    CLOSED_ACCOUNT = "closed-account"
    CHANGED_ROLE = "changed-role"
    ENDED_SESSIONS = "ended-sessions"
    ADDED_FACTOR = "added-factor"
    REMOVED_FACTOR = "removed-factor"
    MADE_RECOVERY_CODES = "made-recovery-codes"
    EXPORTED_AUDIT = "exported-audit"


class Ground(StrEnum):
    """Why somebody may look, as the system knows it."""

    OWN_PEOPLE = "own-people"
    """The contact person looks after these key figures."""
    NETWORK = "network"
    """The role keeps the network of key figures."""
    CALAMITY = "calamity"
    """The role steers a calamity that is open."""
    TIMELINE = "timeline"
    """The role may read this line of the timeline."""
    BREAK_GLASS = "break-glass"
    """The rights of a coordinator were taken, with a reason of one's own."""
    ADMINISTRATION = "administration"
    OWN_ACCOUNT = "own-account"
    PROVIDER = "provider"
    """The provider of the municipality says so at the sign-in."""
    SUPERVISION = "supervision"


_GROUNDS = {
    UserRole.CONTACT_PERSON: Ground.OWN_PEOPLE,
    UserRole.NETWORK_MANAGER: Ground.NETWORK,
    UserRole.COORDINATOR: Ground.CALAMITY,
}


def ground_of(actor: Actor) -> Ground:
    """Return why this actor may look at key figures."""
    if actor.is_break_glass:
        return Ground.BREAK_GLASS
    return _GROUNDS.get(actor.role, Ground.ADMINISTRATION)


class AuditLine(Struct, frozen=True, omit_defaults=True):
    """One line; *about* holds ids of people or accounts, at most so many as a page shows."""

    deed: Deed
    ground: Ground
    about: tuple[str, ...] = ()
    many: int = 0
    where: str = ""
    """The page or the call, by name."""
    calamity_id: str | None = None
    reason: str | None = None
    """What this person wrote as the reason, where one was asked."""
