"""Stories of zones: hosts that are forgotten, names that hide others, zones without signatures, typing errors."""

from __future__ import annotations

from dane_check.findings import Code
from tests.docs.playing import HOST, Served, Step, Story, World
from tests.docs.tales.keys import CHECK, OLD, OLD_RECORD, rehearsed, typed, world

_HEAD = """\
$ORIGIN example.org.
$TTL 3600
@          SOA   ns.test. hostmaster 2026030201 7200 3600 604800 300
@          NS    ns.test.
@          MX    10 mx
mx         A     192.0.2.1
"""
SECOND = Served("mx2", host="mx2.example.org")
SECOND_RECORD = SECOND.record("3 1 1")


def zone(*lines: str) -> str:
    """The zone file with these lines."""
    return _HEAD + "".join(f"{line}\n" for line in lines)


def _tlsa(owner: str, record: str) -> str:
    return f"{owner} TLSA {record}"


_FIRST_MX = _tlsa("_25._tcp.mx", OLD_RECORD)
_SECOND_MX = ("@ MX 20 mx2", "mx2 A 192.0.2.2")
_BOTH_SERVERS = (OLD, SECOND)

SECOND_MX = Story(
    "A second MX, with a certificate of its own",
    "A second mail host is set up, for bad days. It has its own certificate, and an attacker may choose it as well as "
    "anybody: a domain is as well protected as its worst MX host.",
    {
        "old.zone": zone(_FIRST_MX),
        "new.zone": zone(_FIRST_MX, *_SECOND_MX),
        "whole.zone": zone(_FIRST_MX, *_SECOND_MX, _tlsa("_25._tcp.mx2", SECOND_RECORD)),
    },
    (
        Step(
            0,
            "The server is up, and the zone with the new MX record is ready. May it be published?",
            (
                typed(
                    "dane-check preflight --zone new.zone --old-zone old.zone example.org",
                    1,
                    Code.MX_HOST_FORGOTTEN,
                    Code.MX_COVERAGE_PARTIAL,
                    Code.ROLLOVER_NONE,
                    Code.TLSA_ABSENT,
                ),
            ),
            World(("@ MX 10 mx", _FIRST_MX), _BOTH_SERVERS),
        ),
        Step(
            5,
            "With the line that it prints.",
            (typed("dane-check preflight --zone whole.zone --old-zone old.zone example.org -q"),),
        ),
        Step(
            10,
            "Colleagues have published the first zone, in a hurry. The check sees it.",
            (typed("dane-check example.org", 3, Code.MX_COVERAGE_PARTIAL, Code.TLSA_ABSENT),),
            World(("@ MX 10 mx", "@ MX 20 mx2", _FIRST_MX), _BOTH_SERVERS),
        ),
        Step(
            15,
            "Now the right one. Nothing has to wait: where there was no record, nobody was refused.",
            (CHECK,),
            World(("@ MX 10 mx", "@ MX 20 mx2", _FIRST_MX, _tlsa("_25._tcp.mx2", SECOND_RECORD)), _BOTH_SERVERS),
        ),
    ),
)

_WILDCARD = _tlsa("*._tcp.mx", OLD_RECORD)
_NOTE = '_25._tcp.mx TXT "mail, ask the postmaster"'

WILDCARD = Story(
    "A name that hides a wildcard",
    "One wildcard, `*._tcp.mx`, has the TLSA record for every port. Somebody adds a TXT record at `_25._tcp.mx`, and "
    "for that name the wildcard is gone (RFC 4592), and DANE with it.",
    {
        "old.zone": zone(_WILDCARD),
        "new.zone": zone(_WILDCARD, _NOTE),
        "good.zone": zone(_WILDCARD, _NOTE, _FIRST_MX),
    },
    (
        Step(
            0,
            "Before it is published:",
            (
                CHECK,
                typed(
                    "dane-check preflight --zone new.zone --old-zone old.zone",
                    1,
                    Code.TLSA_WILDCARD_SHADOW,
                    Code.TLSA_ABSENT,
                ),
            ),
            World(("@ MX 10 mx", _WILDCARD), (OLD,)),
        ),
        Step(
            5,
            "Nobody asked, and it is published. Mail flows, so nobody notices; the monitoring does.",
            (typed("dane-check example.org", 3, Code.TLSA_ABSENT),),
            World(("@ MX 10 mx", _WILDCARD, _NOTE), (OLD,)),
        ),
        Step(
            10,
            "The record is given to the name itself.",
            (typed("dane-check preflight --zone good.zone --old-zone new.zone -q"),),
        ),
        Step(15, "Published.", (CHECK,), World(("@ MX 10 mx", _WILDCARD, _NOTE, _FIRST_MX), (OLD,))),
    ),
)

FIRST = Story(
    "The first records, in a zone that is not signed",
    "Somebody read about DANE and wants TLSA records at once. The zone is not signed, and in an unsigned zone they "
    "protect nobody.",
    {},
    (
        Step(
            0,
            "May the first records be published, and which?",
            (typed("dane-check preflight example.org", 1, Code.MX_INSECURE, Code.ADDR_INSECURE),),
            world(OLD, signed=False),
        ),
        Step(
            1440,
            "A day later the zone is signed, and its DS record stands in the parent.",
            (typed("dane-check preflight example.org"),),
            world(OLD),
        ),
        Step(1445, "The line is published.", (CHECK,), world(OLD, OLD_RECORD)),
        Step(
            1450,
            "And before the first key change, the record of the next key, as in *Just right*.",
            (rehearsed(OLD_RECORD, Served("renewed").record("3 1 1")),),
        ),
        Step(1455, "Both stand there.", (CHECK,), world(OLD, OLD_RECORD, Served("renewed").record("3 1 1"))),
    ),
)

_MISPLACED = _tlsa(f"_25._tcp.{HOST}", OLD_RECORD)
_MISTYPED = OLD_RECORD[:-2] + OLD_RECORD[:-3:-1]

TYPO = Story(
    "Typing errors in the zone file",
    "The line was copied by hand, and it went wrong in every way that there is. `preflight` reads the file before the "
    "name servers do.",
    {
        "short.zone": zone(_FIRST_MX[:-1]),
        "digits.zone": zone(_tlsa("_25._tcp.mx", _MISTYPED)),
        "dot.zone": zone(_MISPLACED),
        "mail.zone": zone(_FIRST_MX).replace("MX    10 mx", f"MX    10 {HOST}"),
        "good.zone": zone(_FIRST_MX),
    },
    (
        Step(
            0,
            "A digit was lost: that is no record, and the file and the line are told.",
            (typed("dane-check preflight --zone short.zone", 2),),
            world(OLD),
        ),
        Step(
            5,
            "Two digits changed places: a record, but of nothing that exists.",
            (typed("dane-check preflight --zone digits.zone", 1, Code.TLSA_TYPO, Code.ROLLOVER_NONE),),
        ),
        Step(
            10,
            "The dot at the end of the name is missing.",
            (typed("dane-check preflight --zone dot.zone", 1, Code.TLSA_MISPLACED, Code.TLSA_ABSENT),),
        ),
        Step(
            12,
            "That is repaired, and forgotten at another name: the TLSA record is good, and mail is gone altogether.",
            (
                typed(
                    "dane-check preflight --zone mail.zone",
                    1,
                    Code.MX_NONE,
                    Code.MX_TARGET_MISSING,
                    Code.ROLLOVER_NONE,
                ),
            ),
        ),
        Step(15, "At last.", (typed("dane-check preflight --zone good.zone -q"),)),
        Step(20, "Published.", (CHECK,), world(OLD, OLD_RECORD)),
    ),
)

STORIES = (SECOND_MX, WILDCARD, FIRST, TYPO)
