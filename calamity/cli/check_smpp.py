"""The check of `calamity doctor` on the SMSC of the second route."""

from typing import Literal

from calamity.cli.finding import Finding
from calamity.domain.errors import Unavailable
from calamity.gateways.smpp import BindRefused, smpp_account_of, try_bind
from calamity.settings import Settings

_WHAT = "carrier: smpp"


async def check_smpp(settings: Settings) -> Finding:
    """Bind once, as one who only sends, so that no reply comes here instead of to the worker."""
    account = smpp_account_of(settings)
    try:
        await try_bind(account)
    except BindRefused as error:
        cure = (
            "Check CALAMITY_SMPP_SYSTEM_ID and CALAMITY_SMPP_PASSWORD; ask the provider whether "
            "our address is allowed, and whether we may bind as often as there are workers and "
            "once more."
        )
        return Finding(_WHAT, "fault", f"the SMSC refuses us (status {error.status:#x})", cure)
    except Unavailable as error:
        cure = (
            "Check CALAMITY_SMPP_HOST, CALAMITY_SMPP_PORT and CALAMITY_SMPP_TLS, and the way out "
            "to the provider."
        )
        return Finding(_WHAT, "fault", error.message, cure)
    if account.is_tls:
        return Finding(_WHAT, "ok", "the SMSC lets us in, over TLS")
    state: Literal["ok", "warning"] = "warning" if settings.env == "production" else "ok"
    cure = "Let a private line protect it, or set CALAMITY_SMPP_TLS to verified."
    found = "the SMSC lets us in; the password and the texts travel in the open"
    return Finding(_WHAT, state, found, cure if state == "warning" else "")
