"""PF-f: what shows in a zone file as a whole, each with the line that is to blame; and for whom a file is judged."""

from __future__ import annotations

import pytest

from dane_check.findings import Code, Finding, sentence
from dane_check.rehearsal.zone.hosts import Affected, affected
from dane_check.rehearsal.zone.rules import of_zone
from tests.rehearsal.zones import read, zone

TLSA = f"TLSA 3 1 1 {'ab' * 32}"
MX = "@ MX 10 mx\nmx A 192.0.2.1\n"
GOOD = f"{MX}_25._tcp.mx {TLSA}\n"


def found(lines: str, *hosts: str) -> list[Finding]:
    return list(of_zone(read(zone(lines)), 25, hosts))


def codes(lines: str, *hosts: str) -> list[Code]:
    return [one.code for one in found(lines, *hosts)]


def test_a_zone_as_it_should_be_has_no_findings() -> None:
    """MX, address and records, at their places."""
    assert codes(GOOD) == []


class TestOwners:
    """R7672-2.2.3-a, R7672-2.2.3-k, field-notes `tlsa-misplaced`: records where no sender looks."""

    @pytest.mark.parametrize(
        ("owner", "right"),
        [
            ("_25._tcp.mx.example.org", "_25._tcp.mx.example.org"),
            ("_25.mx", "_25._tcp.mx.example.org"),
            ("25._tcp.mx", "_25._tcp.mx.example.org"),
            ("_25.tcp.mx", "_25._tcp.mx.example.org"),
            ("_tcp._25.mx", "_25._tcp.mx.example.org"),
            ("mx", "_25._tcp.mx.example.org"),
            ("_25._tcp", "_25._tcp.mx.example.org"),
        ],
        ids=["dot", "no tcp", "no underscore", "no underscore at tcp", "swapped", "bare host", "mail domain"],
    )
    def test_a_slip_is_told_with_the_name_that_was_meant(self, owner: str, right: str) -> None:
        """R7672-2.2.3-k: the right name stands in the finding, and so does the line."""
        (one,) = [one for one in found(f"{GOOD}{owner} {TLSA}\n") if one.code is Code.TLSA_MISPLACED]
        assert one.fact["name"] == right
        assert "zone.db:9" in one.fact["found"]

    @pytest.mark.parametrize(
        "lines",
        [
            f"_587._tcp.mx {TLSA}",
            f"_443._tcp {TLSA}",
            f"*._tcp.mx {TLSA}",
            f"_25._tcp.mx2 CNAME _dane\n_dane {TLSA}",
            f"shared {TLSA}",
            f"_25._tcp.mx2 CNAME 25.shared\n25.shared {TLSA}",
        ],
    )
    def test_other_services_wildcards_and_targets_of_aliases_stand_right(self, lines: str) -> None:
        """What an alias leads to, here or from another zone, may have any name."""
        assert Code.TLSA_MISPLACED not in codes(f"{GOOD}{lines}\n")

    def test_a_mail_domain_that_is_its_own_mail_host_stands_right(self) -> None:
        """R7672-2.2.3-k: MX 0 to the domain itself."""
        assert codes(f"@ MX 0 @\n@ A 192.0.2.1\n_25._tcp {TLSA}\n") == []


class TestWildcards:
    """RFC 4592: a name that exists hides the wildcard above it."""

    @pytest.mark.parametrize("wildcard", ["*._tcp.mx", "*.mx", "*"])
    def test_a_wildcard_that_applies_is_none_of_the_findings(self, wildcard: str) -> None:
        """Nothing stands between the wildcard and the name."""
        host = "mx CNAME away.example.net.\n" if wildcard == "*" else "mx A 192.0.2.1\n"
        lines = f"@ MX 10 mx\n{host}{wildcard} {TLSA}\n"
        assert (Code.TLSA_WILDCARD_SHADOW in codes(lines)) is (wildcard == "*")

    def test_another_port_hides_the_wildcard_of_the_host(self) -> None:
        """`_443._tcp.mx` makes `_tcp.mx` exist, and `*.mx` does not answer for `_25._tcp.mx` any more."""
        (other, one) = found(f"{MX}*.mx {TLSA}\n_443._tcp.mx {TLSA}\n")
        assert (other.code, other.fact["names"]) == (Code.ZONE_OTHER_SERVICES, "_443._tcp.mx.example.org")
        assert one.code is Code.TLSA_WILDCARD_SHADOW
        assert one.fact["name"] == "_25._tcp.mx.example.org"
        assert one.fact["by"] == "_443._tcp.mx.example.org"
        assert one.fact["wildcard"] == "*.mx.example.org (zone.db:8)"

    def test_a_name_with_other_types_hides_it_too(self) -> None:
        """A TXT record at the owner is enough."""
        assert codes(f"{MX}*._tcp.mx {TLSA}\n_25._tcp.mx TXT x\n") == [Code.TLSA_WILDCARD_SHADOW]

    def test_records_below_a_host_hide_the_wildcard_that_gives_its_address(self) -> None:
        """field-notes `tlsa-host-wildcard-shadow`: the host vanishes with its first TLSA record."""
        (one,) = found(f"@ MX 10 mx\n* A 192.0.2.1\n_25._tcp.mx {TLSA}\n")
        assert one.code is Code.TLSA_HOST_WILDCARD_SHADOW
        assert "once _25._tcp.mx.example.org exists" in sentence(one)

    def test_a_host_that_has_its_own_address_is_not_hidden(self) -> None:
        """Of the two families one is enough."""
        assert codes(f"* A 192.0.2.1\n{GOOD}") == []


class TestAroundTheRecords:
    """CNAMEs, TTLs, strangers, and hosts that were forgotten."""

    def test_no_record_stands_beside_a_cname(self) -> None:
        """RFC 2181 §10.1: both lines are named."""
        (one,) = found(f"{GOOD}_25._tcp.mx CNAME other\n")
        assert one.code is Code.TLSA_BESIDE_CNAME
        assert "zone.db:9; the TLSA record is at zone.db:8" in one.fact["where"]

    def test_ttls_of_one_set_are_the_same(self) -> None:
        """RFC 2181 §5.2."""
        (one,) = found(f"{GOOD}_25._tcp.mx 60 TLSA 3 1 1 {'cd' * 32}\n")
        assert (one.code, one.fact["least"], one.fact["most"]) == (Code.ZONE_TTLS_DIFFER, "60", "3600")

    def test_records_of_other_zones_are_left_out(self) -> None:
        """RFC 1035 §5.2: name servers ignore them, and so does the rehearsal."""
        (one,) = found(f"{GOOD}mx.example.net. A 192.0.2.9\n")
        assert one.code is Code.ZONE_RECORD_OUTSIDE
        assert "mx.example.net (zone.db:9)" in one.fact["names"]

    def test_a_mail_host_without_records_beside_others_was_forgotten(self) -> None:
        """Senders may choose any MX host."""
        (one,) = found(f"{GOOD}@ MX 20 mx2\nmx2 A 192.0.2.2\n")
        assert (one.code, one.about.host) == (Code.MX_HOST_FORGOTTEN, "mx2.example.org")

    @pytest.mark.parametrize("host", ["@ MX 20 mx.example.net.", "@ MX 20 mx2\n_25._tcp.mx2 CNAME _25._tcp.mx"])
    def test_hosts_of_other_zones_and_aliases_are_not_forgotten(self, host: str) -> None:
        """Of these the file cannot say that they have none."""
        assert Code.MX_HOST_FORGOTTEN not in codes(f"{GOOD}{host}\n")

    def test_a_zone_without_any_tlsa_has_forgotten_nobody(self) -> None:
        """The verdict says that nothing is protected."""
        assert codes(f"{MX}@ MX 20 mx2\nmx2 A 192.0.2.2\n") == []


class TestForWhom:
    """Which hosts and mail domains a file speaks of, and of two files, which of them change."""

    ZONE = f"{GOOD}sub MX 10 mx2\nmx2 A 192.0.2.2\n_25._tcp.mx2 {TLSA}\n_25._tcp.relay {TLSA}\n"

    def of(self, new: str, old: str | None = None, port: int = 25) -> Affected:
        return affected(read(zone(new)), read(zone(old)) if old is not None else None, port)

    def test_every_mail_domain_and_every_other_host_with_records(self) -> None:
        """A whole zone, with nothing to compare it with."""
        assert self.of(self.ZONE) == Affected(("example.org", "sub.example.org"), ("relay.example.org",))

    @pytest.mark.parametrize(
        ("old", "expected"),
        [
            (ZONE, Affected()),
            (ZONE.replace("192.0.2.2", "192.0.2.7"), Affected(("sub.example.org",), ())),
            (ZONE.replace(f"_25._tcp.relay {TLSA}\n", ""), Affected((), ("relay.example.org",))),
            (ZONE + f"_25._tcp.gone {TLSA}\n", Affected((), ("gone.example.org",))),
            (ZONE.replace("@ MX 10 mx\n", "@ MX 10 mx2\n"), Affected(("example.org",), ())),
        ],
        ids=["nothing", "an address", "records come", "records go", "an MX record"],
    )
    def test_of_two_zones_only_what_differs(self, old: str, expected: Affected) -> None:
        """The difference in what senders ask: MX, addresses, TLSA."""
        assert self.of(self.ZONE, old) == expected

    def test_lines_without_a_soa_record_speak_of_their_owners(self) -> None:
        """What `dane-check tlsa` prints, for port 25 and no other."""
        lines = f"_25._tcp.a.example. IN {TLSA}\n_443._tcp.b.example. IN {TLSA}\n"
        assert affected(read(lines), None, 25) == Affected((), ("a.example",))
        assert affected(read(lines), None, 443) == Affected((), ("b.example",))

    def test_a_misplaced_owner_is_nobody_s_host(self) -> None:
        """A dot that is missing makes no host that has to be judged."""
        assert self.of(f"{GOOD}_25._tcp.mx.example.org {TLSA}\n_25._tcp {TLSA}\n") == Affected(("example.org",), ())
