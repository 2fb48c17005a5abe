"""Forms: what was sent, as a struct, with every fault beside its field and nothing lost.

Bodies are read here and not by Litestar's parser, which keeps the last thousand bodies in a cache.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar
from urllib.parse import parse_qsl

import msgspec
from litestar import Request
from litestar.datastructures import UploadFile
from litestar.exceptions import HTTPException
from msgspec import inspect
from msgspec.structs import fields

from calamity.domain.errors import CalamityError, Refused
from calamity.web.language import Language
from calamity.web.refusals import said
from calamity.web.sentences import N_
from calamity.web.views.frame import Form

TOKEN = "_csrf_token"  # noqa: S105 - the name of a field
LARGEST_FORM = 64 * 1024
LARGEST_UPLOAD = 20_500_000  # a file of 20 MB and the form around it
_MOST_FIELDS = 500
_TOO_LARGE = 413
_WRITTEN = re.compile(r"[0-9]{1,9}")
"""What every database holds as a number; other alphabets have digits that int() does not read."""

PageRequest = Request[Any, Any, Any]
Sent = dict[str, list[str]]
T = TypeVar("T", bound=msgspec.Struct)


async def form_of(request: PageRequest) -> Sent:
    """Return the fields of a form, in order; files are left to `upload_of`."""
    if request.content_type[0] == "multipart/form-data":
        return await _fields_of_upload(request)
    body = await request.body()
    if len(body) > LARGEST_FORM:
        raise HTTPException(status_code=_TOO_LARGE, detail="The form is too large.")
    try:
        pairs = parse_qsl(
            body.decode(), keep_blank_values=True, errors="strict", max_num_fields=_MOST_FIELDS
        )
    except ValueError as error:
        raise Refused("This form cannot be read. Open the page again.") from error
    sent: Sent = {}
    for name, value in pairs:
        sent.setdefault(name, []).append(value.replace("\x00", ""))
    return sent


def number_in(written: str) -> int | None:
    """Read a whole number that our own page wrote; None for anything else somebody sends."""
    return int(written) if _WRITTEN.fullmatch(written) else None


async def _fields_of_upload(request: PageRequest) -> Sent:
    form = await request.form()
    sent: Sent = {}
    for name, value in form.multi_items():
        if isinstance(value, str) and len(value) <= LARGEST_FORM:
            sent.setdefault(name, []).append(value)
    return sent


async def upload_of(request: PageRequest, field: str) -> tuple[str, bytes]:
    """Return (name, content) of an uploaded file. Raises Refused when none was chosen."""
    if request.content_type[0] != "multipart/form-data":
        raise Refused("Choose a file first.", field=field)
    file = (await request.form()).get(field)
    if not isinstance(file, UploadFile) or not file.filename:
        raise Refused("Choose a file first.", field=field)
    name = re.split(r"[/\\]", file.filename)[-1][:120]
    return name, await file.read()


def parse_form(
    struct: type[T], sent: Mapping[str, Sequence[str]], language: Language
) -> tuple[T | None, Form]:
    """Return the struct that a form holds, or None, and the form with all its faults.

    Blank fields count as absent; a bool is a ticked box; list fields take every value. Fields that
    the struct does not know are refused, except for the token.
    """
    form = typed_in(sent)
    values: dict[str, Any] = {}
    errors: dict[str, str] = {}
    rest = {name for name, given in sent.items() if any(given)} - {TOKEN}
    for field in fields(struct):
        rest.discard(field.encode_name)
        value = _value(inspect.type_info(field.type), sent.get(field.encode_name, ()))
        if value is None:
            if field.required:
                errors[field.encode_name] = language.text("Fill this in.")
            continue
        try:
            values[field.name] = msgspec.convert(value, field.type, strict=False)
        except msgspec.ValidationError as error:
            errors[field.encode_name] = _words_for(str(error), language)
    if rest:
        raise Refused("This form holds a field that does not belong there. Open the page again.")
    if errors:
        return None, Form(form.values, form.chosen, errors)
    return struct(**values), form


def typed_in(sent: Mapping[str, Sequence[str]]) -> Form:
    """Return what was filled in, to show it again; passwords and the token are left out."""
    shown = {
        name: values
        for name, values in sent.items()
        if name != TOKEN and "password" not in name and values
    }
    return Form(
        values={name: values[-1] for name, values in shown.items()},
        chosen={name: tuple(values) for name, values in shown.items()},
    )


def wrong(
    form: Form,
    error: CalamityError,
    language: Language,
    names: Mapping[str, str] | None = None,
    *,
    at: str = "form",
) -> Form:
    """Return the form with an error beside its field.

    *names* says how the page calls a field of the action; *at* is where an error without one goes.
    """
    field = error.field or at
    field = (names or {}).get(field, field)
    return Form(form.values, form.chosen, {**form.errors, field: said(error, language)})


def _value(kind: inspect.Type, given: Sequence[str]) -> object:
    if isinstance(kind, inspect.BoolType):
        return bool(given and given[-1] not in ("", "0", "no", "false", "off"))
    if isinstance(kind, inspect.ListType | inspect.SetType | inspect.VarTupleType):
        return [value.strip() for value in given if value.strip()]
    value = given[-1].strip().replace("\r\n", "\n") if given else ""
    return value or None


_PROBLEMS = (
    (re.compile(r"length <= (?P<n>\d+)"), N_("Use at most %(n)s characters.")),
    (re.compile(r"length >= (?P<n>\d+)"), N_("Use at least %(n)s characters.")),
    (re.compile(r">= (?P<n>\d+)"), N_("Choose %(n)s or more.")),
    (re.compile(r"<= (?P<n>\d+)"), N_("Choose %(n)s or less.")),
    (re.compile(r"`(int|float)`"), N_("Fill in a number.")),
    (re.compile(r"enum value"), N_("Choose one of the answers.")),
)


def _words_for(problem: str, language: Language) -> str:
    """Say in a person's words what msgspec found; the value itself is not repeated."""
    for pattern, words in _PROBLEMS:
        if found := pattern.search(problem):
            return language.text(words, **found.groupdict())
    return language.text("This cannot be read. Look at the example.")
