"""Who may do what: one table, deny by default."""

from enum import StrEnum

from msgspec import Struct

from calamity.domain.errors import Forbidden
from calamity.domain.timeline import Visibility


class UserRole(StrEnum):
    """What an account is for; one per account."""

    COORDINATOR = "coordinator"
    RESPONDER = "responder"
    CONTACT_PERSON = "contact-person"
    PROFESSIONAL = "professional"
    OFFICIAL = "official"
    ADMINISTRATOR = "administrator"
    NETWORK_MANAGER = "network-manager"
    PRIVACY_OFFICER = "privacy-officer"
    INFORMATION_MANAGER = "information-manager"


class Permission(StrEnum):
    """One thing that a role may do."""

    SEE_PLAYBOOKS = "see-playbooks"
    PUBLISH = "publish"
    APPROVE = "approve"
    ACTIVATE = "activate"
    SEE_CALAMITIES = "see-calamities"
    SEE_ROOM = "see-room"
    STEER = "steer"
    """Set levels and phase, call out, dispatch, open and close rounds, close the calamity."""
    WORK_TASKS = "work-tasks"
    WRITE_ENTRIES = "write-entries"
    ATTACH = "attach"
    """Put files on the timeline; of the rapid team only who keeps it does."""
    SEE_TIMELINE = "see-timeline"
    EXPORT_TIMELINE = "export-timeline"
    ERASE = "erase"
    SEE_OFFICIALS_PAGE = "see-officials-page"
    REQUEST_UPDATE = "request-update"
    """Ask the team for an update, while following the officials' page."""
    WRITE_REPORT = "write-report"
    """Write in the draft of the situation report."""
    RELEASE_REPORT = "release-report"
    READ_REPLIES = "read-replies"
    """Read and handle the texts of the key figures whom one knows oneself."""
    SEE_UNKNOWN_NUMBERS = "see-unknown-numbers"
    CHECK_IN = "check-in"
    SEE_NEIGHBOURHOODS = "see-neighbourhoods"
    SEE_PEOPLE = "see-people"
    SEE_KEY_FIGURES = "see-key-figures"
    """See who the key figures are, by name and without a number."""
    WRITE_AS_SECOND = "write-as-second"
    """Write to a key figure whom a colleague knows, with a reason."""
    IMPORT = "import"
    MANAGE_ACCOUNTS = "manage-accounts"
    TRUST_KEYS = "trust-keys"
    """Say whose signature on a bundle of playbooks is to be trusted."""
    SEE_QUARANTINE = "see-quarantine"
    """See what the carrier told us and does not fit."""
    BREAK_GLASS = "break-glass"
    """Take the rights of a coordinator for an hour, with a reason, when nobody else is there."""
    JUDGE_BREAK_GLASS = "judge-break-glass"
    """Be warned when a colleague does so, and say that it was looked into."""
    SEE_AUDIT = "see-audit"
    """See who looked at whose data, when and why."""


_P = Permission
_TABLE: dict[UserRole, frozenset[Permission]] = {
    UserRole.COORDINATOR: frozenset(
        {
            _P.SEE_PLAYBOOKS, _P.PUBLISH, _P.APPROVE, _P.ACTIVATE, _P.SEE_CALAMITIES, _P.SEE_ROOM,
            _P.STEER, _P.WORK_TASKS, _P.WRITE_ENTRIES, _P.SEE_TIMELINE, _P.EXPORT_TIMELINE,
            _P.ERASE, _P.SEE_OFFICIALS_PAGE, _P.SEE_UNKNOWN_NUMBERS, _P.SEE_NEIGHBOURHOODS,
            _P.SEE_PEOPLE, _P.SEE_KEY_FIGURES, _P.IMPORT, _P.JUDGE_BREAK_GLASS, _P.WRITE_REPORT,
            _P.RELEASE_REPORT, _P.ATTACH,
        }
    ),
    UserRole.RESPONDER: frozenset(
        {
            _P.SEE_PLAYBOOKS, _P.SEE_CALAMITIES, _P.SEE_ROOM, _P.WORK_TASKS, _P.WRITE_ENTRIES,
            _P.SEE_TIMELINE, _P.SEE_NEIGHBOURHOODS, _P.BREAK_GLASS, _P.WRITE_REPORT,
            _P.ATTACH,
        }
    ),
    UserRole.CONTACT_PERSON: frozenset(
        {
            _P.SEE_PLAYBOOKS, _P.SEE_CALAMITIES, _P.READ_REPLIES, _P.WRITE_ENTRIES,
            _P.SEE_TIMELINE, _P.SEE_NEIGHBOURHOODS, _P.BREAK_GLASS,
        }
    ),
    UserRole.PROFESSIONAL: frozenset({_P.CHECK_IN}),
    UserRole.OFFICIAL: frozenset(
        {
            _P.SEE_PLAYBOOKS, _P.APPROVE, _P.SEE_CALAMITIES, _P.SEE_TIMELINE,
            _P.SEE_OFFICIALS_PAGE, _P.REQUEST_UPDATE, _P.SEE_NEIGHBOURHOODS, _P.BREAK_GLASS,
        }
    ),
    UserRole.ADMINISTRATOR: frozenset(
        {
            _P.SEE_PLAYBOOKS, _P.PUBLISH, _P.APPROVE, _P.SEE_NEIGHBOURHOODS, _P.SEE_PEOPLE,
            _P.IMPORT, _P.MANAGE_ACCOUNTS, _P.TRUST_KEYS, _P.SEE_UNKNOWN_NUMBERS,
            _P.SEE_QUARANTINE, _P.BREAK_GLASS, _P.JUDGE_BREAK_GLASS,
        }
    ),
    UserRole.NETWORK_MANAGER: frozenset(
        {
            _P.SEE_PLAYBOOKS, _P.SEE_CALAMITIES, _P.SEE_NEIGHBOURHOODS, _P.SEE_PEOPLE,
            _P.SEE_KEY_FIGURES, _P.WRITE_AS_SECOND, _P.IMPORT, _P.SEE_UNKNOWN_NUMBERS,
            _P.BREAK_GLASS,
        }
    ),
    UserRole.PRIVACY_OFFICER: frozenset(
        {_P.SEE_PLAYBOOKS, _P.JUDGE_BREAK_GLASS, _P.SEE_AUDIT}
    ),
    UserRole.INFORMATION_MANAGER: frozenset(
        {
            _P.SEE_PLAYBOOKS, _P.SEE_CALAMITIES, _P.SEE_TIMELINE, _P.EXPORT_TIMELINE,
            _P.SEE_NEIGHBOURHOODS,
        }
    ),
}  # fmt: skip

_SEES: dict[UserRole, tuple[Visibility, ...]] = {
    UserRole.COORDINATOR: (Visibility.COORDINATORS, Visibility.TEAM, Visibility.OFFICIALS),
    UserRole.RESPONDER: (Visibility.TEAM, Visibility.OFFICIALS),
    UserRole.CONTACT_PERSON: (Visibility.TEAM, Visibility.OFFICIALS),
    UserRole.OFFICIAL: (Visibility.OFFICIALS,),
    UserRole.INFORMATION_MANAGER: (Visibility.TEAM, Visibility.OFFICIALS),
}


def allows(role: UserRole, permission: Permission) -> bool:
    """Say whether the table allows this to a role."""
    return permission in _TABLE[role]


class Actor(Struct, frozen=True):
    """Who acts: a person with an account, a program with a token, or the system itself."""

    municipality_id: str
    login: str
    role: UserRole
    user_id: str | None = None
    recipient_id: str | None = None
    is_break_glass: bool = False
    """Whether the role was taken by breaking the glass, and is not this person's own."""

    def may(self, permission: Permission) -> bool:
        """Say whether the table allows this."""
        return allows(self.role, permission)

    def must(self, permission: Permission) -> None:
        """Raise Forbidden unless the table allows this."""
        if not self.may(permission):
            raise Forbidden(
                f"The role {self.role} may not do this ({permission}). Ask an administrator for "
                "an account with another role."
            )

    @property
    def sees(self) -> tuple[Visibility, ...]:
        """Which timeline entries this role may read."""
        return _SEES.get(self.role, ())
