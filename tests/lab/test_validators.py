"""What other validators make of the lab: Unbound's library and BIND's delv, where they are installed."""

from __future__ import annotations

import asyncio
import shutil
from pathlib import Path

import dns.flags
import pytest

from dane_check.lab import Lab
from tests.lab.asking import ask, scenario

UNBOUND = shutil.which("unbound-host")
DELV = shutil.which("delv")

WORLD = """
[[zone]]
records = \"\"\"
@           MX 10 mx
mx          A {A}
_25._tcp.mx TLSA 3 1 1 {ee}
*.wild      A 192.0.2.200
away        CNAME mx.three.test.
old         DNAME three.test.
out         CNAME mx.plain.test.
\"\"\"
[[zone]]
name = "three.test"
denial = "nsec3"
iterations = 5
salt = "0badcafe"
algorithm = 15
records = \"\"\"
mx     A 192.0.2.201
*.wild A 192.0.2.202
\"\"\"
[[zone]]
name = "span.test"
denial = "nsec3-opt-out"
algorithm = 8
records = "mx A 192.0.2.203"
[[zone]]
name = "child.span.test"
signed = false
records = "mx A 192.0.2.204"
[[zone]]
name = "sub.three.test"
algorithm = 14
ds = "sha384"
records = "mx A 192.0.2.205"
[[zone]]
name = "plain.test"
signed = false
records = "mx A 192.0.2.206"
[[zone]]
name = "island.test"
ds = "none"
records = "mx A 192.0.2.207"
[[zone]]
name = "future.test"
ds = "unknown-algorithm"
records = "mx A 192.0.2.208"
[[zone]]
name = "mistaken.test"
ds = "wrong"
records = "mx A 192.0.2.209"
[[zone]]
name = "spoiled.test"
denial = "nsec3"
records = \"\"\"
forged   A 192.0.2.210
expired  A 192.0.2.211
early    A 192.0.2.212
bad      A 192.0.2.213
bare     A 192.0.2.214
*.wild   A 192.0.2.215
\"\"\"
faults = [
  "forged A forged", "expired A expired", "early A not-yet-valid", "bad A bad-signature", "bare A unsigned",
  "forged AAAA no-denial", "x.wild A no-denial", "absent A bad-signature",
]
[[server]]
"""

SECURE = [
    "one.test MX",
    "mx.one.test A",
    "mx.one.test AAAA",
    "_25._tcp.mx.one.test TLSA",
    "_tcp.mx.one.test A",
    "absent.one.test A",
    "a.b.wild.one.test A",
    "a.b.wild.one.test AAAA",
    "away.one.test A",
    "mx.old.one.test A",
    "one.test DS",
    "plain.test DS",
    "mx.three.test A",
    "mx.three.test AAAA",
    "absent.three.test A",
    "a.b.wild.three.test A",
    "a.b.wild.three.test AAAA",
    "mx.sub.three.test A",
    "mx.span.test A",
]
INSECURE = [
    "mx.plain.test A",
    "mx.plain.test AAAA",
    "out.one.test A",
    "mx.child.span.test A",
    "mx.island.test A",
    "mx.future.test A",
]
BOGUS = [
    "mx.mistaken.test A",
    "forged.spoiled.test A",
    "expired.spoiled.test A",
    "early.spoiled.test A",
    "bad.spoiled.test A",
    "bare.spoiled.test A",
    "forged.spoiled.test AAAA",
    "x.wild.spoiled.test A",
    "absent.spoiled.test A",
]
EXPECTED = {q: s for s, qs in (("secure", SECURE), ("insecure", INSECURE), ("bogus", BOGUS)) for q in qs}


async def _run(*command: str) -> str:
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    said, _ = await process.communicate()
    return said.decode()


async def _by_unbound(lab: Lab, folder: Path, question: str) -> str:
    name, rdtype = question.split()
    said = await _run(UNBOUND or "", "-v", "-C", str(folder / "unbound.conf"), "-t", rdtype, name)
    lines = [line for line in said.splitlines() if line.endswith(")")]
    for word, status in (("(BOGUS", "bogus"), ("(insecure)", "insecure"), ("(secure)", "secure")):
        if any(word in line for line in lines) or (status == "bogus" and "validation failure" in said):
            return status
    return said


async def _by_delv(lab: Lab, folder: Path, question: str) -> str:
    name, rdtype = question.split()
    server, port = lab.resolver.address, str(lab.resolver.port)
    said = await _run(DELV or "", f"@{server}", "-p", port, "-a", str(folder / "anchor"), "+root=.", name, rdtype)
    for word, status in (("unsigned answer", "insecure"), ("fully validated", "secure"), ("failed", "bogus")):
        if word in said:
            return status
    return said


def _configure(lab: Lab, folder: Path) -> None:
    server = f"{lab.resolver.address}@{lab.resolver.port}"
    (folder / "anchors").write_text("".join(f"{anchor}\n" for anchor in lab.trust_anchor))
    (folder / "unbound.conf").write_text(
        f'server:\n trust-anchor-file: "{folder}/anchors"\n do-not-query-localhost: no\n'
        f' local-zone: "test." transparent\nforward-zone:\n name: "."\n forward-addr: {server}\n'
    )
    _, tag, algorithm, digest_type, digest = lab.trust_anchor[0].rsplit(maxsplit=4)
    (folder / "anchor").write_text(f'trust-anchors {{ "." static-ds {tag} {algorithm} {digest_type} "{digest}"; }};\n')


@pytest.mark.parametrize(
    "judge",
    [
        pytest.param(_by_unbound, marks=pytest.mark.skipif(not UNBOUND, reason="unbound-host is not installed")),
        pytest.param(_by_delv, marks=pytest.mark.skipif(not DELV, reason="delv (bind9-dnsutils) is not installed")),
    ],
    ids=["unbound", "delv"],
)
def test_other_validators_see_what_the_zones_were_made_to_be(judge: object, tmp_path: Path) -> None:
    """Secure, insecure and bogus names are just that to a validator which shares no code with this project."""

    async def act() -> dict[str, str]:
        async with Lab([scenario(WORLD)]) as lab:  # around the wall clock: these programs know no other
            _configure(lab, tmp_path)
            judged = (judge(lab, tmp_path, question) for question in EXPECTED)  # type: ignore[operator]
            return dict(zip(EXPECTED, await asyncio.gather(*judged), strict=True))

    assert asyncio.run(act()) == EXPECTED


def _authenticated(**options: bool) -> set[str]:
    async def act() -> set[str]:
        async with Lab([scenario(WORLD)], **options) as lab:  # type: ignore[arg-type]
            return {question for question in EXPECTED if (await ask(lab.resolver, question)).flags & dns.flags.AD}

    return asyncio.run(act())


def test_a_lab_that_authenticates_sets_ad_on_what_other_validators_find_secure_and_nowhere_else() -> None:
    """AD=1 says that all that is answered or denied is secure (RFC 4035 §3.2.3); without the option it is 0."""
    assert _authenticated(authenticates=True) == set(SECURE)
    assert _authenticated() == set()


def test_opt_out_and_endless_aliases_are_never_authenticated() -> None:
    """An opt-out denial proves nothing about the name, and an alias that never ends is no answer."""
    world = """
[[zone]]
denial = "nsec3-opt-out"
records = \"\"\"
round CNAME about
about CNAME round
mx    A {A}
\"\"\"
[[server]]
"""

    async def act() -> list[bool]:
        async with Lab([scenario(world)], authenticates=True) as lab:
            questions = ("mx.one.test A", "none.one.test A", "round.one.test A")
            return [bool((await ask(lab.resolver, one)).flags & dns.flags.AD) for one in questions]

    assert asyncio.run(act()) == [True, False, False]
