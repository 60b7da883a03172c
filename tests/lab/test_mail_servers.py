"""The scripted servers play their parts, as a client made of asyncio and ssl alone sees them."""

from __future__ import annotations

import asyncio
import ssl
import warnings
from collections.abc import Awaitable, Callable
from typing import TypeVar

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from dane_check.lab import Lab, Scenario, Session
from dane_check.network.dialer import TcpDialer
from dane_check.ports import DialFailure, Fault
from tests.lab.asking import in_lab, scenario
from tests.lab.talking import Client, leaf

T = TypeVar("T")


def one(server: str) -> Scenario:
    """A scenario with one server, mx."""
    return scenario(f'[[zone]]\nrecords = "mx A {{A}}"\n[[server]]\n{server}\n')


def talk(server: str, act: Callable[[Client], Awaitable[T]], **options: float) -> tuple[T, tuple[Session, ...]]:
    """What a conversation came to, and what the server noted."""

    async def run(lab: Lab) -> tuple[T, tuple[Session, ...]]:
        client = await Client.connect(lab)
        try:
            return await act(client), lab.seen("one.test")
        finally:
            client.close()

    return in_lab(one(server), run, **options)


def test_the_usual_session() -> None:
    """Greeting, EHLO with STARTTLS, TLS, EHLO without it, QUIT; the notes tell all of it."""

    async def act(client: Client) -> tuple[str, str]:
        tls = await client.start_tls("mx.one.test")
        assert tls.version() == "TLSv1.3"
        return await client.say("EHLO again.example"), await client.say("QUIT")

    (ehlo, bye), (session,) = talk("", act)
    assert "STARTTLS" not in ehlo
    assert bye.startswith("221")
    assert (session.server, session.address, session.sni) == ("mx", "192.0.2.1", "mx.one.test")
    assert session.commands == ("EHLO client.example", "STARTTLS", "EHLO again.example", "QUIT")


def test_no_sni_is_noted_as_none() -> None:
    """A handshake without a server name leaves none in the notes."""

    async def act(client: Client) -> str:
        await client.start_tls()
        return await client.say("NOOP")

    _, (session,) = talk("", act)
    assert (session.sni, session.tls) == (None, "TLSv1.3")


@pytest.mark.parametrize(
    ("script", "commands", "expected"),
    [
        ('greeting = "554 no"', [], "554 no"),
        ('greeting = "220-a\\n220 b"', [], "220-a\n220 b"),
        ('capabilities = ["SIZE"]', ["EHLO x"], "250-mx.one.test\n250 SIZE"),
        ("capabilities = []", ["EHLO x"], "250 mx.one.test"),
        ('ehlo = "502 no"', ["EHLO x"], "502 no"),
        ('ehlo = "502 no"', ["EHLO x", "HELO x"], "250 mx.one.test"),
        ('helo = "550 no"', ["HELO x"], "550 no"),
        ('starttls = "454 later"', ["EHLO x", "STARTTLS"], "454 later"),
        ("", ["MAIL FROM:<a@b>"], "502 5.5.1 the lab takes no mail"),
        ('greeting = "220 \\u001b[31m\\u202e<b>"', [], "220 \x1b[31m\u202e<b>"),
    ],
)
def test_replies_are_as_scripted(script: str, commands: list[str], expected: str) -> None:
    """Each reply can be written out; hostile text goes out as it is."""

    async def act(client: Client) -> str:
        said = await client.reply()
        for command in commands:
            said = await client.say(command)
        return said

    assert talk(script, act)[0] == expected


def test_injected_octets_travel_with_the_220() -> None:
    """What is injected arrives in the same segment as the reply to STARTTLS."""

    async def act(client: Client) -> bytes:
        await client.reply()
        await client.say("EHLO x")
        client.writer.write(b"STARTTLS\r\n")
        return await client.reader.read(4096)

    said, _ = talk('inject = "250 evil\\r\\n"', act)
    assert said.startswith(b"220 ")
    assert said.endswith(b"\r\n250 evil\r\n")


@pytest.mark.parametrize(("stage", "before"), [("greeting", 0), ("ehlo", 1), ("starttls", 2)])
def test_sessions_close_where_they_should(stage: str, before: int) -> None:
    """The connection ends in an orderly way instead of the reply of that stage."""

    async def act(client: Client) -> list[str]:
        said = [await client.reply()]
        for command in ["EHLO x", "STARTTLS"][:before]:
            said.append(await client.say(command))
        return said

    said, _ = talk(f'closes = "{stage}"', act)
    assert said[-1] == ""
    assert all(said[:-1])


@pytest.mark.parametrize("how", ["closes", "resets", "silent"])
def test_the_handshake_can_be_cut(how: str) -> None:
    """After the ClientHello the server closes, resets, or says nothing more."""

    async def act(client: Client) -> type[BaseException]:
        with pytest.raises((OSError, TimeoutError)) as caught:
            async with asyncio.timeout(0.1 if how == "silent" else 10):
                await client.start_tls("mx.one.test")
        return caught.type

    kind, (session,) = talk(f'{how} = "handshake"', act)
    assert session.tls is None
    assert issubclass(kind, TimeoutError) is (how == "silent")
    if how == "resets":
        assert issubclass(kind, ConnectionResetError)


def test_garbage_is_not_tls() -> None:
    """The client's TLS library refuses what comes in place of a ServerHello."""

    async def act(client: Client) -> str:
        with pytest.raises(ssl.SSLError) as caught:
            await client.start_tls("mx.one.test")
        return str(caught.value)

    assert "WRONG_VERSION" in talk('garbage = "HTTP/1.1 400 Bad Request\\r\\n"', act)[0].upper()


def test_old_versions_only() -> None:
    """A server held to TLS 1.1 serves an old client and refuses a new one."""

    async def new(client: Client) -> None:
        with pytest.raises(ssl.SSLError):
            await client.start_tls("mx.one.test", minimum_version=ssl.TLSVersion.TLSv1_2)

    async def old(client: Client) -> str | None:
        with warnings.catch_warnings(action="ignore"):
            return (await client.start_tls("mx.one.test", minimum_version=ssl.TLSVersion.TLSv1)).version()

    talk('tls = ["1.0", "1.1"]', new)
    assert talk('tls = ["1.0", "1.1"]', old)[0] == "TLSv1.1"


def test_both_kinds_of_certificate() -> None:
    """With an RSA and an ECDSA chain the client's ciphers decide which one is served."""
    chains = '[[server.certificate]]\nkey = "ecdsa"\n[[server.certificate]]\nkey = "rsa"\n'

    async def served(lab: Lab) -> list[type]:
        found = []
        for kind in ("aRSA", "aECDSA"):
            client = await Client.connect(lab)
            await client.reply()
            await client.say("EHLO x")
            await client.say("STARTTLS")
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            context.maximum_version = ssl.TLSVersion.TLSv1_2
            context.set_ciphers(kind)
            await client.writer.start_tls(context)
            key = leaf(client.writer.get_extra_info("ssl_object")).public_key()
            found.append(RSAPublicKey if isinstance(key, RSAPublicKey) else EllipticCurvePublicKey)
            client.close()
        return found

    assert in_lab(one(chains), served) == [RSAPublicKey, EllipticCurvePublicKey]


def test_sni_picks_the_chain() -> None:
    """A chain kept for one SNI value is served for it alone; all others get the chain without one."""
    chains = '[[server.certificate]]\nsni = "a.example"\nnames = ["a"]\n[[server.certificate]]\nnames = ["b"]\n'

    async def served(lab: Lab) -> list[str]:
        names = []
        for sni in ("a.example", "mx.one.test", None):
            client = await Client.connect(lab)
            certificate = leaf(await client.start_tls(sni))
            names.append(certificate.subject.rfc4514_string()[3:4])
            client.close()
        return names

    assert in_lab(one(chains), served) == ["a", "b", "b"]


def test_weak_keys_are_served() -> None:
    """An RSA key of 768 bits reaches a client that is willing to look at it."""

    async def act(client: Client) -> int:
        key = leaf(await client.start_tls("mx.one.test")).public_key()
        assert isinstance(key, RSAPublicKey)
        return key.key_size

    assert talk('certificate = { key = "rsa-768" }', act)[0] == 768


@pytest.mark.parametrize(("port", "fault"), [("closed", Fault.REFUSED), ("blackhole", Fault.TIMEOUT)])
def test_ports_that_do_not_answer(port: str, fault: Fault) -> None:
    """A closed port refuses, a black hole times out, at once; both by the DNS address and port 25."""

    async def act(lab: Lab) -> object:
        (address,) = lab.addresses("one.test")["mx"]
        return await lab.dialer(TcpDialer()).open(address, 25)

    failure = in_lab(one(f'port = "{port}"'), act)
    assert isinstance(failure, DialFailure)
    assert failure.fault is fault


def test_only_the_lab_can_be_reached() -> None:
    """Other addresses and other ports lead nowhere."""

    async def act(lab: Lab) -> list[object]:
        dialer = lab.dialer(TcpDialer())
        (address,) = lab.addresses("one.test")["mx"]
        return [await dialer.open(address, 587), await dialer.open("127.0.0.1", lab.resolver.port)]

    for failure in in_lab(one(""), act):
        assert isinstance(failure, DialFailure)
        assert failure.fault is Fault.UNREACHABLE


def test_delay_is_felt_in_every_turn() -> None:
    """Two delays before the greeting, one before each reply and each of the server's TLS flights."""

    async def act(client: Client) -> float:
        loop = asyncio.get_running_loop()
        before = loop.time()
        await client.start_tls("mx.one.test")
        return loop.time() - before

    took, _ = talk("", act, delay=0.02)
    assert took >= 5 * 0.02


def test_a_tarpit_is_slow() -> None:
    """The seconds of the script pass before the greeting."""

    async def act(client: Client) -> float:
        loop = asyncio.get_running_loop()
        before = loop.time()
        await client.reply()
        return loop.time() - before

    assert talk("seconds = 0.05", act)[0] >= 0.045
