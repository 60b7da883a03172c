"""`dane-check tlsa`: files, keys, requests and servers become lines for a zone; private keys become nothing else."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import jsonschema
import pytest
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from dane_check.cli import main
from dane_check.report.schemas import schema_text
from dane_check.tlsa.record import parse_text
from tests.pki import Made, make_ca, make_leaf
from tests.tlsa.chains import record

Capture = pytest.CaptureFixture[str]

ISSUER = make_ca("Issuer")
LEAF = make_leaf(issuer=ISSUER)
RIGHT = record((3, 1, 1), LEAF).to_text()
ABOVE = record((2, 1, 1), ISSUER).to_text()


def pem(*made: Made) -> bytes:
    return b"".join(one.certificate.public_bytes(Encoding.PEM) for one in made)


def secret() -> bytes:
    return LEAF.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Files with a chain, its DER, a public key and a private one."""
    (tmp_path / "chain.pem").write_bytes(pem(LEAF, ISSUER))
    (tmp_path / "leaf.der").write_bytes(LEAF.der)
    public = LEAF.certificate.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    (tmp_path / "public.pem").write_bytes(public)
    (tmp_path / "secret.pem").write_bytes(secret())
    (tmp_path / "secret.pem").chmod(0o600)
    return tmp_path


class TestForms:
    """What is printed."""

    @pytest.mark.parametrize("name", ["chain.pem", "leaf.der", "public.pem"])
    def test_a_line_of_the_zone(self, folder: Path, capsys: Capture, name: str) -> None:
        """`3 1 1` at port 25."""
        assert main(["tlsa", str(folder / name), "--host", "MX.example.org."]) == 0
        assert capsys.readouterr() == (f"_25._tcp.mx.example.org. IN TLSA {RIGHT}\n", "")

    def test_without_a_host_the_rdata_alone(self, folder: Path, capsys: Capture) -> None:
        """For scripts that have the owner."""
        assert main(["tlsa", str(folder / "chain.pem")]) == 0
        assert capsys.readouterr().out == f"{RIGHT}\n"

    def test_hosts_and_ports(self, folder: Path, capsys: Capture) -> None:
        """Each host at each port."""
        hosts = ["--host", "a.example", "--host", "b.example", "--port", "25", "--port", "465"]
        assert main(["tlsa", str(folder / "chain.pem"), *hosts]) == 0
        owners = [line.split(" ")[0] for line in capsys.readouterr().out.splitlines()]
        assert owners == ["_25._tcp.a.example.", "_465._tcp.a.example.", "_25._tcp.b.example.", "_465._tcp.b.example."]

    def test_a_scheme(self, folder: Path, capsys: Capture) -> None:
        """The leaf and its issuer."""
        assert main(["tlsa", str(folder / "chain.pem"), "--scheme", "3-1-1+2-1-1"]) == 0
        assert capsys.readouterr().out == f"{RIGHT}\n{ABOVE}\n"

    def test_single_numbers(self, folder: Path, capsys: Capture) -> None:
        """Those that are not given stay as they are."""
        assert main(["tlsa", str(folder / "chain.pem"), "--selector", "0", "--matching-type", "2"]) == 0
        assert capsys.readouterr().out == f"{record((3, 0, 2), LEAF).to_text()}\n"

    def test_for_software_that_does_not_know_tlsa(self, folder: Path, capsys: Capture) -> None:
        """RFC 3597 §5, and it reads back as the same record."""
        assert main(["tlsa", str(folder / "chain.pem"), "--host", "a.example", "--rfc3597"]) == 0
        owner, _, kind, rdata = capsys.readouterr().out.strip().split(" ", 3)
        assert (owner, kind) == ("_25._tcp.a.example.", "TYPE52")
        assert parse_text(rdata).to_text() == RIGHT

    def test_json_fits_its_schema(self, folder: Path, capsys: Capture) -> None:
        """One document, both forms of the line in it."""
        assert main(["tlsa", str(folder / "chain.pem"), "--host", "a.example", "--json"]) == 0
        document = json.loads(capsys.readouterr().out)
        jsonschema.validate(document, json.loads(schema_text("tlsa")))
        (made,) = document["records"]
        assert made["line"] == f"_25._tcp.a.example. IN TLSA {RIGHT}"
        assert made["source"] == str(folder / "chain.pem")

    def test_the_same_record_once(self, folder: Path, capsys: Capture) -> None:
        """From the certificate and from its key."""
        assert main(["tlsa", str(folder / "chain.pem"), "--key", str(folder / "secret.pem")]) == 0
        assert capsys.readouterr().out == f"{RIGHT}\n"

    def test_standard_input(self, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
        """As at the end of a pipe."""
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(pem(LEAF))))
        assert main(["tlsa", "-"]) == 0
        assert capsys.readouterr().out == f"{RIGHT}\n"


class TestSecrets:
    """A private key is never echoed, in no stream and no form."""

    def test_a_key_is_only_taken_where_it_is_meant(self, folder: Path, capsys: Capture) -> None:
        """`--key`, and nothing is said of a file that is private."""
        assert main(["tlsa", "--key", str(folder / "secret.pem")]) == 0
        assert capsys.readouterr() == (f"{RIGHT}\n", "")

    def test_a_key_in_a_bundle_is_left_alone_with_a_warning(self, folder: Path, capsys: Capture) -> None:
        """Its text appears nowhere."""
        (folder / "all.pem").write_bytes(secret() + pem(LEAF))
        assert main(["tlsa", str(folder / "all.pem"), "--json"]) == 0
        streams = capsys.readouterr()
        assert "a block of type PRIVATE KEY was left alone" in streams.err
        for line in secret().decode().splitlines()[1:-1]:
            assert line not in streams.out + streams.err

    def test_a_key_alone_is_pointed_to_its_option(self, folder: Path, capsys: Capture) -> None:
        """Exit 2, one line."""
        assert main(["tlsa", str(folder / "secret.pem")]) == 2
        assert capsys.readouterr().err.endswith("secret.pem holds PRIVATE KEY only; give it with --key\n")

    @pytest.mark.parametrize("mode", [0o640, 0o604, 0o644])
    def test_a_key_that_others_may_read(self, folder: Path, capsys: Capture, mode: int) -> None:
        """The record is made, and the owner warned."""
        (folder / "secret.pem").chmod(mode)
        assert main(["tlsa", "--key", str(folder / "secret.pem")]) == 0
        assert "chmod 600" in capsys.readouterr().err


BAD: list[tuple[list[str], str]] = [
    (["tlsa"], "nothing to make records of"),
    (["tlsa", "{}/none.pem"], "cannot be read"),
    (["tlsa", "{}"], "Is a directory"),
    (["tlsa", "{}/noise"], "neither PEM nor DER"),
    (["tlsa", "--key", "{}/chain.pem"], "no private key"),
    (["tlsa", "{}/public.pem", "--selector", "0"], "use selector 1"),
    (["tlsa", "{}/leaf.der", "--usage", "2"], "give the whole chain"),
    (["tlsa", "{}/chain.pem", "--usage", "4"], "is not assigned"),
    (["tlsa", "{}/chain.pem", "--scheme", "3-1-1", "--usage", "3"], "leave out"),
    (["tlsa", "{}/chain.pem", "--scheme", "x"], "such as 3-1-1"),
    (["tlsa", "{}/chain.pem", "--host", "a b"], "no domain name"),
    (["tlsa", "{}/chain.pem", "--port", "0", "--host", "a.example"], "not between"),
    (["tlsa", "{}/chain.pem", "--host", ".".join(["a" * 62] * 4)], "too long"),
    (["tlsa", "{}/chain.pem", "--json", "--rfc3597"], "leave out"),
    (["tlsa", "--from-server", "mx.example:x"], "1 to 65535"),
]


@pytest.mark.parametrize(("arguments", "words"), BAD, ids=lambda one: " ".join(one)[:40])
def test_mistakes_are_one_line_and_exit_2(folder: Path, capsys: Capture, arguments: list[str], words: str) -> None:
    """What is wrong, and what to do instead."""
    (folder / "noise").write_bytes(bytes(range(256)))
    assert main([one.replace("{}", str(folder)) for one in arguments]) == 2
    said = capsys.readouterr().err
    assert words in said
    assert said.count("\n") == 1


class TestServers:
    """What is served becomes records."""

    def test_a_server_of_the_lab(self, capsys: Capture) -> None:
        """The very record that its scenario publishes; its name is the owner."""
        assert main(["tlsa", "--lab", "--from-server", "mx.ee-matches.test"]) == 0
        streams = capsys.readouterr()
        assert streams.out.startswith("_25._tcp.mx.ee-matches.test. IN TLSA 3 1 1 ")
        assert streams.err == ""

    def test_every_type_of_certificate(self, capsys: Capture) -> None:
        """A server with an RSA and an ECDSA certificate needs a record for each."""
        assert main(["tlsa", "--lab", "--from-server", "mx.dual-certificates.test"]) == 0
        assert len(capsys.readouterr().out.splitlines()) == 2

    def test_an_address_that_is_not_signed(self, capsys: Capture) -> None:
        """Anybody may have answered."""
        assert main(["tlsa", "--lab", "--from-server", "mx.unsigned.test"]) == 0
        assert "are not signed" in capsys.readouterr().err

    def test_a_server_that_does_not_answer(self, capsys: Capture) -> None:
        """Exit 4, nothing on standard output, and why."""
        assert main(["tlsa", "--lab", "--from-server", "mx.port-closed.test"]) == 4
        streams = capsys.readouterr()
        assert streams.out == ""
        assert "connection refused" in streams.err
