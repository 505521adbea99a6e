"""What a password may not be, and what hashing it costs."""

import pytest
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from knox.models import AuthToken

from employees.actions import create_token
from employees.models import User
from tests import factories
from wfh_portal.hashers import PortalArgon2Hasher

PASSWORD = "rahasia-sekali-1"


@pytest.fixture
def person(cast):
    return factories.account(factories.employee(cast.general, "Wahyuni Lestari", place=False, nip="198503202010012345"))


@pytest.mark.parametrize(
    "password",
    [
        "198503202010012345",
        "x198503202010012345y",
        "1985 0320 2010 0123 45",
        "rahasia-20031985",
        "rahasia-20-03-1985",
        "rahasia-1985.03.20",
        "rahasia-850320",
        "rahasia-200385",
        "rahasia-20maret1985",
        "rahasia-20Mar85",
        "wahyuni-rahasia-77",
        "Rahasia-LESTARI-77",
    ],
)
def test_nothing_from_ones_own_papers(person, password):
    with pytest.raises(ValidationError) as refused:
        validate_password(password, person)
    assert "password_own_papers" in {problem.code for problem in refused.value.error_list}


@pytest.mark.parametrize("password", ["kunci-baru-yang-panjang-7", "hujan-2003-di-bogor-1985"])
def test_what_only_looks_alike_is_fine(person, password):
    assert validate_password(password, person) is None  # it raises what it refuses


def test_an_account_without_a_person_has_no_papers(db):
    assert validate_password("wahyuni-rahasia-77", factories.account(username="platform")) is None


def test_hashing_costs_at_least_what_owasp_asks():
    """OWASP Password Storage Cheat Sheet: Argon2id with at least 19 MiB, 2 passes, 1 lane."""
    hasher = PortalArgon2Hasher()
    assert hasher.encode("x", "saltsaltsalt").startswith("argon2$argon2id$")
    assert hasher.memory_cost >= 19 * 1024
    assert hasher.time_cost >= 2
    assert hasher.parallelism >= 1


def test_a_new_password_ends_what_else_is_open_but_not_where_it_was_changed(cast, client, at):
    from django.test import Client

    other = Client()
    client.force_login(cast.sari_user)
    other.force_login(cast.sari_user)
    create_token(user=cast.sari_user, by=None, at=at)
    new = "kunci-baru-yang-panjang-7"
    client.post("/accounts/password/change/", {"oldpassword": PASSWORD, "password1": new, "password2": new})
    assert User.objects.get(pk=cast.sari_user.pk).check_password(new)
    assert client.get("/account/").status_code == 200
    assert other.get("/account/").status_code == 302
    assert not AuthToken.objects.exists()
