"""What the page about accessibility says that differs per installation."""

from datetime import datetime

from msgspec import Struct


class Accessibility(Struct, frozen=True, forbid_unknown_fields=True):
    """The statement; without a *contact* it says who must still name one."""

    stated: datetime
    contact: str = ""

    @property
    def contact_link(self) -> str:
        """Where the contact leads: to mail, or to the phone."""
        return (
            f"mailto:{self.contact}"
            if "@" in self.contact
            else "tel:" + self.contact.replace(" ", "").replace("-", "")
        )
