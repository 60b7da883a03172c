"""Names that work out their hash once are dnspython's names in every other way."""

from __future__ import annotations

import copy
import pickle

import dns.exception
import dns.name
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dane_check.wire.octets import canonical_octets, name_octets, name_of

labels = st.lists(st.binary(min_size=1, max_size=20), max_size=6).map(lambda found: (*found, b""))


@given(labels)
def test_they_are_equal_and_hash_alike_whatever_made_them(labels: tuple[bytes, ...]) -> None:
    """In any table the one finds the other, in any case of letters."""
    kept, plain, loud = name_of(labels), dns.name.Name(labels), dns.name.Name([one.upper() for one in labels])
    assert kept == plain == kept == loud
    assert not any((kept != plain, plain != kept, kept != loud))
    assert hash(kept) == hash(plain) == hash(loud)
    assert {plain: 1}[kept] == {kept: 1}[loud] == 1
    assert str(kept) == str(plain)


@given(labels)
def test_canonical_octets_are_those_of_the_canonical_name(labels: tuple[bytes, ...]) -> None:
    """Letters in lower case, lengths as they are (RFC 4034 §6.2)."""
    name = dns.name.Name(labels)
    assert canonical_octets(name) == name_octets(name.canonicalize()) == name.canonicalize().to_wire()


def test_case_is_kept() -> None:
    """The same name in other letters is another object, shown as it was written."""
    assert [str(name_of((one, b"test", b""))) for one in (b"Mail", b"mail", b"Mail")] == [
        "Mail.test.",
        "mail.test.",
        "Mail.test.",
    ]


def test_they_are_different_from_others_and_from_what_is_no_name() -> None:
    """Equality is that of names."""
    assert name_of((b"a", b"")) != name_of((b"b", b""))
    assert name_of((b"a", b"")) != "a."


def test_they_can_be_copied_and_sent_and_not_changed() -> None:
    """A copy has a hash like any other."""
    name = name_of((b"a", b"test", b""))
    for other in (copy.copy(name), copy.deepcopy(name), pickle.loads(pickle.dumps(name))):
        assert (other, hash(other)) == (name, hash(name))
    with pytest.raises(TypeError):
        name.labels = ()


@pytest.mark.parametrize("wrong", [(b"a", b"", b"b"), (b"a" * 64, b""), (b"a" * 60,) * 5])
def test_what_is_no_name_is_none_time_and_again(wrong: tuple[bytes, ...]) -> None:
    """A refusal is not remembered as a name."""
    for _ in range(2):
        with pytest.raises(dns.exception.DNSException):
            name_of(wrong)
