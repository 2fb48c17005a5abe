"""The pages of a calamity, and those on which people answer it."""

from litestar.types import ControllerRouterHandler

from calamity.web.pages.answer import ANSWERS
from calamity.web.pages.attachments import ATTACHMENTS
from calamity.web.pages.call_list import CALL_LISTS
from calamity.web.pages.call_outs import CALL_OUTS
from calamity.web.pages.check_in import CHECK_INS
from calamity.web.pages.entry import ENTRY
from calamity.web.pages.handover import HANDOVER
from calamity.web.pages.held import HELD
from calamity.web.pages.inbox import INBOX
from calamity.web.pages.matter import MATTER
from calamity.web.pages.matters import MATTERS
from calamity.web.pages.officials import OFFICIALS
from calamity.web.pages.past import PAST
from calamity.web.pages.report import REPORT
from calamity.web.pages.room import ROOM
from calamity.web.pages.rounds import ROUNDS
from calamity.web.pages.tasks import TASKS
from calamity.web.pages.tellings import TELLINGS
from calamity.web.pages.timeline import TIMELINE
from calamity.web.pages.update_requests import UPDATE_REQUESTS
from calamity.web.pages.watch import WATCH

ROOM_PAGES: list[ControllerRouterHandler] = [
    *ROOM,
    *WATCH,
    *HELD,
    *HANDOVER,
    *TASKS,
    *CALL_OUTS,
    *ROUNDS,
    *TIMELINE,
    *ATTACHMENTS,
    *ENTRY,
    *MATTERS,
    *MATTER,
    *TELLINGS,
    *OFFICIALS,
    *PAST,
    *UPDATE_REQUESTS,
    *REPORT,
    *INBOX,
    *ANSWERS,
    *CALL_LISTS,
    *CHECK_INS,
]
