"""Error pages: what went wrong and what to do, in plain words and without the inside of the house."""

from contextvars import ContextVar
from typing import Any, Literal

import structlog
from litestar import Response

from calamity.store.ids import new_id
from calamity.web.auth import visitor_at_hand
from calamity.web.errors import Problem
from calamity.web.pages.frame import (
    PageRequest,
    bare_frame,
    known_municipality,
    language_of,
    page,
    see_other,
)
from calamity.web.paths import path
from calamity.web.refusals import in_words
from calamity.web.views import frame as views

log = structlog.get_logger(__name__)
