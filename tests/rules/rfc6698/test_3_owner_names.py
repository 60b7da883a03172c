"""RFC 6698 §3: the name at which TLSA records stand."""

from __future__ import annotations

import pytest

from dane_check.errors import UsageError
from dane_check.policy.service import tlsa_owner
from dane_check.rehearsal.plan import plan

RECORD = "3 1 1 " + "ab" * 32


@pytest.mark.parametrize(
    ("port", "owner"),
    [(25, "_25._tcp.mx.example.test"), (587, "_587._tcp.mx.example.test"), (65535, "_65535._tcp.mx.example.test")],
)
def test_port_and_transport_stand_before_the_host(port: int, owner: str) -> None:
    """R6698-3-a, R6698-3-b: the port in decimal without leading zeros, and TCP, the only transport of SMTP."""
    assert tlsa_owner("mx.example.test", port) == owner


@pytest.mark.parametrize("port", [0, -1, 65536])
def test_what_is_no_port_is_refused(port: int) -> None:
    """R6698-3-a: before any question."""
    with pytest.raises(UsageError, match="not between 1 and 65535"):
        plan(["mx.example.test"], tlsa=[RECORD], port=port)


@pytest.mark.parametrize(("octets", "fits"), [(244, True), (245, False)])
def test_a_name_that_does_not_fit_is_none(octets: int, fits: bool) -> None:
    """R6698-3-e: 255 octets on the wire, of which two are the first length and the root."""
    base = ".".join(["a" * 60] * 3 + ["b" * (octets - 183)])
    assert len(base) == octets
    assert (tlsa_owner(base) is not None) is fits
