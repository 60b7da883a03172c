"""Stories of keys and certificates that change, and of the records that name them."""

from __future__ import annotations

from dane_check.findings import Code
from dane_check.lab.keys import KeyKind
from tests.docs.playing import HOST, Served, Step, Story, Typed, World

OLD, RENEWED = Served("old"), Served("renewed")
OLD_RECORD, RENEWED_RECORD = OLD.record("3 1 1"), RENEWED.record("3 1 1")
FILES = {"fullchain.pem": OLD.pem, "renewed.pem": RENEWED.pem}

CHECK = Typed("dane-check example.org")
MAY = "dane-check rollover --may-switch example.org --chain renewed.pem"
PLAN = "dane-check rollover example.org --chain renewed.pem"


def world(served: Served, *records: str, signed: bool = True) -> World:
    """One MX host with these TLSA records."""
    tlsa = tuple(f"_25._tcp.mx TLSA {one}" for one in records)
    return World(("@ MX 10 mx", *tlsa), (served,), signed)


def typed(line: str, status: int = 0, *codes: Code) -> Typed:
    """A command and what must come of it."""
    return Typed(line, status, frozenset(codes))


def rehearsed(*records: str, codes: tuple[Code, ...] = (), status: int = 0, quiet: bool = True) -> Typed:
    """The set of records that is to be published next, as a plan writes the command."""
    more = "".join(f" --tlsa '{one}'" for one in records)
    return typed(f"dane-check preflight {'-q ' if quiet else ''}--name {HOST}{more}", status, *codes)


FORGOTTEN = Story(
    "A renewed key without a new record",
    "On Monday at nine certbot renewed the certificate, with a new key, and reloaded Postfix. Nobody had thought of "
    "the TLSA record, which names the old key; mail from some senders is late, and the old key is deleted.",
    {"renewed.pem": RENEWED.pem},
    (
        Step(
            0,
            "What is wrong?",
            (typed("dane-check example.org", 1, Code.TLSA_STALE_EE),),
            world(RENEWED, OLD_RECORD),
        ),
        Step(2, "And what is to be done, in which order?", (typed(PLAN, 1),)),
        Step(
            5,
            "The line is published, beside the old one. From now on nobody learns the wrong set any more; caches that "
            "hold it drop it within its TTL, an hour.",
            (CHECK,),
            world(RENEWED, OLD_RECORD, RENEWED_RECORD),
        ),
        Step(
            70,
            "No cache holds the old set alone any more. What names nothing is removed.",
            (rehearsed(RENEWED_RECORD),),
        ),
        Step(75, "That is published, and mail is protected again.", (CHECK,), world(RENEWED, RENEWED_RECORD)),
    ),
)

TOO_EARLY = Story(
    "Too early: the switch before the record is known everywhere",
    "The record of the next key was published at 09:20, and somebody is in a hurry. Caches may hold the set without it "
    "until 10:20, and senders that use these refuse the new key.",
    FILES,
    (
        Step(
            -1440,
            "The day before. A timer runs the command from the first day on, so that it knows since when every server "
            "has had each record.",
            (typed("dane-check rollover -q example.org --chain fullchain.pem"),),
            world(OLD, OLD_RECORD),
        ),
        Step(
            20,
            "The record is published. May the switch be made?",
            (typed(MAY, 1),),
            world(OLD, OLD_RECORD, RENEWED_RECORD),
        ),
        Step(
            30,
            "It is made all the same. A check asks the servers of the zone, not the caches of the world, so it finds "
            "no fault; the plan knows better.",
            (CHECK, typed(PLAN, 0)),
            world(RENEWED, OLD_RECORD, RENEWED_RECORD),
        ),
        Step(
            35,
            "The way out is the way back, as long as the old key is at hand: its record is still in every cache.",
            (typed("dane-check rollover --may-switch example.org --chain fullchain.pem"),),
        ),
        Step(40, "The old chain is served again.", (CHECK,), world(OLD, OLD_RECORD, RENEWED_RECORD)),
        Step(140, "Two TTLs after the record came.", (typed(MAY),)),
        Step(145, "Now the switch harms nobody.", (CHECK,), world(RENEWED, OLD_RECORD, RENEWED_RECORD)),
    ),
)

TOO_LATE = Story(
    "Too late: the record after the switch",
    "The new chain went into service at nine, and the record was to follow after lunch. Until it does, and an hour "
    "longer, senders that use DANE refuse every mail.",
    FILES,
    (
        Step(
            0,
            "The check says what is wrong, and the plan for the chain before says that it would be a cure.",
            (
                typed("dane-check example.org -q", 1, Code.TLSA_STALE_EE),
                typed("dane-check rollover example.org --chain fullchain.pem", 1),
            ),
            world(RENEWED, OLD_RECORD),
        ),
        Step(
            5,
            "The old chain is served again, and the harm is over at once: its record was never away.",
            (CHECK,),
            world(OLD, OLD_RECORD),
        ),
        Step(10, "Now in the right order.", (typed(PLAN),)),
        Step(
            15,
            "The record is published, and the guard asked.",
            (typed(MAY, 1),),
            world(OLD, OLD_RECORD, RENEWED_RECORD),
        ),
        Step(135, "Two TTLs later.", (typed(MAY),)),
        Step(140, "The switch.", (CHECK,), world(RENEWED, OLD_RECORD, RENEWED_RECORD)),
    ),
)

JUST_RIGHT = Story(
    "Just right",
    "The same change, planned. Everything that is typed is what the plan says is to be run before each step.",
    FILES,
    (
        Step(0, "The plan.", (typed(PLAN),), world(OLD, OLD_RECORD)),
        Step(
            5,
            "Step 1: the command must exit with 0, and then the line is published.",
            (rehearsed(OLD_RECORD, RENEWED_RECORD, quiet=False, codes=(Code.TLSA_SOME_UNMATCHED,)),),
        ),
        Step(
            10,
            "It is there. The guard sees it for the first time, and counts from now on.",
            (typed(f"dane-check rollover --may-switch --name {HOST} --chain renewed.pem", 1),),
            world(OLD, OLD_RECORD, RENEWED_RECORD),
        ),
        Step(
            130,
            "Step 3, two TTLs later.",
            (typed(f"dane-check rollover --may-switch --name {HOST} --chain renewed.pem"),),
        ),
        Step(
            135,
            "Step 4: the new chain is served.",
            (typed(f"dane-check --host {HOST}"),),
            world(RENEWED, OLD_RECORD, RENEWED_RECORD),
        ),
        Step(
            140,
            "Step 5: the old record names nothing any more.",
            (rehearsed(RENEWED_RECORD, quiet=False, codes=(Code.ROLLOVER_NONE,)),),
        ),
        Step(
            145,
            "It is removed. The plan has nothing left.",
            (CHECK, typed(PLAN)),
            world(RENEWED, RENEWED_RECORD),
        ),
    ),
)

R12, R13 = Served("old", issuer="R12"), Served("renewed", issuer="R13")

ISSUER = Story(
    "The CA changes its intermediate",
    "The record is `2 1 1` and names the intermediate R12 of Let's Encrypt, so that keys may change at will. This "
    "renewal was issued by R13, as Let's Encrypt does without notice.",
    {"fullchain.pem": R12.pem, "renewed.pem": R13.pem},
    (
        Step(
            0,
            "Before the deployment: would it still match?",
            (
                typed(
                    "dane-check preflight example.org --chain renewed.pem",
                    1,
                    Code.TLSA_STALE_TA,
                    Code.ROLLOVER_NONE,
                ),
                typed(PLAN),
            ),
            world(R12, R12.record("2 1 1")),
        ),
        Step(
            5,
            "The record of R13 is published beside that of R12; the certificate waits.",
            (typed(MAY, 1),),
            world(R12, R12.record("2 1 1"), R13.record("2 1 1")),
        ),
        Step(125, "Two TTLs later.", (typed(MAY),)),
        Step(130, "The switch.", (CHECK,), world(R13, R12.record("2 1 1"), R13.record("2 1 1"))),
        Step(
            135,
            "The record of R12 may stay: the next renewal may be issued by R12 again. Whoever wants no more surprises "
            "of this kind goes over to `3 1 1`, as in the next story.",
            (rehearsed(R12.record("2 1 1"), R13.record("2 1 1")),),
        ),
    ),
)

TO_THE_KEY = Story(
    "From `2 1 1` to `3 1 1`",
    "The record names the issuer, and is to name the server's own key instead. The chain in service stays what it is.",
    {"fullchain.pem": R12.pem},
    (
        Step(
            0,
            "The plan: no switch, so no wait.",
            (typed("dane-check rollover example.org --chain fullchain.pem --scheme 3-1-1"),),
            world(R12, R12.record("2 1 1")),
        ),
        Step(
            5,
            "The new record stands beside the old one; both name the chain.",
            (CHECK, rehearsed(R12.record("3 1 1"), quiet=False, codes=(Code.ROLLOVER_NONE,))),
            world(R12, R12.record("2 1 1"), R12.record("3 1 1")),
        ),
        Step(
            10,
            "The old one is gone.",
            (CHECK, typed("dane-check rollover example.org --chain fullchain.pem --scheme 3-1-1")),
            world(R12, R12.record("3 1 1")),
        ),
    ),
)

DIGEST = Story(
    "Adding SHA-512",
    "A policy asks for SHA2-512 beside SHA2-256. There are two records already, for the key in service and the next "
    "one, and the digest must be added for both: senders that know SHA2-512 look at nothing else.",
    {"fullchain.pem": OLD.pem, "next.key": RENEWED.chain.leaf.key_pem().decode("ascii")},
    (
        Step(
            0,
            "First try: the digest of the key in service only.",
            (
                rehearsed(
                    OLD_RECORD,
                    RENEWED_RECORD,
                    OLD.record("3 1 2"),
                    quiet=False,
                    status=1,
                    codes=(Code.DIGEST_SETS_DIFFER, Code.TLSA_SOME_UNMATCHED),
                ),
            ),
            world(OLD, OLD_RECORD, RENEWED_RECORD),
        ),
        Step(
            5,
            "The plan, and both lines.",
            (
                typed("dane-check rollover example.org --chain fullchain.pem --scheme 3-1-1+3-1-2"),
                typed(f"dane-check tlsa fullchain.pem --key next.key --host {HOST} --scheme 3-1-2"),
                rehearsed(OLD_RECORD, RENEWED_RECORD, OLD.record("3 1 2"), RENEWED.record("3 1 2")),
            ),
        ),
        Step(
            10,
            "All four are published, in one edit.",
            (CHECK,),
            world(OLD, OLD_RECORD, RENEWED_RECORD, OLD.record("3 1 2"), RENEWED.record("3 1 2")),
        ),
    ),
)

RSA = Served("old", KeyKind.RSA)

TO_ECDSA = Story(
    "From RSA to ECDSA",
    "The server has one RSA certificate, and is to have one ECDSA certificate in its place. To senders that is a key "
    "change like any other.",
    {"fullchain.pem": RSA.pem, "ecdsa.pem": RENEWED.pem},
    (
        Step(
            0,
            "The plan.",
            (typed("dane-check rollover example.org --chain ecdsa.pem"),),
            world(RSA, RSA.record("3 1 1")),
        ),
        Step(
            5,
            "The record of the ECDSA key is published.",
            (typed("dane-check rollover --may-switch example.org --chain ecdsa.pem", 1),),
            world(RSA, RSA.record("3 1 1"), RENEWED_RECORD),
        ),
        Step(125, "Two TTLs later.", (typed("dane-check rollover --may-switch example.org --chain ecdsa.pem"),)),
        Step(
            130,
            "The switch. A check asks for each certificate type by itself: had RSA stayed in service, a second line "
            "would tell of it, and its record would have to stay.",
            (CHECK, rehearsed(RENEWED_RECORD)),
            world(RENEWED, RSA.record("3 1 1"), RENEWED_RECORD),
        ),
        Step(135, "The record of the RSA key is removed.", (CHECK,), world(RENEWED, RENEWED_RECORD)),
    ),
)

STORIES = (FORGOTTEN, TOO_EARLY, TOO_LATE, JUST_RIGHT, ISSUER, TO_THE_KEY, DIGEST, TO_ECDSA)
