"""Of whom a second step is asked when they sign in with a password."""

from typing import Literal

from calamity.domain.permissions import Permission, UserRole, allows

Rule = Literal["offered", "activate", "all"]


def is_asked_of(role: UserRole, rule: Rule) -> bool:
    """Say whether an account in this role needs a second step."""
    match rule:
        case "all":
            return True
        case "activate":
            return allows(role, Permission.ACTIVATE)
    return False
