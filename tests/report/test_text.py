"""The text report: what a person reads, line by line."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from dane_check.check.outcome import DomainCheck
from dane_check.findings import About, Code, Finding, Severity, finding
from dane_check.policy.verdict import EndpointResult, HostVerdict, HostWord
from dane_check.ports import KeyType
from dane_check.report.text import TextOptions, check_to_text
from dane_check.report.troubles import BROKEN, EVERYTHING, ordered
from tests.report.examples import (
    ALL,
    OTHER,
    PUBLISHED,
    SERVED,
    WHOLE,
    bad_host,
    broken,
    certificate,
    failing,
    good_host,
    healthy,
    lookup,
    no_dane,
    passing,
    record,
    unreachable,
)

GOLDEN = Path(__file__).parent / "golden"
FORMS = [(example, TextOptions()) for example in ALL]
FORMS += [(example, TextOptions(quiet=True)) for example in ("healthy", "broken", "unreachable")]
FORMS += [("broken", TextOptions(verbose=True)), ("broken", TextOptions(explain=True))]
FORMS += [("failed-lookup", TextOptions(explain=True))]


def golden_name(example: str, form: TextOptions) -> str:
    words = [word for word in ("quiet", "verbose", "explain") if getattr(form, word)]
    return "-".join([example, *words]) + ".txt"


def lines(check: DomainCheck, **form: bool) -> list[str]:
    return check_to_text(check, TextOptions(**form)).splitlines()


def with_host(host: HostVerdict) -> DomainCheck:
    check = healthy()
    return replace(check, verdict=replace(check.verdict, hosts=(host,)))


class TestGoldenTexts:
    """The whole report, word for word."""

    @pytest.mark.parametrize(("example", "form"), FORMS, ids=lambda one: one if isinstance(one, str) else "")
    def test_the_report_is_the_golden_one(self, example: str, form: TextOptions) -> None:
        expected = (GOLDEN / golden_name(example, form)).read_text(encoding="utf-8")
        assert check_to_text(ALL[example](), form) == expected


class TestDefaultForm:
    """Short where all is well; on trouble everything needed to mend it."""

    def test_a_healthy_domain_with_two_hosts_takes_at_most_15_lines(self) -> None:
        assert len(lines(healthy())) <= 15

    def test_the_last_line_is_the_verdict_with_the_exit_status(self) -> None:
        for example in ALL.values():
            check = example()
            last = lines(check)[-1]
            assert last.startswith(check.verdict.word.value.upper())
            assert last.endswith(f"[exit status {check.verdict.exit_status}]")

    def test_published_and_served_stand_under_each_other_in_full(self) -> None:
        text = lines(broken())
        published = next(line for line in text if "published" in line)
        served = next(line for line in text if "served " in line and SERVED in line)
        assert published.index(OTHER) == served.index(SERVED)

    def test_the_corrected_line_can_be_pasted_into_the_zone(self) -> None:
        line = f"_25._tcp.mx2.example.org. IN TLSA 3 1 1 {SERVED}"
        assert any(one.strip().endswith(line) for one in lines(broken()))

    def test_the_corrected_line_stands_at_the_base_domain(self) -> None:
        host = replace(bad_host(), tlsa_base_domain="real.example.net")
        assert f"_25._tcp.real.example.net. IN TLSA 3 1 1 {SERVED}" in check_to_text(with_host(host))

    def test_two_addresses_that_serve_the_same_are_explained_once(self) -> None:
        text = "\n".join(lines(broken()))
        assert text.count("tlsa-mismatch") == 1
        assert "(also 2001:db8::2)" in text

    def test_two_certificates_are_explained_one_by_one(self) -> None:
        other = "beef" * 16
        ecdsa = replace(
            failing("192.0.2.2", KeyType.ECDSA),
            certificates=(replace(certificate(other), certificate_sha256="0" * 64),),
            suggested=f"3 1 1 {other}",
        )
        host = replace(bad_host(), endpoints=(failing("192.0.2.2"), ecdsa))
        text = check_to_text(with_host(host))
        assert f"IN TLSA 3 1 1 {SERVED}" in text
        assert f"IN TLSA 3 1 1 {other}" in text

    def test_a_record_of_the_whole_certificate_is_compared_with_the_whole_certificate(self) -> None:
        host = replace(bad_host(), tlsa=(replace(record(OTHER, 0), text=f"3 0 1 {OTHER}"),))
        assert f"served     3 0 1 {WHOLE}" in check_to_text(with_host(host))

    def test_a_trust_anchor_record_is_compared_with_the_issuers_served(self) -> None:
        issuer = "dddd" * 16
        endpoint = replace(failing("192.0.2.2"), certificates=(certificate(SERVED), certificate(issuer, "CN=R12")))
        host = replace(bad_host(), endpoints=(endpoint,), tlsa=(replace(record(), text=f"2 1 1 {OTHER}", matches=0),))
        text = check_to_text(with_host(host))
        assert f"served     2 1 1 {issuer}" in text
        assert f"served     2 1 1 {SERVED}" not in text

    def test_an_unusable_record_says_why(self) -> None:
        host = replace(bad_host(), tlsa=(record(OTHER, 0, "unusable", "digest-length"),))
        text = check_to_text(with_host(host))
        assert "(unusable: digest-length)" in text
        assert "×1 (1 unusable)" in text

    def test_a_signed_host_without_records_is_offered_one(self) -> None:
        name = "mx1.example.org"
        endpoint = replace(failing("192.0.2.1"), result=EndpointResult.ENCRYPTED, word=HostWord.NO_DANE)
        absent = lookup(f"_25._tcp.{name}", "TLSA", kind="nodata")
        about = About("example.org", name)
        host = replace(
            good_host(),
            word=HostWord.NO_DANE,
            tlsa_base_domain=None,
            tlsa=(),
            endpoints=(endpoint,),
            lookups=(absent,),
            findings=(finding(Code.TLSA_ABSENT, about, suggested=f"3 1 1 {SERVED}"),),
        )
        assert f"_25._tcp.{name}. IN TLSA 3 1 1 {SERVED}" in check_to_text(with_host(host))

    @pytest.mark.parametrize("reason", ["weak-crypto", "agility"])
    def test_no_line_is_offered_that_would_not_mend_it(self, reason: str) -> None:
        tlsa = (record(SERVED, 0),) if reason == "agility" else (record(OTHER, 0),)
        host = replace(bad_host(), tlsa=tlsa, endpoints=(replace(failing("192.0.2.2"), reason=reason),))
        assert "IN TLSA" not in check_to_text(with_host(replace(host, findings=())))

    def test_a_record_that_names_what_is_served_says_so(self) -> None:
        """The digest agrees, so it is the path, a name or a date that fails."""
        host = replace(bad_host(), tlsa=(record(SERVED, 0),))
        assert f"3 1 1 {SERVED}  (names what is served)" in check_to_text(with_host(host))

    def test_an_unsigned_host_is_offered_no_record_that_could_not_work(self) -> None:
        check = no_dane()
        host = replace(check.verdict.hosts[0], endpoints=(replace(failing("192.0.2.1"), word=HostWord.NO_DANE),))
        assert "IN TLSA" not in check_to_text(with_host(host))

    def test_certificate_types_that_fare_alike_share_a_line(self) -> None:
        assert sum("RSA+ECDSA" in line for line in lines(healthy())) == 4

    def test_certificate_types_that_differ_have_a_line_each(self) -> None:
        host = replace(bad_host(), endpoints=(passing("192.0.2.2"), failing("192.0.2.2", KeyType.ECDSA)))
        text = [line for line in lines(with_host(host)) if line.startswith("    192.0.2.2")]
        assert [("PASS" in line, "FAIL" in line) for line in text] == [(True, False), (False, True)]

    def test_an_address_that_did_not_answer_is_neither_pass_nor_fail(self) -> None:
        line = next(line for line in lines(unreachable()) if line.strip().startswith("2001:db8::1"))
        assert "?" in line
        assert "no answer in time" in line

    def test_the_worst_finding_comes_first(self) -> None:
        about = About("example.org", "mx2.example.org")
        milder = finding(Code.ROLLOVER_NONE, about)
        host = replace(bad_host(), findings=(milder, *bad_host().findings))
        text = check_to_text(with_host(host), TextOptions(verbose=True))
        assert text.index("tlsa-mismatch") < text.index("rollover-none")

    @pytest.mark.parametrize("severity", [Severity.HYGIENE, Severity.INFO])
    def test_what_has_no_consequence_is_shown_only_with_verbose(self, severity: Severity) -> None:
        said = replace(finding(Code.MX_IMPLICIT, About("example.org")), severity=severity)
        check = healthy()
        check = replace(check, verdict=replace(check.verdict, findings=(said,)), diagnostics=(said,))
        assert "mx-implicit" not in check_to_text(check)
        assert check_to_text(check, TextOptions(verbose=True)).count("mx-implicit") == 2

    def test_a_set_of_64_records_is_cut_and_counted(self) -> None:
        host = replace(bad_host(), tlsa=tuple(record(f"{number:064x}", 0) for number in range(64)))
        text = check_to_text(with_host(host))
        assert text.count("published") == 8
        assert "… and 56 more" in text


class TestOtherForms:
    """Quiet, verbose, explain, colour."""

    def test_quiet_prints_a_healthy_domain_in_one_line(self) -> None:
        assert len(lines(healthy(), quiet=True)) == 1

    def test_quiet_leaves_out_the_host_that_is_well(self) -> None:
        text = check_to_text(broken(), TextOptions(quiet=True))
        assert "mx1.example.org" not in text
        assert SERVED in text

    def test_verbose_shows_certificates_replies_and_lookups(self) -> None:
        text = check_to_text(healthy(), TextOptions(verbose=True))
        for wanted in (
            f"3 1 1 {PUBLISHED}",
            "issuer CN=R12,O=Example CA",
            "< 250 STARTTLS",
            "_25._tcp.mx1.example.org TLSA",
        ):
            assert wanted in text

    def test_verbose_shows_the_same_certificates_once_a_host(self) -> None:
        text = check_to_text(with_host(good_host()), TextOptions(verbose=True))
        assert text.count(WHOLE) == 1

    def test_explain_names_the_failing_link_below_the_chain(self) -> None:
        text = lines(ALL["failed-lookup"](), explain=True)
        place = next(number for number, line in enumerate(text) if "fails here" in line)
        assert "org. DNSKEY" in text[place - 1]
        assert "the signature by example.org. over example.org. MX is wrong" in text[place]

    def test_senders_are_shown_on_request_only(self) -> None:
        """All of them with --explain; with -v those that do not do as the first does; none with --quiet."""
        shown = {
            form: [line.split()[1] for line in lines(broken(), **dict.fromkeys(form, True)) if "sender " in line]
            for form in ((), ("verbose",), ("explain",), ("quiet", "explain"))
        }
        others = ["no-agility", "ecdsa-only"]
        assert shown == {(): [], ("verbose",): others, ("explain",): ["openssl", *others], ("quiet", "explain"): []}

    def test_explain_shows_a_common_beginning_once(self) -> None:
        text = check_to_text(healthy(), TextOptions(explain=True))
        assert text.count("└ . DNSKEY: trust anchor 20326") == 1
        assert text.count("└ … as above, down to org. DNSKEY") == 6
        assert text.count("signed by example.org.") == 7

    def test_without_colour_there_is_no_control_sequence(self) -> None:
        assert "\x1b" not in check_to_text(broken(), TextOptions(verbose=True, explain=True))

    def test_colour_changes_nothing_but_the_colours(self) -> None:
        import re

        coloured = check_to_text(broken(), TextOptions(colour=True))
        assert "\x1b[31mFAIL" in coloured
        assert re.sub(r"\x1b\[[0-9]+m", "", coloured) == check_to_text(broken())


class TestWhatIsExplained:
    """A finding that says only that nothing fits is left to the one that says why."""

    WHERE = About("example.org", "mx2.example.org", "192.0.2.2")

    @pytest.mark.parametrize(
        ("bare", "better"),
        [
            (finding(Code.TLSA_MISMATCH, WHERE), finding(Code.TLSA_STALE_EE, WHERE)),
            (finding(Code.TLSA_MISMATCH, WHERE), finding(Code.TLSA_TYPO, About("example.org"), address="192.0.2.2")),
            (finding(Code.TLSA_TA_ROOT_NOT_SERVED, WHERE), finding(Code.TLSA_STALE_TA, WHERE)),
        ],
    )
    def test_the_bare_one_is_shown_only_with_everything(self, bare: Finding, better: Finding) -> None:
        assert ordered([bare, better], BROKEN) == [better]
        assert ordered([bare, better], EVERYTHING, bare=False) == [better]
        assert set(ordered([bare, better], EVERYTHING)) == {bare, better}

    @pytest.mark.parametrize("code", [Code.TLSA_MISMATCH, Code.TLSA_TA_ROOT_NOT_SERVED])
    def test_what_is_said_of_another_address_explains_nothing_here(self, code: Code) -> None:
        bare = finding(code, self.WHERE)
        elsewhere = [
            finding(Code.TLSA_STALE_TA, replace(self.WHERE, address="192.0.2.3")),
            finding(Code.TLSA_TYPO, About("example.org"), address="192.0.2.3"),
        ]
        assert bare in ordered([bare, *elsewhere], BROKEN)
