"""What the carrier posts to us, kept under its own ids before it gets a 2xx, and read later."""

from calamity.store.inbox.keep import BODY, SENDER, Inbox, known_replies
from calamity.store.inbox.receipts import (
    Moved,
    keep_receipts,
    receipted,
    take_in_receipts,
)
from calamity.store.inbox.replies import (
    Unread,
    answered_after,
    answers_since,
    last_touch,
    mark_read,
    one_reader,
    unread_replies,
)
from calamity.store.inbox.spool import Posted, Spool

__all__ = [
    "BODY",
    "SENDER",
    "Inbox",
    "Moved",
    "Posted",
    "Spool",
    "Unread",
    "answered_after",
    "answers_since",
    "keep_receipts",
    "known_replies",
    "last_touch",
    "mark_read",
    "one_reader",
    "receipted",
    "take_in_receipts",
    "unread_replies",
]
