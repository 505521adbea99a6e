"""The numbers of civil servants: the table of domain.md §1, and that nothing but the exact text is ever stored."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from employees.identity import BadNip, grouped, matches_kind, parse_nip


@pytest.mark.parametrize(
    ("text", "born", "pppk", "female"),
    [
        ("197811202005012992", "1978-11-20", False, True),
        ("199204252022211993", "1992-04-25", True, False),
        ("200002292024211001", "2000-02-29", True, False),
        ("19860926 201505 1 001", "1986-09-26", False, False),
        ("19860926.201505.1.001", "1986-09-26", False, False),
        ("19860926\u00a0201505\u00a01\u00a0001", "1986-09-26", False, False),
    ],
)
def test_numbers_as_people_write_them(text, born, pppk, female):
    nip = parse_nip(text)
    assert (str(nip.born), nip.pppk, nip.female) == (born, pppk, female)
    assert nip.number == re.sub(r"[\s.]", "", text)
    assert matches_kind(nip, "PPPK_PARUH_WAKTU" if pppk else "CPNS")
    assert not matches_kind(nip, "PNS" if pppk else "PPPK")
    assert parse_nip(grouped(nip.number)) == nip


@pytest.mark.parametrize(
    "text",
    [
        "197802302005012001",  # 30 February
        "197811202005002001",  # month 00
        "197811202005132001",  # month 13
        "199204252022201001",  # neither a month nor a PPPK's 21–29
        "197811202005013001",  # sex 3
        "19781120200501,001",  # a comma as sex
        "197811202005012000",  # serial 000
        "190002291920011001",  # 1900 was no leap year
        "19781120200501299",
        "1978112020050129921",
        "",
        "'197811202005012992",
        "1.97811202005013E+17",
        "1,97811E+17",
        "197811202005012992.0",
        "19781120200501299x",
        "１９７８１１２０２００５０１２９９２",  # digits of another width
        197811202005012992,
        1.97811202005013e17,
        None,
    ],
)
def test_what_is_no_number_is_refused(text):
    with pytest.raises(BadNip) as refused:
        parse_nip(text)
    assert str(refused.value)


@given(st.one_of(st.text(max_size=30), st.from_regex(r"[0-9]{17,19}", fullmatch=True), st.integers(), st.floats()))
def test_a_number_is_stored_only_if_the_text_is_exactly_it(value):
    try:
        nip = parse_nip(value)
    except BadNip:
        return
    assert isinstance(value, str)
    assert nip.number == "".join(value.split()).replace(".", "")
    assert re.fullmatch("[0-9]{18}", nip.number, re.ASCII)
