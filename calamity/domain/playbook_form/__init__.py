"""Playbooks as forms: each part of a document by its types, and filled in again."""

from calamity.domain.playbook_form.field import Field, Names, Option, refers_to
from calamity.domain.playbook_form.filled import filled
from calamity.domain.playbook_form.form import Form, form_of
from calamity.domain.playbook_form.meeting import Meeting, meetings, together
from calamity.domain.playbook_form.moves import Move, moved
from calamity.domain.playbook_form.outline import Entry, Group, block_parts, outline_of
from calamity.domain.playbook_form.parts import (
    Path,
    is_general,
    path_of,
    place_of,
    value_at,
    written_path,
)
from calamity.domain.playbook_form.renaming import renamed

__all__ = [
    "Entry",
    "Field",
    "Form",
    "Group",
    "Meeting",
    "Move",
    "Names",
    "Option",
    "Path",
    "block_parts",
    "filled",
    "form_of",
    "is_general",
    "meetings",
    "moved",
    "outline_of",
    "path_of",
    "place_of",
    "refers_to",
    "renamed",
    "together",
    "value_at",
    "written_path",
]
