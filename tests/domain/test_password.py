import pytest

from calamity.domain.errors import Refused
from calamity.domain.password import check_password

LOGIN = "anna@gemeente.example"


@pytest.mark.parametrize(
    "password",
    [
        "kort", "Password1234", "p@ssw0rd1234", "welkomwelkom", "Wachtwoord2026!", "123456789012",
        "098765432109", "aaaaaaaaaaaaaaaa", "abcabcabcabc", "qwertyuiop12", "x" * 201,
        f"{LOGIN}-2026",
    ],
)  # fmt: skip
def test_what_others_try_first_is_refused(password):
    with pytest.raises(Refused) as refused:
        check_password(password, LOGIN)
    assert refused.value.field == "password"
    assert password not in refused.value.message


@pytest.mark.parametrize(
    "password",
    ["paard fiets regenton", "4829 1730 5526", "kgp7-2mfx-9wqa-h3rt-vv8n", "ζωή θάλασσα!"],
)
def test_a_long_and_unusual_password_is_fine(password):
    check_password(password, LOGIN)
