import pytest

from calamity.domain.errors import Unavailable
from calamity.store.vault import Vault

OLD = "an-old-secret-key-of-32-characters-or-more"
NEW = "a-new-secret-key-of-32-characters-or-more!"
NUMBER = "+3197010240001"


def test_what_was_sealed_opens_for_the_same_purpose():
    vault = Vault(NEW)
    assert (
        vault.open_text(b"recipient.phone", vault.seal_text(b"recipient.phone", NUMBER)) == NUMBER
    )


def test_a_sealed_value_shows_nothing_and_is_never_the_same_twice():
    vault = Vault(NEW)
    first, second = (vault.seal_text(b"p", NUMBER) for _ in range(2))
    assert NUMBER.encode() not in first
    assert first != second


def test_after_a_rotation_old_values_open_and_new_ones_need_the_new_key():
    before, after = Vault(OLD), Vault(f"{NEW},{OLD}")
    old, new = before.seal_text(b"p", "early"), after.seal_text(b"p", "late")
    assert after.open_text(b"p", old) == "early"
    assert Vault(NEW).open_text(b"p", new) == "late"
    with pytest.raises(Unavailable) as refused:
        Vault(NEW).open_text(b"p", old)
    assert refused.value.field == "CALAMITY_SECRET_KEY"


def test_numbers_stay_findable_through_a_rotation():
    assert Vault(f"{NEW},{OLD}").index(NUMBER) == Vault(OLD).index(NUMBER)
    assert Vault(NEW).index(NUMBER) != Vault(OLD).index(NUMBER)
    assert len(Vault(NEW).index(NUMBER)) == 64


def test_a_value_does_not_open_in_another_column():
    vault = Vault(NEW)
    sealed = vault.seal_text(b"recipient.name", "Lea")
    with pytest.raises(Unavailable):
        vault.open_text(b"recipient.phone", sealed)


@pytest.mark.parametrize("place", [0, 4, 15, 16, -1])
def test_a_value_that_was_changed_does_not_open(place):
    vault = Vault(NEW)
    sealed = bytearray(vault.seal_text(b"p", "Lea"))
    sealed[place] ^= 1
    with pytest.raises(Unavailable) as refused:
        vault.open_text(b"p", bytes(sealed))
    assert "Lea" not in refused.value.message
