"""Each kind of trouble at the ports does what its name says, at the step it is aimed at."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable

import dns.name
import dns.rdatatype
import pytest

from dane_check.lab import load_scenarios
from dane_check.lab.faults import (
    CONNECTION,
    DnsFault,
    DnsTrouble,
    ErraticDialer,
    ErraticTransport,
    FaultyDialer,
    FaultyTransport,
    StreamFault,
    StreamTrouble,
)
from dane_check.lab.memory import MemoryLab
from dane_check.network.prober import SmtpProber
from dane_check.ports import (
    ByteStream,
    DialFailure,
    Fault,
    HandshakeFailure,
    Heard,
    NoReply,
    ProbeRequest,
    Question,
    Refusal,
    ServedChain,
    Server,
    Stage,
    StreamBroken,
)
from dane_check.wire.message import Message
from tests.faults.playing import NOW
from tests.faults.virtual_time import run
from tests.network import pki

LAB = MemoryLab(next(one for one in load_scenarios() if one.id == "ee-matches"), NOW)
HOST = dns.name.from_text("mx.ee-matches.test")
ADDRESS = Question(HOST, dns.rdatatype.A)
OTHER = Question(HOST, dns.rdatatype.AAAA)
HERE = LAB.resolver
SAID = [b"220 hello\r\n", b"250-hello\r\n250 STARTTLS\r\n", b"220 go\r\n"]
MIDDLE = len(SAID[1]) // 2


class Turns:
    """A dialer to a server that says one thing after each thing it hears, and first of all a greeting."""

    async def open(self, address: str, port: int) -> ByteStream | DialFailure:
        return _Turn()


class _Turn:
    def __init__(self) -> None:
        self._said = iter(SAID)
        self._left = next(self._said)

    async def read(self, octets: int) -> bytes:
        if not self._left:
            await asyncio.Event().wait()
        data, self._left = self._left[:octets], self._left[octets:]
        return data

    async def write(self, data: bytes) -> None:
        self._left += next(self._said, b"")

    async def close(self) -> None:
        return None


def ask(fault: DnsFault, *questions: Question) -> tuple[list[Heard], float, int]:
    """What is heard of questions put at once, the seconds it took, and how many questions came through."""
    asked = []

    class Counting:
        async def ask(self, question: Question, server: Server) -> Heard:
            asked.append(question)
            return await LAB.ask(question, server)

    async def act() -> list[Heard]:
        transport = FaultyTransport(Counting(), [fault])
        return list(await asyncio.gather(*(transport.ask(question, HERE) for question in questions)))

    ran = run(act())
    return ran.result, ran.seconds, len(asked)


def converse(*plan: StreamFault, address: str = "192.0.2.1", connections: int = 1) -> tuple[list[bytes | Fault], float]:
    """What each turn of the last session brings within 100 s, and the seconds until all was said."""

    async def act() -> list[bytes | Fault]:
        dialer = FaultyDialer(Turns(), plan)
        for _ in range(connections - 1):
            await dialer.open(address, 25)
        stream = await dialer.open(address, 25)
        if isinstance(stream, DialFailure):
            return [stream.fault]
        heard: list[bytes | Fault] = []
        for _ in SAID:
            heard.append(await _turn(stream))
            try:
                await stream.write(b"and?\r\n")
            except StreamBroken as broken:
                return [*heard, broken.fault]
        return heard

    ran = run(act())
    return ran.result, ran.seconds


async def _turn(stream: ByteStream) -> bytes | Fault:
    """Everything up to the next pause of 100 seconds, the end, or 2000 octets."""
    data = b""
    try:
        while len(data) < 2000:
            async with asyncio.timeout(100):
                more = await stream.read(100)
            if not more:
                return data + b"(end)"
            data += more
    except TimeoutError:
        return data
    except StreamBroken as broken:
        return data or broken.fault
    return data


class TestQuestions:
    """Trouble with one reply of a resolver."""

    @pytest.mark.parametrize(
        ("trouble", "fault"),
        [
            (DnsTrouble.DROP, Fault.TIMEOUT),
            (DnsTrouble.RESET, Fault.RESET),
            (DnsTrouble.TRUNCATE, Fault.MALFORMED),
            (DnsTrouble.ENDLESS, Fault.MALFORMED),
        ],
    )
    def test_what_cannot_be_used_is_no_reply(self, trouble: DnsTrouble, fault: Fault) -> None:
        """Half a message, or one of thousands of records, is worth as much as none."""
        (heard,), _, _ = ask(DnsFault(trouble), ADDRESS)
        assert isinstance(heard, NoReply)
        assert heard.fault is fault

    def test_only_the_name_and_type_asked_for_are_spoiled(self) -> None:
        """A fault is aimed at one question of the run."""
        fault = DnsFault(DnsTrouble.DROP, nth=1, rdtype=dns.rdatatype.A, name=HOST)
        heard, _, _ = ask(fault, Question(dns.name.root, dns.rdatatype.DNSKEY), OTHER, ADDRESS, ADDRESS)
        assert [isinstance(one, NoReply) for one in heard] == [False, False, True, False]

    def test_a_slow_reply_comes_octet_by_octet(self) -> None:
        """Every octet of it costs the same."""
        (heard,), seconds, _ = ask(DnsFault(DnsTrouble.SLOW_LORIS, seconds=2), ADDRESS)
        assert isinstance(heard, Message)
        assert seconds == 2 * len(heard.octets)

    def test_a_half_open_question_is_taken_and_never_answered(self) -> None:
        """Whoever has no deadline waits for days."""
        _, seconds, asked = ask(DnsFault(DnsTrouble.HALF_OPEN), ADDRESS)
        assert seconds > 24 * 3600
        assert asked == 1

    def test_a_doubled_question_is_asked_twice_and_answered_once(self) -> None:
        """Nothing else about it changes."""
        (heard,), _, asked = ask(DnsFault(DnsTrouble.DUPLICATE), ADDRESS)
        assert isinstance(heard, Message)
        assert asked == 2

    def test_a_reply_out_of_order_waits_for_another(self) -> None:
        """It comes after the next one, or when there is no other after the time given."""
        fault = DnsFault(DnsTrouble.REORDER, nth=1, rdtype=dns.rdatatype.A, seconds=5)
        assert ask(fault, ADDRESS, OTHER)[1] == 0
        assert ask(fault, ADDRESS)[1] == 5

    def test_stripped_replies_keep_their_records(self) -> None:
        """Signatures and denials are gone, and nothing else is."""
        (heard, denied), _, _ = ask(DnsFault(DnsTrouble.STRIP), ADDRESS, OTHER)
        assert isinstance(heard, Message)
        assert isinstance(denied, Message)
        assert [record.rdtype for record in heard.answer if record.rdtype < 256] == [dns.rdatatype.A]
        assert not [record for record in denied.authority if record.rdtype in (46, 47, 50)]

    def test_an_emptied_reply_says_nothing_at_all(self) -> None:
        """NOERROR, no records, no proof."""
        (heard,), _, _ = ask(DnsFault(DnsTrouble.EMPTY), ADDRESS)
        assert isinstance(heard, Message)
        assert (heard.rcode, heard.answer, heard.authority) == (0, (), ())


class TestTurns:
    """Trouble with one turn of a server."""

    @pytest.mark.parametrize(
        ("trouble", "becomes"),
        [
            (StreamTrouble.DROP, b""),
            (StreamTrouble.DELAY, SAID[1]),
            (StreamTrouble.TRUNCATE, SAID[1][:MIDDLE] + b"(end)"),
            (StreamTrouble.DUPLICATE, SAID[1] * 2),
            (StreamTrouble.REORDER, SAID[1][MIDDLE:] + SAID[1][:MIDDLE]),
            (StreamTrouble.CORRUPT, SAID[1][:MIDDLE] + bytes([SAID[1][MIDDLE] ^ 1]) + SAID[1][MIDDLE + 1 :]),
            (StreamTrouble.SLOW_LORIS, SAID[1]),
            (StreamTrouble.HALF_OPEN, SAID[1][:MIDDLE]),
            (StreamTrouble.RESET, Fault.RESET),
        ],
    )
    def test_the_turn_aimed_at_is_spoiled_and_none_before_it(
        self, trouble: StreamTrouble, becomes: bytes | Fault
    ) -> None:
        """In its middle, where nothing else is asked for; a reset at its start."""
        heard, _ = converse(StreamFault(trouble, turn=1, seconds=3))
        assert heard[:2] == [SAID[0], becomes]

    def test_what_comes_late_comes_whole_and_life_goes_on(self) -> None:
        """A delay is waited once, a slow turn for each octet; the next turn is as ever."""
        late, late_seconds = converse(StreamFault(StreamTrouble.DELAY, turn=1, seconds=3))
        slow, slow_seconds = converse(StreamFault(StreamTrouble.SLOW_LORIS, turn=1, seconds=3))
        assert late == slow == SAID
        assert slow_seconds - late_seconds == 3 * (len(SAID[1]) - 1)

    @pytest.mark.parametrize("trouble", [StreamTrouble.TRUNCATE, StreamTrouble.DROP, StreamTrouble.HALF_OPEN])
    def test_an_end_and_a_silence_last(self, trouble: StreamTrouble) -> None:
        """After them no turn says anything any more."""
        heard, _ = converse(StreamFault(trouble, turn=1))
        assert heard[2] in (b"", b"(end)")

    def test_after_a_reset_nothing_can_be_written(self) -> None:
        """As with a socket."""
        heard, _ = converse(StreamFault(StreamTrouble.RESET, turn=1, octet=4))
        assert heard == [SAID[0], SAID[1][:4], Fault.RESET]

    def test_an_endless_turn_never_ends(self) -> None:
        """It is made of lines that promise another."""
        heard, _ = converse(StreamFault(StreamTrouble.ENDLESS, turn=1))
        assert isinstance(heard[1], bytes)
        assert len(heard[1]) >= 2000
        assert set(heard[1].split(b"\r\n")[:-1]) == {b"220-and so on"}

    def test_octets_count_from_the_end_too(self) -> None:
        """Minus three is the last octet before CRLF."""
        heard, _ = converse(StreamFault(StreamTrouble.CORRUPT, turn=0, octet=-3, mask=2))
        assert heard[0] == b"220 hellm\r\n"

    def test_other_sessions_and_addresses_are_left_alone(self) -> None:
        """The n-th session with one address, and no other."""
        fault = StreamFault(StreamTrouble.DROP, nth=2, address="192.0.2.1")
        assert converse(fault)[0] == SAID
        assert converse(fault, connections=2)[0] == [b"", b"", b""]
        assert converse(fault, connections=2, address="192.0.2.2")[0] == SAID

    @pytest.mark.parametrize(
        ("trouble", "fault"), [(StreamTrouble.REFUSE, Fault.REFUSED), (StreamTrouble.RESET, Fault.RESET)]
    )
    def test_a_connection_can_be_refused(self, trouble: StreamTrouble, fault: Fault) -> None:
        """There is no stream then."""
        assert converse(StreamFault(trouble, turn=CONNECTION))[0] == [fault]

    def test_a_connection_can_be_slow(self) -> None:
        """And is a connection all the same."""
        heard, seconds = converse(StreamFault(StreamTrouble.DELAY, turn=CONNECTION, seconds=7))
        assert heard == SAID
        assert seconds >= 7


def _probe(fault: StreamFault) -> ServedChain | HandshakeFailure:
    async def act() -> ServedChain | HandshakeFailure:
        prober = SmtpProber(FaultyDialer(LAB, [fault]))
        outcome = await prober.probe(ProbeRequest(next(iter(LAB.servers)), 25, str(HOST).rstrip(".")))
        await prober.aclose()
        await LAB.aclose()
        return outcome

    return run(act()).result


def test_an_impostor_serves_what_it_is_given() -> None:
    """The dialogue is the server's, the certificate somebody else's."""
    context = pki.context("rsa")
    outcome = _probe(StreamFault(StreamTrouble.OVERSIZED, turn=3, tls=lambda: context))
    assert isinstance(outcome, ServedChain)
    assert outcome.certificates == (pki.der("rsa"),)
    assert outcome.smtp.ehlo is not None


def test_an_impostor_that_cannot_agree_is_a_failed_handshake() -> None:
    """Its alert reaches the client."""

    def without_a_common_suite() -> ssl.SSLContext:
        context = pki.context("rsa")
        context.maximum_version = ssl.TLSVersion.TLSv1_2
        context.set_ciphers("PSK")
        return context

    outcome = _probe(StreamFault(StreamTrouble.OVERSIZED, turn=3, tls=without_a_common_suite))
    assert isinstance(outcome, HandshakeFailure)
    assert (outcome.stage, outcome.refusal) == (Stage.HANDSHAKE, Refusal.TLS_ALERT)


class TestChance:
    """Trouble drawn from a seed."""

    @staticmethod
    def _asked(seed: int, rate: float, order: Callable[[list[Question]], list[Question]]) -> dict[str, str]:
        types = [rdtype for rdtype in range(1, 60) if rdtype != dns.rdatatype.OPT]
        questions = order([Question(HOST, rdtype) for rdtype in types])
        transport = ErraticTransport(LAB, seed, rate)

        async def act() -> None:
            for question in questions:
                await transport.ask(question, HERE)

        run(act())
        return {str(question): trouble.value for question, trouble in transport.happened}

    def test_the_same_seed_brings_the_same_trouble_in_any_order(self) -> None:
        """Which is what makes a run under chance repeatable."""
        straight = self._asked(7, 0.3, lambda questions: questions)
        assert straight == self._asked(7, 0.3, lambda questions: questions[::-1])
        assert straight != self._asked(8, 0.3, lambda questions: questions)

    def test_the_rate_is_the_share_of_questions(self) -> None:
        """None at nought, all at one, and about so many between."""
        everything = self._asked(7, 1, lambda questions: questions)
        assert self._asked(7, 0, lambda questions: questions) == {}
        assert len(everything) == 58
        assert 5 < len(self._asked(7, 0.3, lambda questions: questions)) < 30

    def test_sessions_meet_trouble_by_chance_too(self) -> None:
        """Always at a rate of one, the same for the same seed, and never at nought."""

        def happened(seed: int, rate: float) -> list[StreamTrouble]:
            dialer = ErraticDialer(Turns(), seed, rate)

            async def act() -> None:
                for number in range(40):
                    await _opened(dialer.open(f"192.0.2.{number}", 25))

            run(act())
            return [trouble for _, trouble in dialer.happened]

        assert happened(7, 0) == []
        assert len(happened(7, 1)) == 40
        assert happened(7, 0.1) == happened(7, 0.1) != happened(8, 0.1)


async def _opened(opening: Awaitable[ByteStream | DialFailure]) -> None:
    try:
        async with asyncio.timeout(5):
            await opening
    except TimeoutError:
        return
