"""RFC 7672 §8.1: servers may ignore the name they are asked for, and need not say whether they heard it."""

from __future__ import annotations

import ssl

import pytest

from tests.network import pki
from tests.network.probing import probe_port, served
from tests.network.scripted import ScriptedServer
from tests.network.test_handshakes import with_tls

SERVER_NAME = 0


def listening(*, acknowledges: bool) -> ssl.SSLContext:
    """A server of TLS 1.2, where the acknowledgement stands in clear in the ServerHello."""
    context = pki.context("ecdsa")
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    if acknowledges:
        context.sni_callback = lambda *_: None
    return context


def extensions_of_server_hello(context: ssl.SSLContext) -> set[int]:
    """The extensions that this server answers an ordinary client with (RFC 5246 §7.4.1.3)."""
    client = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    client.check_hostname, client.verify_mode = False, ssl.CERT_NONE
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = (
        client.wrap_bio(to_client, to_server, server_hostname="mx.example.test"),
        context.wrap_bio(to_server, to_client, server_side=True),
    )
    for end in ends:
        with pytest.raises(ssl.SSLWantReadError):
            end.do_handshake()
    body = to_client.read()[5 + 4 + 2 + 32 :]  # behind the record, the message, the version and the random number
    rest = body[1 + body[0] + 2 + 1 :]
    left, found = rest[2 : 2 + int.from_bytes(rest[:2])], set()
    while left:
        found.add(int.from_bytes(left[:2]))
        left = left[4 + int.from_bytes(left[2:4]) :]
    return found


@pytest.mark.parametrize("acknowledges", [True, False])
def test_an_acknowledgement_is_not_waited_for(acknowledges: bool) -> None:
    """R7672-8.1-e: the chain counts, whether or not the ServerHello echoes server_name."""
    context = listening(acknowledges=acknowledges)
    assert (SERVER_NAME in extensions_of_server_hello(context)) is acknowledges
    with ScriptedServer(with_tls(context)) as server:
        assert served(probe_port(server.port)).certificates
