"""TCP to exactly the address given: no name is ever resolved here (threats T-8)."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from functools import lru_cache

from dane_check.limits import SessionLimits
from dane_check.network.faults import fault_of, name_of
from dane_check.ports import ByteStream, DialFailure, Fault, StreamBroken


@lru_cache(maxsize=4096)
def family_of(address: str) -> socket.AddressFamily:
    """The address family of an IP literal. Raises ValueError for anything else, so that nothing gets resolved."""
    return socket.AF_INET if ipaddress.ip_address(address).version == 4 else socket.AF_INET6


class SocketStream:
    """A connected non-blocking TCP socket as a `ByteStream`.

    Nothing is read ahead: what the caller has not asked for is still in the kernel. That is what lets the
    STARTTLS dialogue see injected octets (threats T-7). A cancelled read loses nothing.
    """

    def __init__(self, connected: socket.socket) -> None:
        self._socket = connected

    async def read(self, octets: int) -> bytes:
        """At most `octets` octets; empty at the orderly end. Raises StreamBroken."""
        try:
            return await asyncio.get_running_loop().sock_recv(self._socket, octets)
        except OSError as error:
            raise StreamBroken(fault_of(error), name_of(error)) from None

    async def write(self, data: bytes) -> None:
        """Sends all of `data`. Raises StreamBroken."""
        try:
            await asyncio.get_running_loop().sock_sendall(self._socket, data)
        except OSError as error:
            raise StreamBroken(fault_of(error), name_of(error)) from None

    async def close(self) -> None:
        """Closes both directions; never raises and never waits for the peer."""
        self._socket.close()


async def connect(address: str, port: int) -> SocketStream | DialFailure:
    """A TCP connection to `address`, an IP literal, or why there is none. Deadlines are the caller's."""
    try:
        family = family_of(address)
    except ValueError:
        return DialFailure(Fault.LOCAL, "not an IP address")
    try:
        unconnected = socket.socket(family, socket.SOCK_STREAM)
    except OSError as error:
        return DialFailure(fault_of(error, family), name_of(error))
    connected = False
    try:
        unconnected.setblocking(False)
        unconnected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        await asyncio.get_running_loop().sock_connect(unconnected, (address, port))
        connected = True
    except OSError as error:
        fault = fault_of(error, family)
        if fault is Fault.UNREACHABLE and family is socket.AF_INET6 and not has_route(address):
            fault = Fault.NO_FAMILY
        return DialFailure(fault, name_of(error))
    finally:
        if not connected:
            unconnected.close()
    return SocketStream(unconnected)


def has_route(address: str) -> bool:
    """Whether this machine knows any way to `address`, an IP literal; asks its own tables and sends nothing.

    A machine without IPv6 has none for any address, which is no fault of the other side (D-17).
    """
    try:
        with socket.socket(family_of(address), socket.SOCK_DGRAM) as unused:
            unused.connect((address, 53))
    except OSError:
        return False
    return True


class TcpDialer:
    """The live network's `Dialer`: one attempt, at most `limits.connect_seconds` long (L-12)."""

    def __init__(self, limits: SessionLimits | None = None) -> None:
        self._limits = limits or SessionLimits()

    async def open(self, address: str, port: int) -> ByteStream | DialFailure:
        """A stream to `address`, an IP literal, or why there is none. Never raises."""
        try:
            async with asyncio.timeout(self._limits.connect_seconds):
                return await connect(address, port)
        except TimeoutError:
            return DialFailure(Fault.TIMEOUT, f"no connection within {self._limits.connect_seconds:g} s")
