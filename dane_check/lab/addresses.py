"""The addresses a lab hands out: documentation addresses, or loopback ones that other programs can reach."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from itertools import chain, islice
from typing import Literal

from dane_check.errors import DaneCheckError

Family = Literal["A", "AAAA"]

# RFC 5737 and RFC 3849; at real ports 127.25.0.0/16 and the only IPv6 loopback address there is.
_DOCUMENTATION = (("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24"), ("2001:db8::/112",))
_LOOPBACK = (("127.25.0.0/16",), ("::1/128",))
RESOLVER = "127.0.53.53"  # at real ports; resolvers of single scenarios follow upwards


class NoAddressLeft(DaneCheckError):
    """The family has no more addresses; with real ports that is so after one IPv6 address."""


class Pool:
    """Addresses in order, each handed out once."""

    def __init__(self, *, loopback: bool = False) -> None:
        v4, v6 = _LOOPBACK if loopback else _DOCUMENTATION
        self._free: dict[Family, Iterator[str]] = {"A": _hosts(v4), "AAAA": _hosts(v6)}

    def take(self, family: Family) -> str:
        """The next address. Raises `NoAddressLeft`."""
        try:
            return next(self._free[family])
        except StopIteration:
            raise NoAddressLeft(f"the lab has no {family} address left") from None


def resolver_addresses() -> Iterator[str]:
    """Addresses for resolvers at port 53."""
    first = int(ip_address(RESOLVER))
    return (str(ip_address(number)) for number in range(first, first + 200))


def _hosts(networks: tuple[str, ...]) -> Iterator[str]:
    return chain.from_iterable(map(_of_network, map(ip_network, networks)))


def _of_network(network: IPv4Network | IPv6Network) -> Iterator[str]:
    return map(str, islice(network.hosts(), 65000))
