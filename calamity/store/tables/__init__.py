"""Every table: what the service remembers, one file per part of the house.

Rows never leave the store and the actions; structs do.
"""

from calamity.store.tables.accounts import (
    ApiTokenRow,
    AuditRow,
    BreakGlassRow,
    CeremonyRow,
    GlassWarningRow,
    RecoveryCodeRow,
    SecondFactorRow,
    SentFormRow,
    SessionRow,
    UserRow,
)
from calamity.store.tables.calamities import ActivationRow, CalamityRow, TaskRow
from calamity.store.tables.calendars import CalendarLinkRow
from calamity.store.tables.call_outs import CallOutRow, LadderRow
from calamity.store.tables.columns import Moment, from_micros, to_micros
from calamity.store.tables.messages import (
    CodeLockRow,
    DispatchRow,
    LaneRow,
    MessageRow,
    OpenQuestionRow,
    QuarantineRow,
    ReceiptRow,
    ReplyCodeRow,
    ReplyRow,
    SecondWriterRow,
    SweepRow,
)
from calamity.store.tables.municipalities import MunicipalityRow, NeighbourhoodRow
from calamity.store.tables.people import (
    ContactPersonRow,
    DoNotAddRow,
    KeyFigureRow,
    ProfessionalRow,
    RecipientRow,
    ResponderRow,
)
from calamity.store.tables.playbooks import (
    ApprovalRow,
    DraftRow,
    DraftWriterRow,
    ImportRow,
    PersonKeyRow,
    PlaybookVersionRow,
    SignatureRow,
    TrustedKeyRow,
    WithdrawalRow,
)
from calamity.store.tables.reports import ReportDraftRow, ReportRow
from calamity.store.tables.rounds import AskedRow, CheckInRow, PictureRow, RoundRow
from calamity.store.tables.routes import RouteRow
from calamity.store.tables.timeline import EntryBodyRow, EntryFileRow, EntryKeyRow, EntryRow

__all__ = [
    "ActivationRow",
    "ApiTokenRow",
    "ApprovalRow",
    "AskedRow",
    "AuditRow",
    "BreakGlassRow",
    "CalamityRow",
    "CalendarLinkRow",
    "CallOutRow",
    "CeremonyRow",
    "CheckInRow",
    "CodeLockRow",
    "ContactPersonRow",
    "DispatchRow",
    "DoNotAddRow",
    "DraftRow",
    "DraftWriterRow",
    "EntryBodyRow",
    "EntryFileRow",
    "EntryKeyRow",
    "EntryRow",
    "GlassWarningRow",
    "ImportRow",
    "KeyFigureRow",
    "LadderRow",
    "LaneRow",
    "MessageRow",
    "Moment",
    "MunicipalityRow",
    "NeighbourhoodRow",
    "OpenQuestionRow",
    "PersonKeyRow",
    "PictureRow",
    "PlaybookVersionRow",
    "ProfessionalRow",
    "QuarantineRow",
    "ReceiptRow",
    "RecipientRow",
    "RecoveryCodeRow",
    "ReplyCodeRow",
    "ReplyRow",
    "ReportDraftRow",
    "ReportRow",
    "ResponderRow",
    "RoundRow",
    "RouteRow",
    "SecondFactorRow",
    "SecondWriterRow",
    "SentFormRow",
    "SessionRow",
    "SignatureRow",
    "SweepRow",
    "TaskRow",
    "TrustedKeyRow",
    "UserRow",
    "WithdrawalRow",
    "from_micros",
    "to_micros",
]
