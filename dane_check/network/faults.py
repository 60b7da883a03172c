"""The one place where the operating system's errors become words of ours: by number, never by text."""

from __future__ import annotations

import errno
import socket

from dane_check.ports import Fault

_FAULTS = {
    errno.ECONNREFUSED: Fault.REFUSED,
    errno.ENETUNREACH: Fault.UNREACHABLE,
    errno.EHOSTUNREACH: Fault.UNREACHABLE,
    errno.ENETDOWN: Fault.UNREACHABLE,
    errno.EHOSTDOWN: Fault.UNREACHABLE,
    errno.EACCES: Fault.UNREACHABLE,  # how Linux reports "administratively prohibited" from an IPv6 router
    errno.EAFNOSUPPORT: Fault.NO_FAMILY,
    errno.EPROTONOSUPPORT: Fault.NO_FAMILY,
    errno.ECONNRESET: Fault.RESET,
    errno.ECONNABORTED: Fault.RESET,
    errno.ENETRESET: Fault.RESET,
    errno.EPIPE: Fault.RESET,
    errno.ETIMEDOUT: Fault.TIMEOUT,
    errno.ENOTCONN: Fault.CLOSED,
    errno.EMSGSIZE: Fault.TOO_LARGE,
}


def fault_of(error: OSError, family: int = socket.AF_INET) -> Fault:
    """The cause named by `error.errno`; what is not the network's doing is `Fault.LOCAL`."""
    if error.errno == errno.EADDRNOTAVAIL:
        # For IPv6 this is a machine without IPv6 addresses; for IPv4 it is one without free ports.
        return Fault.NO_FAMILY if family == socket.AF_INET6 else Fault.LOCAL
    return _FAULTS.get(error.errno or 0, Fault.LOCAL)


def name_of(error: OSError) -> str:
    """The errno's symbolic name, such as "ECONNREFUSED"; empty where there is none."""
    return errno.errorcode.get(error.errno or 0, "")
