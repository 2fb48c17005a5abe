"""The check of `calamity doctor` on the mail server: as far as an e-mail, and without one."""

from calamity.cli.finding import Finding
from calamity.gateways.mail import MailCarrier, mail_server_of
from calamity.settings import Settings

_WHAT = "mail server"
_PATIENCE_SECONDS = 5.0


async def check_mail(settings: Settings) -> Finding:
    """Open the line, encrypt it and sign in as for a real e-mail, and hang up."""
    if not settings.smtp_host:
        cure = "Set CALAMITY_SMTP_HOST, so that who answers no text and no call gets an e-mail."
        return Finding(_WHAT, "warning", "there is none: nobody is e-mailed", cure)
    trouble = await MailCarrier(mail_server_of(settings), _PATIENCE_SECONDS).try_line()
    if trouble is None:
        signed = "lets us in" if settings.smtp_user else "answers, without a name to sign in with"
        return Finding(_WHAT, "ok", f"{settings.smtp_host} {signed} ({settings.smtp_security})")
    if settings.carrier == "sandbox":
        cure = "Start it: calamity run, or calamity sandbox."
        return Finding(_WHAT, "warning", "the sandbox takes no e-mail", cure)
    cure = (
        "Check CALAMITY_SMTP_HOST, _PORT, _SECURITY, _USER and _PASSWORD, the server's certificate "
        "and the way out to it."
    )
    return Finding(_WHAT, "fault", trouble.reason, cure)
