"""The body of an entry: what all happenings have in common."""

from datetime import datetime
from typing import Annotated

from msgspec import Meta, Struct

Text = Annotated[str, Meta(min_length=1, max_length=4000)]
Sentence = Annotated[str, Meta(min_length=1, max_length=400)]
Count = Annotated[int, Meta(ge=0)]
AwareTime = Annotated[datetime, Meta(tz=True)]
Sha256 = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$")]


class Body(Struct, frozen=True, forbid_unknown_fields=True, tag_field="type"):
    """The body of an entry: refuses fields that it does not know."""
