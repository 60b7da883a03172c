"""Mail servers that stall, lie and cut: what no honest program can be configured to do.

Run as a program: `crooked.py PLAN`, a JSON object from address to one of the ways of `WAYS`. All listen on port 25.
"""

from __future__ import annotations

import asyncio
import json
import sys
from asyncio import StreamReader as Reader
from asyncio import StreamWriter as Writer
from collections.abc import Awaitable, Callable
from pathlib import Path

from tests.interop.daemon import Daemon
from tests.interop.mail_servers import greets_smtp

LOOKOUT = "lookout"
EHLO = b"250-crooked.test\r\n250 STARTTLS\r\n"
FOR_EVER = 3600.0


def crooked(folder: Path, plan: dict[str, str], lookout: str) -> Daemon:
    """One process for all these addresses.

    lookout -- an address no situation uses: whether it is ready is asked there.
    """
    folder.mkdir()
    file = folder / "plan.json"
    file.write_text(json.dumps(plan | {lookout: LOOKOUT}))
    root = Path(__file__).parents[2]
    return Daemon(
        "crooked mail servers",
        ["env", f"PYTHONPATH={root}", sys.executable, "-m", "tests.interop.crooked", str(file)],
        folder / "crooked.log",
        greets_smtp(lookout),
    )


async def _greet(reader: Reader, writer: Writer) -> None:
    writer.write(b"220 crooked.test ESMTP\r\n")
    await reader.readline()


async def _until_starttls(reader: Reader, writer: Writer) -> None:
    await _greet(reader, writer)
    writer.write(EHLO)
    await reader.readline()


async def lookout(_: Reader, writer: Writer) -> None:
    """Greets and goes."""
    writer.write(b"220 crooked.test ESMTP\r\n")


async def never_greets(_: Reader, __: Writer) -> None:
    """A tarpit: the connection stands, and nothing comes."""
    await asyncio.sleep(FOR_EVER)


async def drips(_: Reader, writer: Writer) -> None:
    """A greeting of one octet at a time, without end: a limit on each read alone would wait for ever."""
    while True:
        writer.write(b"2")
        await writer.drain()
        await asyncio.sleep(0.2)


async def stalls_in_handshake(reader: Reader, writer: Writer) -> None:
    """Agrees to STARTTLS, and then is silent."""
    await _until_starttls(reader, writer)
    writer.write(b"220 go ahead\r\n")
    await asyncio.sleep(FOR_EVER)


async def cuts_handshake(reader: Reader, writer: Writer) -> None:
    """Agrees to STARTTLS, reads the client's hello, and hangs up."""
    await _until_starttls(reader, writer)
    writer.write(b"220 go ahead\r\n")
    await reader.read(1)


async def speaks_in_clear(reader: Reader, writer: Writer) -> None:
    """Agrees to STARTTLS, and answers the client's hello with SMTP in clear."""
    await _until_starttls(reader, writer)
    writer.write(b"220 go ahead\r\n")
    await reader.read(1)
    writer.write(b"500 5.5.1 what was that?\r\n")
    await writer.drain()
    await reader.read()


async def injects(reader: Reader, writer: Writer) -> None:
    """Sends another line in one segment with the 220, before TLS: what a man in the middle would add."""
    await _until_starttls(reader, writer)
    writer.write(b"220 go ahead\r\n250 and this was never encrypted\r\n")
    await writer.drain()
    await reader.read()


async def hangs_up_on_starttls(reader: Reader, writer: Writer) -> None:
    """Offers STARTTLS, and closes the connection when it is asked for."""
    await _until_starttls(reader, writer)


async def refuses_starttls(reader: Reader, writer: Writer) -> None:
    """Offers STARTTLS, and says 502 when it is asked for."""
    await _until_starttls(reader, writer)
    writer.write(b"502 5.5.1 not implemented\r\n")
    await reader.readline()


async def knows_only_helo(reader: Reader, writer: Writer) -> None:
    """Does not know EHLO, and so cannot offer STARTTLS."""
    await _greet(reader, writer)
    writer.write(b"502 5.5.1 not implemented\r\n")
    await reader.readline()
    writer.write(b"250 crooked.test\r\n")
    await reader.readline()


async def is_no_mail_server(reader: Reader, writer: Writer) -> None:
    """Something that is not SMTP at all."""
    writer.write(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")
    await writer.drain()
    await reader.read()


WAYS: dict[str, Callable[[Reader, Writer], Awaitable[None]]] = {
    way.__name__: way
    for way in (
        *(lookout, never_greets, drips, stalls_in_handshake, cuts_handshake, speaks_in_clear, injects),
        *(hangs_up_on_starttls, refuses_starttls, knows_only_helo, is_no_mail_server),
    )
}


def _behave(way: str) -> Callable[[Reader, Writer], Awaitable[None]]:
    async def session(reader: Reader, writer: Writer) -> None:
        try:
            await WAYS[way](reader, writer)
            await writer.drain()
        except OSError:
            pass  # the client gave up on us, as it should
        finally:
            writer.close()

    return session


async def serve(plan: dict[str, str]) -> None:
    """Listens at every address until it is ended."""
    servers = [await asyncio.start_server(_behave(way), address, 25) for address, way in plan.items()]
    await asyncio.gather(*(server.serve_forever() for server in servers))


if __name__ == "__main__":
    asyncio.run(serve(json.loads(Path(sys.argv[1]).read_text())))
