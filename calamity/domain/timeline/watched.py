"""What can happen to a watch."""

from calamity.domain.timeline.body import AwareTime, Body, Count, Text


class WatchBegun(Body, frozen=True, tag="watch-begun"):
    """A person let the rapid team alone begin: nobody else hears from us until the watch ends."""

    reason: Text


class WatchEnded(Body, frozen=True, tag="watch-ended"):
    """A person let the whole playbook start; *steps* were held, and count from this moment."""

    reason: Text
    since: AwareTime
    steps: Count = 0
