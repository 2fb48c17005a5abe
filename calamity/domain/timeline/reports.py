"""What can happen to the situation report."""

from calamity.domain.timeline.body import Body, Count, Sha256


class ReportReleased(Body, frozen=True, tag="report-released"):
    """A person released a version of the situation report; the hash holds its words fast."""

    number: Count
    sha256: Sha256
