"""What an operator sets up: refused at the start, with the cure, or found by the doctor."""

from pathlib import Path

import pytest

from calamity.cli.check_provider import check_provider
from calamity.domain.errors import Refused
from calamity.domain.permissions import UserRole
from calamity.domain.provider import Grant, granted, read_grants
from calamity.settings import read_settings
from calamity.web.pages.provider import newcomer_of
from tests.make import SECRET
from tests.provider.stage import CLIENT_SECRET, provider_running

GOOD = {
    "CALAMITY_OIDC_ISSUER": "https://login.example/tenant",
    "CALAMITY_OIDC_CLIENT_ID": "calamity",
    "CALAMITY_OIDC_CLIENT_SECRET": CLIENT_SECRET,
    "CALAMITY_OIDC_ROLES": "a=coordinator",
}


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"CALAMITY_OIDC_ISSUER": "http://login.example"}, "CALAMITY_OIDC_ISSUER"),
        ({"CALAMITY_OIDC_ISSUER": "https://login.example/?x=1"}, "CALAMITY_OIDC_ISSUER"),
        ({"CALAMITY_OIDC_ISSUER": ""}, "CALAMITY_OIDC_ISSUER"),
        ({"CALAMITY_OIDC_CLIENT_SECRET": ""}, "CALAMITY_OIDC_CLIENT_ID and"),
        ({"CALAMITY_OIDC_SCOPE": "email"}, "CALAMITY_OIDC_SCOPE"),
        ({"CALAMITY_OIDC_ROLES": ""}, "CALAMITY_OIDC_ROLES"),
        ({"CALAMITY_OIDC_ROLES": "a=mayor"}, "'a=mayor' is not GROUP=role"),
        ({"CALAMITY_OIDC_ROLES": "coordinator"}, "'coordinator' is not GROUP=role"),
        ({"CALAMITY_OIDC_NEW_ACCOUNTS": "perhaps"}, "A setting is not usable"),
    ],
)
def test_what_is_wrong_is_refused_at_the_start_with_the_cure(
    changes: dict[str, str], field: str, tmp_path: Path
) -> None:
    environ = {"CALAMITY_VAR": str(tmp_path), "CALAMITY_SECRET_KEY": SECRET} | GOOD
    assert read_settings(environ).grants == (Grant("a", UserRole.COORDINATOR),)
    with pytest.raises(Refused) as caught:
        read_settings(environ | changes)
    assert caught.value.message.startswith(field)
    assert CLIENT_SECRET not in caught.value.message


def test_the_first_group_that_fits_counts_and_a_group_may_be_a_path() -> None:
    grants = read_grants("CN=Board,OU=X=official@a ; CN=All=responder; b=coordinator@b;")
    assert granted(grants, {"CN=All", "CN=Board,OU=X"}, "a").role is UserRole.OFFICIAL
    assert granted(grants, ["CN=All"], "b") == Grant("CN=All", UserRole.RESPONDER, "b")
    assert granted(grants, ["CN=All"]).municipality is None
    with pytest.raises(Refused, match="more than one"):
        granted(grants, ["CN=Board,OU=X", "b"])
    with pytest.raises(Refused, match="in no group"):
        granted(grants, ["b"], "a")


async def test_the_doctor_asks_the_provider_and_looks_for_the_municipalities(
    town, database, database_url, tmp_path
):
    environ = {
        "CALAMITY_VAR": str(tmp_path),
        "CALAMITY_SECRET_KEY": SECRET,
        "CALAMITY_DATABASE_URL": database_url,
    }

    async def found(**given: str) -> dict[str, str]:
        settings = read_settings(environ | given)
        return {each.what: each.state async for each in check_provider(settings)}

    assert await found() == {"work accounts": "ok"}
    with provider_running("http://here.example") as running:
        good = running.settings(CALAMITY_OIDC_ROLES="a=coordinator@oeverlanden")
        assert await found(**good) == {"work accounts": "ok"}
        elsewhere = good | {"CALAMITY_OIDC_ROLES": "a=coordinator@nowhere; b=official"}
        assert await found(**elsewhere) == {
            "work accounts": "ok", "work accounts: nowhere": "fault",
        }  # fmt: skip
        renamed = good | {"CALAMITY_OIDC_ISSUER": running.issuer + "/"}
        assert await found(**renamed) == {"work accounts": "fault"}
    assert await found(**good) == {"work accounts": "fault"}


def test_an_address_that_nobody_checked_is_no_name_to_sign_in_with(tmp_path: Path) -> None:
    environ = {"CALAMITY_VAR": str(tmp_path), "CALAMITY_SECRET_KEY": SECRET} | GOOD
    settings = read_settings(environ)
    claims = {"sub": "s-1", "groups": "a", "email": "noor@work.example"}
    assert newcomer_of(settings, claims, "t").login == "noor@work.example"
    assert newcomer_of(settings, claims | {"email_verified": False}, "t").login == "s-1"
    named = claims | {"email_verified": False, "preferred_username": "noor"}
    assert newcomer_of(settings, named, "t").login == "noor"
