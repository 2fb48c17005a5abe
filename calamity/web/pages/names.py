"""The names of colleagues: rows know a login, people read a name."""

from calamity.store.accounts import list_users
from calamity.store.database import Session

Names = dict[str, str]


async def names_of(session: Session, municipality_id: str) -> Names:
    """Return the names of everyone with an account, by login."""
    return {user.login: user.name for user in await list_users(session, municipality_id)}
