"""The operating system's errors are translated by number, in one place."""

from __future__ import annotations

import errno
import os
import socket

import pytest

from dane_check.network.faults import fault_of, name_of
from dane_check.ports import Fault


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
