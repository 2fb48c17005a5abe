"""What can happen when officials want to hear more than the page says."""

from calamity.domain.timeline.body import Body, Sentence


class UpdateRequested(Body, frozen=True, tag="update-requested"):
    """Somebody who follows the officials' page asked for an update; *by* is an account."""

    words: Sentence | None = None
    """What this person wants to know, where it was said."""
    by: str | None = None


class UpdateAnswered(Body, frozen=True, tag="update-answered"):
    """A request was answered with words; new sentences on the page answer all by themselves."""

    refers_to: int
    text: Sentence
