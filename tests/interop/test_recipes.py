"""The recipe for certbot, run for real: a local ACME server, the deploy hook, and the gate before the mail server."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from dane_check import make_tlsa
from tests.pki import ec_key

from .acme import Acme
from .moving import EXECUTABLE, MX, OWNER, TTL, MovingWorld, missing, moving_world

pytestmark = pytest.mark.interop
SCRIPT = Path(__file__).parents[2] / "docs" / "recipes" / "dane-deploy"
HTTP_PORT = 5380
PATIENCE = 60  # seconds


@dataclass(frozen=True, slots=True)
class Machine:
    """A mail host with certbot, the hook, and the script of the recipe. `folder` is all it has of /etc and /var."""

    world: MovingWorld
    acme: Acme
    folder: Path

    @property
    def live(self) -> Path:
        """What the mail server reads: key and chain."""
        return self.folder / "server.pem"

    @property
    def renewed(self) -> Path:
        """Where certbot leaves what it got."""
        return self.folder / "certbot" / "live" / MX

    @property
    def reloads(self) -> int:
        """How often the mail server was told to reload."""
        log = self.folder / "reloads"
        return len(log.read_text().splitlines()) if log.exists() else 0

    def set_up(self) -> None:
        """The steps of docs/recipes/certbot.md."""
        (self.folder / "dane-deploy.conf").write_text(
            f"NEW={self.renewed}\nLIVE={self.live}\n"
            f'WHO="--name {MX} --no-connect {" ".join(self.world.options)}"\n'
            f'RELOAD="{self.folder}/reload"\nDANE_CHECK={EXECUTABLE}\n'
            f"export XDG_STATE_HOME={self.folder}/state\n"
        )
        self._program("reload", f"echo reloaded >> {self.folder}/reloads")
        hooks = self.folder / "certbot" / "renewal-hooks" / "deploy"
        hooks.mkdir(parents=True)
        self._program("certbot/renewal-hooks/deploy/dane-deploy", self._hook())

    def _hook(self) -> str:
        return (
            f'[ "$RENEWED_LINEAGE" = {self.renewed} ] || exit 0\n'
            f"exec {SCRIPT} {self.folder}/dane-deploy.conf >> {self.folder}/hook.log 2>&1"
        )

    def _program(self, name: str, body: str) -> None:
        path = self.folder / name
        path.write_text(f"#!/bin/sh\n{body}\n")
        path.chmod(0o755)

    def certbot(self, *arguments: str) -> None:
        """One run of certbot, which has nothing but this folder."""
        folders = [word for kind in ("config", "work", "logs") for word in (f"--{kind}-dir", self._of_certbot(kind))]
        done = subprocess.run(
            ["certbot", *arguments, *folders, "--server", self.acme.url, "--non-interactive"],
            env={**os.environ, "REQUESTS_CA_BUNDLE": str(self.acme.ca), "HOME": str(self.folder)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr

    def _of_certbot(self, kind: str) -> str:
        return str(self.folder / "certbot" if kind == "config" else self.folder / f"certbot-{kind}")

    def get(self) -> None:
        """The first certificate."""
        self.certbot(
            *("certonly", "--standalone", "--http-01-address", self.world.host, "--http-01-port", str(HTTP_PORT)),
            *("-d", MX, "--agree-tos", "--register-unsafely-without-email", "--key-type", "ecdsa"),
        )

    def renew(self) -> None:
        """A renewal with a new key, as certbot does it by default; its deploy hooks run."""
        self.certbot("renew", "--force-renewal", "--no-random-sleep-on-renew")

    def hour(self) -> tuple[int, str]:
        """What the timer runs once an hour: exit status, and what it says."""
        done = subprocess.run(
            [str(SCRIPT), str(self.folder / "dane-deploy.conf")],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
        return done.returncode, done.stdout + done.stderr

    def publish(self) -> None:
        """The record of what certbot got last, beside the others, on both servers."""
        leaf = x509.load_pem_x509_certificates((self.renewed / "fullchain.pem").read_bytes())[0]
        record = make_tlsa(leaf.public_bytes(Encoding.DER)).to_text()
        self.world.update(f"add {OWNER}. {TTL} TLSA {record}")
        self.world.transfer()

    def serves_what_was_renewed(self) -> bool:
        """Whether the file of the mail server is key and chain of the last renewal."""
        wanted = (self.renewed / "privkey.pem").read_text() + (self.renewed / "fullchain.pem").read_text()
        return self.live.exists() and self.live.read_text() == wanted


@pytest.fixture(scope="module")
def machine() -> Iterator[Machine]:
    if os.geteuid() != 0:
        pytest.skip("a name server binds port 53: that needs root")
    if programs := missing("certbot", "pebble", "openssl"):
        pytest.skip(f"{', '.join(programs)} not found; see tests/interop/packages.txt")
    with moving_world() as world:
        acme = Acme(world, HTTP_PORT)
        acme.daemon.start()
        try:
            acme.daemon.wait_until_ready()
            folder = world.folder / "machine"
            folder.mkdir()
            made = Machine(world, acme, folder)
            made.set_up()
            yield made
        finally:
            acme.daemon.stop()


def through(machine: Machine) -> None:
    """Hour after hour, until the gate opens."""
    deadline = time.monotonic() + PATIENCE
    while not machine.serves_what_was_renewed():
        assert time.monotonic() < deadline, machine.hour()
        time.sleep(TTL)
        status, said = machine.hour()
        assert status == 0, said


def test_certbot_renews_and_the_gate_opens_when_the_record_is_ripe(machine: Machine) -> None:
    """The old certificate stays until two TTLs after the last server has the record of the new key."""
    machine.get()
    status, said = machine.hour()
    assert (status, machine.live.exists()) == (0, False), said
    machine.publish()
    time.sleep(TTL)
    status, said = machine.hour()
    assert (status, machine.live.exists()) == (0, False), said
    assert "not before" in said
    through(machine)
    assert machine.reloads == 1

    before = machine.live.read_text()
    machine.renew()
    log = (machine.folder / "hook.log").read_text()
    assert "not yet" in log
    assert f"add     {OWNER}. {TTL} IN TLSA 3 1 1 " in log
    assert machine.live.read_text() == before
    machine.publish()
    time.sleep(TTL)
    status, said = machine.hour()
    assert (status, machine.live.read_text()) == (0, before), said
    through(machine)
    assert machine.reloads == 2
    assert machine.live.stat().st_mode & 0o777 == 0o600

    assert machine.hour() == (0, "")
    assert machine.reloads == 2


def test_a_key_of_another_certificate_is_left_alone(machine: Machine) -> None:
    """Half of a renewal is no renewal."""
    (machine.renewed / "privkey.pem").unlink()
    (machine.renewed / "privkey.pem").write_text(_another_key())
    before = machine.live.read_text() if machine.live.exists() else None
    status, said = machine.hour()
    assert (status, "do not belong together" in said) == (75, True)
    assert (machine.live.read_text() if machine.live.exists() else None) == before


def _another_key() -> str:
    return ec_key("another").private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
