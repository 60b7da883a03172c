"""The operating system's errors are translated by number, in one place."""

from __future__ import annotations

import asyncio
import errno
import os
import socket

import dns.name
import pytest

from dane_check.network.dialer import TcpDialer
from dane_check.network.dns import UdpTransport
from dane_check.network.faults import fault_of, name_of
from dane_check.ports import DialFailure, Fault, NoReply, Question, Server


@pytest.mark.parametrize(
    ("number", "fault"),
    [
        (errno.ECONNREFUSED, Fault.REFUSED),
        (errno.ENETUNREACH, Fault.UNREACHABLE),
        (errno.EHOSTUNREACH, Fault.UNREACHABLE),
        (errno.EACCES, Fault.UNREACHABLE),
        (errno.EAFNOSUPPORT, Fault.NO_FAMILY),
        (errno.ECONNRESET, Fault.RESET),
        (errno.EPIPE, Fault.RESET),
        (errno.ETIMEDOUT, Fault.TIMEOUT),
        (errno.EMFILE, Fault.LOCAL),
        (errno.EPERM, Fault.LOCAL),
        (errno.EADDRNOTAVAIL, Fault.LOCAL),
    ],
)
def test_each_errno_has_its_word(number: int, fault: Fault) -> None:
    """What the text says does not matter."""
    error = OSError(number, "some text in some language")
    assert fault_of(error) is fault
    assert name_of(error) == errno.errorcode[number]


def test_no_ipv6_address_is_no_family_and_no_port_is_ours() -> None:
    """The same errno means a machine without IPv6, or one whose IPv4 ports are used up."""
    error = OSError(errno.EADDRNOTAVAIL, os.strerror(errno.EADDRNOTAVAIL))
    assert fault_of(error, socket.AF_INET6) is Fault.NO_FAMILY
    assert fault_of(error, socket.AF_INET) is Fault.LOCAL


def test_an_error_without_a_number_is_ours() -> None:
    """Nothing is blamed on the network without a reason."""
    assert fault_of(OSError("odd")) is Fault.LOCAL
    assert name_of(OSError("odd")) == ""


@pytest.mark.parametrize(
    ("number", "fault"),
    [(errno.EAFNOSUPPORT, Fault.NO_FAMILY), (errno.EMFILE, Fault.LOCAL), (errno.ENETUNREACH, Fault.UNREACHABLE)],
)
def test_a_machine_that_cannot_even_try_says_so(number: int, fault: Fault, monkeypatch: pytest.MonkeyPatch) -> None:
    """No socket, no connection and no question: a value with its reason, at once, over TCP and UDP alike."""
    question = Question(dns.name.from_text("example.test."), 1)
    loop = asyncio.new_event_loop()

    def refuse(*_: object) -> socket.socket:
        raise OSError(number, "no")

    try:
        monkeypatch.setattr(socket, "socket", refuse)
        dialled = loop.run_until_complete(TcpDialer().open("2001:db8::1", 25))
        asked = loop.run_until_complete(UdpTransport().ask(question, Server("2001:db8::1")))
    finally:
        monkeypatch.undo()
        loop.close()
    name = errno.errorcode[number]
    assert dialled == DialFailure(fault, name)
    assert asked == NoReply(fault, name)
