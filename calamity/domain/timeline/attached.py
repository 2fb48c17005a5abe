"""A file that somebody put beside the timeline."""

from typing import Literal

from calamity.domain.timeline.body import Body, Count, Sentence, Sha256, Text

FileKind = Literal["pdf", "odt", "txt", "png"]


class Attached(Body, frozen=True, tag="attached"):
    """A file was put on the timeline; the hash holds it fast, and it is erased with this entry.

    Its name is not kept, for it often holds that of a person. Who put it here said that it holds no
    personal data, and in *reason* why it belongs here.
    """

    title: Sentence
    kind: FileKind
    size: Count
    """In bytes."""
    sha256: Sha256
    reason: Text
