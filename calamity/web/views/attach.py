"""The page that puts a file on the timeline."""

from msgspec import Struct

from calamity.web.views.frame import Form


class AttachPage(Struct, frozen=True, forbid_unknown_fields=True):
    """The form that puts a file on the timeline, for who may."""

    calamity: str
    title: str
    most_mb: int
    is_allowed: bool = True
    closed: bool = False
    form: Form = Form()
