"""The pages that people see: one file per noun, behind one guard against forged forms."""

from litestar import Router
from litestar.di import Provide
from litestar.types import ControllerRouterHandler

from calamity.web.auth import need_actor
from calamity.web.pages.accessibility import ACCESSIBILITY
from calamity.web.pages.account import ACCOUNT
from calamity.web.pages.activate import ACTIVATE
from calamity.web.pages.audit import AUDIT
from calamity.web.pages.blocks import BLOCKS
from calamity.web.pages.break_glass import BREAK_GLASS
from calamity.web.pages.calamity_pages import ROOM_PAGES
from calamity.web.pages.calendar import CALENDAR
from calamity.web.pages.cards import CARDS
from calamity.web.pages.carrier import CARRIER
from calamity.web.pages.entrance import ENTRANCE
from calamity.web.pages.factors import FACTORS
from calamity.web.pages.facts import FACTS
from calamity.web.pages.forgery import guard_forms
from calamity.web.pages.forms import LARGEST_FORM
from calamity.web.pages.guide import GUIDE
from calamity.web.pages.neighbourhoods import NEIGHBOURHOODS
from calamity.web.pages.people import PEOPLE
from calamity.web.pages.person import PERSON
from calamity.web.pages.playbook_life import PLAYBOOK_LIFE
from calamity.web.pages.playbook_transfer import PLAYBOOK_TRANSFER
from calamity.web.pages.playbooks import PLAYBOOKS
from calamity.web.pages.previews import PREVIEWS
from calamity.web.pages.provider import PROVIDER
from calamity.web.pages.rehearsal import REHEARSAL
from calamity.web.pages.second_step import SECOND_STEP
from calamity.web.pages.second_writer import SECOND_WRITER
from calamity.web.pages.sign_out import SIGN_OUT
from calamity.web.pages.signals import SIGNALS
from calamity.web.pages.start import START
from calamity.web.pages.studio import STUDIO
from calamity.web.pages.themes import THEMES
from calamity.web.pages.unknown_numbers import UNKNOWN_NUMBERS
from calamity.web.pages.users import USERS

PAGES: list[ControllerRouterHandler] = [
    Router(
        path="/",
        route_handlers=[
            *ENTRANCE,
            *THEMES,
            *SIGNALS,
            *ACCESSIBILITY,
            *GUIDE,
            *PROVIDER,
            *SIGN_OUT,
            *SECOND_STEP,
            *ACCOUNT,
            *FACTORS,
            *BREAK_GLASS,
            *START,
            *CALENDAR,
            *ACTIVATE,
            *PLAYBOOKS,
            *BLOCKS,
            *CARDS,
            *PLAYBOOK_LIFE,
            *PLAYBOOK_TRANSFER,
            *STUDIO,
            *PREVIEWS,
            *REHEARSAL,
            *NEIGHBOURHOODS,
            *PEOPLE,
            *PERSON,
            *SECOND_WRITER,
            *UNKNOWN_NUMBERS,
            *USERS,
            *AUDIT,
            *CARRIER,
            *FACTS,
            *ROOM_PAGES,
        ],
        dependencies={"actor": Provide(need_actor)},
        guards=[guard_forms],
        request_max_body_size=LARGEST_FORM,
        include_in_schema=False,
    )
]
"""All pages, for the composition root."""
