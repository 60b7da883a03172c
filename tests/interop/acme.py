"""An ACME server of our own for certbot: pebble, which looks names up in the moving zone and nowhere else."""

from __future__ import annotations

import json
import socket
from pathlib import Path

from .daemon import Daemon, run
from .moving import MovingWorld


class Acme:
    """Pebble on loopback. `url`: its directory; `ca`: the file that a client must trust for its HTTPS."""

    def __init__(self, world: MovingWorld, http_port: int) -> None:
        folder = world.folder / "pebble"
        folder.mkdir()
        self.ca = folder / "cert.pem"
        _certificate(folder)
        api, management = _free_port(), _free_port()
        self.url = f"https://localhost:{api}/dir"
        config = folder / "config.json"
        config.write_text(json.dumps(_config(folder, api, management, http_port)))
        self.daemon = Daemon(
            "pebble",
            # It sleeps before each validation, and refuses good nonces now and then, unless told not to.
            [
                *("env", "PEBBLE_VA_NOSLEEP=1", "PEBBLE_WFE_NONCEREJECT=0"),
                *("pebble", "-config", str(config), "-dnsserver", f"{world.resolver}:53"),
            ],
            folder / "pebble.log",
            lambda: _listens(api),
        )


def _config(folder: Path, api: int, management: int, http_port: int) -> dict[str, object]:
    return {
        "pebble": {
            "listenAddress": f"127.0.0.1:{api}",
            "managementListenAddress": f"127.0.0.1:{management}",
            "certificate": str(folder / "cert.pem"),
            "privateKey": str(folder / "key.pem"),
            "httpPort": http_port,
            "tlsPort": 1,
            "ocspResponderURL": "",
            "externalAccountBindingRequired": False,
        }
    }


def _certificate(folder: Path) -> None:
    """For localhost, self-signed, for a day."""
    run(
        [
            *("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"),
            *("-days", "1", "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"),
            *("-keyout", str(folder / "key.pem"), "-out", str(folder / "cert.pem")),
        ]
    )


def _free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _listens(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.settimeout(0.5)
        return probe.connect_ex(("127.0.0.1", port)) == 0
