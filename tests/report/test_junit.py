"""JUnit reports say what the exit status says, of checks and rehearsals, and are sound whatever stands in them."""

from __future__ import annotations

import unicodedata
from dataclasses import replace

import pytest

from dane_check import Rehearsal
from dane_check.check.outcome import DomainCheck
from dane_check.findings import About, Code, finding
from dane_check.lab.keys import KeyKind
from dane_check.policy.verdict import EndpointResult, HostWord
from dane_check.rehearsal.outcome import MailRehearsal, Would
from dane_check.report.junit import checks_to_junit, rehearsal_to_junit
from tests.rehearsal.made import HOST, chain, offline, record
from tests.report import examples
from tests.report.hostile import PAYLOADS, everywhere
from tests.report.readers import JunitCase, read_junit

OF_STATUS = {0: "", 1: "failure", 3: "failure", 4: "error", 5: "skipped"}
OLD, NEW = chain("old"), chain("new")
EE_OLD, EE_NEW = record("3 1 1", OLD), record("3 1 1", NEW)


def by_name(cases: list[JunitCase]) -> dict[str, str]:
    return {case.name: case.outcome for case in cases}


def reported(*checks: DomainCheck) -> list[JunitCase]:
    """The cases of the domains, without that of the exit status."""
    *cases, whole = read_junit(checks_to_junit(checks, 1))
    assert (whole.name, whole.outcome) == ("the whole", "failure")
    return cases


class TestChecks:
    """Domains."""

    @pytest.mark.parametrize("made", examples.ALL.values(), ids=examples.ALL)
    def test_the_verdict_is_a_case_and_agrees_with_the_exit_status(self, made) -> None:
        """No report is green where the command fails."""
        check: DomainCheck = made()
        cases = reported(check)
        assert cases[-1].name == "the verdict"
        assert cases[-1].outcome == OF_STATUS[check.verdict.exit_status]
        assert cases[-1].message == (check.verdict.sentence if cases[-1].outcome else "")

    @pytest.mark.parametrize("status", [0, 1, 2, 3, 4, 5, 70])
    def test_every_exit_status_has_its_outcome(self, status: int) -> None:
        """What is not known to be well is an error."""
        check = replace(examples.healthy(), verdict=replace(examples.healthy().verdict, exit_status=status))
        assert read_junit(checks_to_junit([], status))[-1].outcome == OF_STATUS.get(status, "error")
        assert reported(check)[-1].outcome == OF_STATUS.get(status, "error")

    def test_each_address_with_each_type_of_certificate_is_a_case(self) -> None:
        """Good ones pass, refused ones fail, and the host fails with its findings."""
        cases = reported(examples.broken())
        assert by_name(cases) == {
            "mx1.example.org 192.0.2.1 port 25 RSA": "",
            "mx1.example.org 192.0.2.1 port 25 ECDSA": "",
            "mx1.example.org 2001:db8::1 port 25 RSA": "",
            "mx1.example.org 2001:db8::1 port 25 ECDSA": "",
            "mx1.example.org": "",
            "mx2.example.org 192.0.2.2 port 25 RSA": "failure",
            "mx2.example.org 2001:db8::2 port 25 RSA": "failure",
            "mx2.example.org": "failure",
            "the verdict": "failure",
        }
        (host,) = [case for case in cases if case.name == "mx2.example.org"]
        assert "outage  tlsa-mismatch" in host.text
        assert "  do  " in host.text

    def test_what_could_not_be_told_is_an_error(self) -> None:
        """A closed port is no failure of the records."""
        cases = reported(examples.unreachable())
        assert by_name(cases)["mx1.example.org 2001:db8::1 port 25"] == "error"
        assert {case.outcome for case in cases} == {"", "error"}

    @pytest.mark.parametrize(
        ("result", "outcome"),
        [
            (EndpointResult.SKIPPED, "skipped"),
            (EndpointResult.NOT_TESTED, "skipped"),
            (EndpointResult.NOT_OFFERED, None),
        ],
    )
    def test_what_was_left_out_is_skipped(self, result: EndpointResult, outcome: str | None) -> None:
        """And what does not exist is no case."""
        check = examples.healthy()
        host = check.verdict.hosts[0]
        left_out = replace(host.endpoints[0], address="192.0.2.9", result=result, word=HostWord.UNREACHABLE)
        hosts = (replace(host, endpoints=(*host.endpoints, left_out)),)
        cases = reported(replace(check, verdict=replace(check.verdict, hosts=hosts)))
        assert by_name(cases).get("mx1.example.org 192.0.2.9 port 25 RSA") == outcome

    @pytest.mark.parametrize("word", HostWord)
    def test_every_word_of_a_host_has_an_outcome(self, word: HostWord) -> None:
        """Nothing raises, and only what is well passes."""
        check = examples.healthy()
        host = replace(check.verdict.hosts[0], word=word, endpoints=())
        cases = reported(replace(check, verdict=replace(check.verdict, hosts=(host,))))
        assert (cases[0].outcome == "") == (word in (HostWord.DANE_OK, HostWord.DANE_OK_INSECURE_MX))

    def test_several_domains(self) -> None:
        """A suite each."""
        checks = [examples.healthy(), replace(examples.literal())]
        cases = reported(*checks)
        assert {case.classname for case in cases} == {"example.org", "[192.0.2.1]"}
        assert reported() == []

    def test_the_same_place_twice_is_two_cases(self) -> None:
        """A pass never stands for a failure of the same name."""
        check = examples.healthy()
        host = check.verdict.hosts[0]
        twice = replace(host, endpoints=(host.endpoints[0], replace(host.endpoints[0], word=HostWord.DANE_FAIL)))
        cases = reported(replace(check, verdict=replace(check.verdict, hosts=(twice,))))
        assert [case.outcome for case in cases[:2]] == ["", "failure"]


class TestHostile:
    """Text of the network is text, in attributes and in bodies."""

    @pytest.mark.parametrize(
        "payload",
        [*PAYLOADS.values(), "\ufffe", "\uffff", "]]>", "<!--", "&lt;x&gt;", "<failure/>", "\U0001f4a9"],
        ids=lambda payload: repr(payload)[:20],
    )
    def test_nothing_steers_xml_or_terminal(self, payload: str) -> None:
        """The same cases as for plain text, and no control character in any."""
        cases = reported(everywhere(payload))
        plain = reported(everywhere("plain"))
        assert [case.outcome for case in cases] == [case.outcome for case in plain]
        for case in cases:
            for text in (case.classname, case.name, case.message, case.text.replace("\n", "")):
                assert not {unicodedata.category(one) for one in text} & {"Cc", "Cf", "Zl", "Zp", "Cs", "Cn"}

    def test_lines_are_bounded(self) -> None:
        """A megabyte in a sentence stays out of the report."""
        check = examples.broken()
        long = replace(check, verdict=replace(check.verdict, sentence="x" * 1_000_000))
        assert len(checks_to_junit([long], 1)) < len(checks_to_junit([check], 1)) + 3000


def outcomes(rehearsed: Rehearsal) -> dict[str, str]:
    return by_name(read_junit(rehearsal_to_junit(rehearsed)))


class TestRehearsals:
    """What is going to be published or deployed."""

    def test_a_good_change(self) -> None:
        """Everything passes, and hygiene stands beside it."""
        rehearsed = offline([EE_OLD, EE_NEW], NEW, previous=[EE_OLD, EE_NEW], expect=["3 1 1"])
        assert rehearsed.exit_status == 0
        assert outcomes(rehearsed) == {
            "the candidate chain port 25 ECDSA": "",
            "a matching 3 1 1 record": "",
            "the host": "",
            "the rules for publishers": "",
            "the whole": "",
        }

    def test_a_bad_change(self) -> None:
        """The chain, the host and the whole fail; the line to publish is in the text."""
        rehearsed = offline([EE_OLD], NEW)
        assert [name for name, outcome in outcomes(rehearsed).items() if outcome != "failure"] == [
            "the rules for publishers"
        ]
        (host,) = [case for case in read_junit(rehearsal_to_junit(rehearsed)) if case.name == "the host"]
        assert host.classname == HOST
        assert EE_NEW in host.text

    @pytest.mark.parametrize(
        ("options", "failed"),
        [
            ({"previous": [EE_OLD]}, {"the rules for publishers", "the whole"}),
            ({"expect": ["2 1 1"]}, {"a matching 2 1 1 record", "the whole"}),
        ],
    )
    def test_rules_and_expectations_fail_where_the_chain_is_well(self, options, failed: set[str]) -> None:
        """The exit status is 1, and so a case fails."""
        rehearsed = offline([EE_NEW], NEW, **options)
        assert rehearsed.exit_status == 1
        assert {name for name, outcome in outcomes(rehearsed).items() if outcome == "failure"} == failed

    def test_records_that_protect_nobody(self) -> None:
        """Exit 3 is no pass."""
        rehearsed = offline(["3 1 1 abcd"], NEW)
        assert rehearsed.exit_status == 3
        assert outcomes(rehearsed)["the whole"] == "failure"

    def test_an_expectation_that_could_not_be_told(self) -> None:
        """It is an error, not a failure."""
        rehearsed = offline([EE_NEW], NEW, expect=["3 1 1"])
        host = rehearsed.hosts[0]
        unknown = replace(host, expectations=(replace(host.expectations[0], met=None),))
        assert outcomes(replace(rehearsed, hosts=(unknown,)))["a matching 3 1 1 record"] == "error"

    def test_several_keys(self) -> None:
        """Each type of certificate is a case, and one whose record is missing fails alone."""
        rsa = chain("rsa", KeyKind.RSA)
        found = outcomes(offline([EE_NEW], NEW, rsa))
        assert found["the candidate chain port 25 ECDSA"] == ""
        assert found["the candidate chain port 25 RSA"] == "failure"
        assert found["the whole"] == "failure"

    @pytest.mark.parametrize("status", [0, 1, 3, 4, 5])
    def test_a_mail_domain_is_a_case(self, status: int) -> None:
        """With what was found about it; one that is not concerned is skipped."""
        said = finding(Code.MX_BOGUS, About("example.org"), why="the signature is wrong")
        mail = MailRehearsal("example.org", Would.CANNOT_TELL, status, None, "mx-bogus", (said,), (HOST,))
        cases = read_junit(rehearsal_to_junit(replace(offline([EE_NEW], NEW), mail=(mail,))))
        (case,) = [one for one in cases if one.classname == "example.org"]
        assert (case.name, case.outcome) == ("the mail domain", OF_STATUS[status])
        assert "the signature is wrong" in case.text

    def test_what_was_noticed_of_a_zone_file(self) -> None:
        """It stands with the whole."""
        said = finding(Code.MX_BOGUS, About("example.org"), why="the signature is wrong")
        rehearsed = replace(offline([EE_NEW], NEW), remarks=(said,))
        assert "the signature is wrong" in read_junit(rehearsal_to_junit(rehearsed))[-1].text

    def test_one_host_of_two_mail_domains(self) -> None:
        """Its cases do not hide each other's."""
        rehearsed = offline([EE_OLD], NEW)
        twice = tuple(replace(rehearsed.hosts[0], domain=domain) for domain in ("a.example", "b.example"))
        cases = read_junit(rehearsal_to_junit(replace(rehearsed, hosts=twice)))
        assert {case.classname for case in cases} == {f"{HOST} for a.example", f"{HOST} for b.example", "preflight"}

    def test_the_order_of_steps_stands_beside(self) -> None:
        """What changes first, told with the host."""
        rehearsed = offline([EE_OLD, EE_NEW], NEW, previous=[EE_OLD, EE_NEW])
        (host,) = [case for case in read_junit(rehearsal_to_junit(rehearsed)) if case.name == "the host"]
        assert "order  the candidate chain port 25 ECDSA: " in host.text


@pytest.mark.parametrize(
    "text",
    [
        "<testsuite/>",
        '<testsuites name="x" tests="1" failures="0" errors="0" skipped="0"/>',
        '<testsuites name="x" tests="0" failures="0" errors="0" skipped="0"><testsuite/></testsuites>',
        '<!DOCTYPE x><testsuites name="x" tests="0" failures="0" errors="0" skipped="0"/>',
    ],
)
def test_the_reader_is_strict(text: str) -> None:
    """A reader that took anything would show nothing."""
    with pytest.raises(ValueError):  # noqa: PT011 - any of its reasons
        read_junit(text)
