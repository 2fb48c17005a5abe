"""A sheet to fill in: a file of people with a line for everyone who is still missing."""

import csv
import io
from collections.abc import Iterable, Mapping
from types import MappingProxyType

from calamity.domain.people_columns import COLUMNS
from calamity.domain.playbook import Group

_SHOWN = (
    "kind", "name", "phone", "email", "language", "role", "rank", "neighbourhood", "circle",
    "contact_person", "agreed_on", "asks", "organisation",
)  # fmt: skip
_LINES: Mapping[Group, Mapping[str, str]] = MappingProxyType(
    {
        Group.CONTACT_PERSONS: {"kind": "contactpersoon"},
        Group.KEY_FIGURES: {"kind": "sleutelfiguur", "asks": "ja"},
        Group.PROFESSIONALS: {"kind": "professional", "organisation": "gemeente"},
    }
)


def sheet(roles: Iterable[str], groups: Iterable[Group]) -> str:
    """Return a file of people for a spreadsheet: what is known stands in it, the rest is blank.

    *roles* are the codes that lack somebody, once for each person; *groups* those without anybody.
    """
    out = io.StringIO()
    # What spreadsheets need to see that it is UTF-8, and to put each field in a column here.
    out.write("\ufeff")
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerow(COLUMNS[column][0] for column in _SHOWN)
    known = [{"kind": "snelteam", "role": role, "rank": "1"} for role in roles]
    known += [dict(_LINES[group]) for group in _LINES if group in set(groups)]
    for line in known:
        writer.writerow((line | {"language": "nl"}).get(column, "") for column in _SHOWN)
    return out.getvalue()
