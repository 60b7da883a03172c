"""`dane-check tlsa`: files, keys, requests and servers become lines for a zone; private keys become nothing else."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import jsonschema
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from dane_check.cli import main
from dane_check.report.schemas import schema_text
from dane_check.tlsa.record import parse_text
from tests.pki import Made, distinguished, ec_key, make_ca, make_leaf, rsa_key
from tests.report.readers import Change, Message, read_dnscontrol, read_nsupdate
from tests.tlsa.chains import record

Capture = pytest.CaptureFixture[str]

ISSUER = make_ca("Issuer")
LEAF = make_leaf(issuer=ISSUER)
RSA = make_leaf(issuer=ISSUER, key=rsa_key())
NEXT = make_leaf(issuer=ISSUER, key=ec_key("next"))
RIGHT = record((3, 1, 1), LEAF).to_text()
ABOVE = record((2, 1, 1), ISSUER).to_text()


def pem(*made: Made) -> bytes:
    return b"".join(one.certificate.public_bytes(Encoding.PEM) for one in made)


def secret(made: Made = LEAF) -> bytes:
    return made.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def write_next(folder: Path) -> None:
    """The next key in every form there is of it."""
    request = x509.CertificateSigningRequestBuilder().subject_name(distinguished("mx")).sign(NEXT.key, hashes.SHA256())
    (folder / "next.pem").write_bytes(pem(NEXT, ISSUER))
    (folder / "next.csr").write_bytes(request.public_bytes(Encoding.PEM))
    (folder / "next.pub").write_bytes(
        NEXT.key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    )
    (folder / "next.key").write_bytes(secret(NEXT))
    (folder / "next.key").chmod(0o600)


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
        line, comment = capsys.readouterr().out.rstrip("\n").split(" ; ")
        assert line == f"_25._tcp.mx.example.org. 3600 IN TLSA {RIGHT}"
        assert comment.startswith(f"{folder / name}: ")
        assert comment.endswith(
            "EC P-256 key" if name == "public.pem" else "issuer CN=Issuer, EC P-256, until 2120-01-01"
        )

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
        """RFC 3597 §5, in both spellings, and it reads back as the same record."""
        printed = []
        for asked in (["--rfc3597"], ["--format", "rfc3597"], ["--format", "RFC3597", "--rfc3597"]):
            assert main(["tlsa", str(folder / "chain.pem"), "--host", "a.example", *asked]) == 0
            printed.append(capsys.readouterr().out)
        assert len(set(printed)) == 1
        owner, ttl, _, kind, rdata = printed[0].partition(" ; ")[0].split(" ", 4)
        assert (owner, ttl, kind) == ("_25._tcp.a.example.", "3600", "TYPE52")
        assert parse_text(rdata).to_text() == RIGHT

    def test_json_fits_its_schema(self, folder: Path, capsys: Capture) -> None:
        """One document, both forms of the line in it."""
        assert main(["tlsa", str(folder / "chain.pem"), "--host", "a.example", "--json"]) == 0
        document = json.loads(capsys.readouterr().out)
        jsonschema.validate(document, json.loads(schema_text("tlsa")))
        (made,) = document["records"]
        assert made["line"] == f"_25._tcp.a.example. 3600 IN TLSA {RIGHT}"
        assert made["source"] == str(folder / "chain.pem")
        assert made["named"] == {
            "subject": "CN=mx.example.test",
            "issuer": "CN=Issuer",
            "key": "EC P-256",
            "not_after": "2120-01-01T00:00:00Z",
        }

    def test_the_tools_of_others(self, folder: Path, capsys: Capture) -> None:
        """Each format reads back as the record that was meant."""
        meant = record((3, 1, 1), LEAF)
        host = ["--host", "mx.example.org", "--ttl", "300"]
        printed = {}
        for form in ("nsupdate", "octodns", "dnscontrol"):
            assert main(["tlsa", str(folder / "chain.pem"), *host, "--format", form, "--origin", "example.org"]) == 0
            printed[form] = capsys.readouterr().out
        assert read_dnscontrol(printed["dnscontrol"]) == ("example.org", [("_25._tcp.mx", 300, meant)])
        (message,) = read_nsupdate(printed["nsupdate"])
        assert message == Message("example.org.", (Change("_25._tcp.mx.example.org.", 300, meant),))
        assert f"- certificate_association_data: '{meant.data.hex()}'" in printed["octodns"]

    def test_a_hostile_certificate_writes_no_line(self, tmp_path: Path, capsys: Capture) -> None:
        """What stands in its names stays within the comment."""
        evil = make_leaf("x\n_25._tcp.mx.example.org. IN TLSA 3 1 1 00", issuer=ISSUER)
        (tmp_path / "evil.pem").write_bytes(pem(evil))
        assert main(["tlsa", str(tmp_path / "evil.pem"), "--host", "a.example"]) == 0
        printed = capsys.readouterr().out
        assert printed.count("\n") == 1
        assert "CN=x\\x0a_25._tcp.mx" in printed.partition(" ; ")[2]

    def test_two_kinds_of_key(self, folder: Path, capsys: Capture) -> None:
        """RSA and ECDSA at one host: a record of each leaf, and one of the issuer that both have."""
        (folder / "rsa.pem").write_bytes(pem(RSA, ISSUER))
        both = [str(folder / "chain.pem"), str(folder / "rsa.pem")]
        assert main(["tlsa", *both, "--scheme", "3-1-1+2-1-1"]) == 0
        assert capsys.readouterr().out.splitlines() == [RIGHT, ABOVE, record((3, 1, 1), RSA).to_text()]

    def test_a_second_certificate_in_one_file(self, folder: Path, capsys: Capture) -> None:
        """No record is made of it, and that is said."""
        (folder / "both.pem").write_bytes(pem(LEAF, RSA, ISSUER))
        assert main(["tlsa", str(folder / "both.pem")]) == 0
        streams = capsys.readouterr()
        assert streams.out == f"{RIGHT}\n"
        assert "certificate 2 of" in streams.err
        assert streams.err.count("\n") == 1

    def test_the_same_record_once(self, folder: Path, capsys: Capture) -> None:
        """From the certificate and from its key."""
        assert main(["tlsa", str(folder / "chain.pem"), "--key", str(folder / "secret.pem")]) == 0
        assert capsys.readouterr().out == f"{RIGHT}\n"

    def test_standard_input(self, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
        """As at the end of a pipe."""
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(pem(LEAF))))
        assert main(["tlsa", "-"]) == 0
        assert capsys.readouterr().out == f"{RIGHT}\n"


class TestNext:
    """R7671-8.1-a, R7672-4-a: current+next has the record of what is served, and beside it that of the next key."""

    @pytest.mark.parametrize("scheme", [[], ["--scheme", "current+next"]])
    @pytest.mark.parametrize("name", ["next.pem", "next.csr", "next.pub", "next.key"])
    def test_whatever_there_is_of_the_next_key(
        self, folder: Path, capsys: Capture, name: str, scheme: list[str]
    ) -> None:
        """A certificate, a request, a public key, or the private key itself."""
        write_next(folder)
        arguments = [str(folder / "chain.pem"), "--next", str(folder / name), "--host", "mx.example.org"]
        assert main(["tlsa", *arguments, *scheme]) == 0
        streams = capsys.readouterr()
        assert streams.err == ""
        lines = [line.partition(" ; ") for line in streams.out.splitlines()]
        assert [line for line, _, _ in lines] == [
            f"_25._tcp.mx.example.org. 3600 IN TLSA {text}" for text in (RIGHT, record((3, 1, 1), NEXT).to_text())
        ]
        assert [comment.partition(",")[0] for _, _, comment in lines] == ["current", "next"]
        assert "PRIVATE" not in streams.out

    def test_json_says_which_is_which(self, folder: Path, capsys: Capture) -> None:
        """`role`, and the schema holds."""
        write_next(folder)
        assert main(["tlsa", str(folder / "chain.pem"), "--next", str(folder / "next.csr"), "--json"]) == 0
        document = json.loads(capsys.readouterr().out)
        jsonschema.validate(document, json.loads(schema_text("tlsa")))
        assert [(one["role"], one["named"]["subject"]) for one in document["records"]] == [
            ("current", "CN=mx.example.test"),
            ("next", None),
        ]

    def test_other_numbers(self, folder: Path, capsys: Capture) -> None:
        """Both records have them: a combination that named the next key alone would break mail (RFC 7671 §8)."""
        write_next(folder)
        arguments = [str(folder / "chain.pem"), "--next", str(folder / "next.csr"), "--matching-type", "2"]
        assert main(["tlsa", *arguments]) == 0
        assert [line[:5] for line in capsys.readouterr().out.splitlines()] == ["3 1 2", "3 1 2"]

    def test_a_next_key_that_is_the_current_one(self, folder: Path, capsys: Capture) -> None:
        """A renewal with the same key needs no other record, and that is said."""
        assert main(["tlsa", str(folder / "chain.pem"), "--next", str(folder / "secret.pem")]) == 0
        streams = capsys.readouterr()
        assert streams.out == f"{RIGHT}\n"
        assert "no record to add" in streams.err

    def test_what_is_served_and_the_next_key(self, folder: Path, capsys: Capture) -> None:
        """The current records are those of the server as it is."""
        write_next(folder)
        arguments = ["--lab", "--from-server", "mx.ee-matches.test", "--next", str(folder / "next.csr")]
        assert main(["tlsa", *arguments, "--scheme", "current+next"]) == 0
        lines = capsys.readouterr().out.splitlines()
        assert ["; current, mx.ee-matches.test:25" in lines[0], "; next, " in lines[1]] == [True, True]


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
    (["tlsa", "{}/chain.pem", "--json", "--format", "bind"], "leave out all but one"),
    (["tlsa", "{}/chain.pem", "--format", "zone"], "is one of bind, rfc3597, nsupdate"),
    (["tlsa", "{}/chain.pem", "--format", ""], "is one of bind, rfc3597, nsupdate"),
    (["tlsa", "{}/chain.pem", "--format", "octodns", "--host", "a.example"], "such as with --origin"),
    (["tlsa", "{}/chain.pem", "--format", "octodns", "--origin", "example"], "--host"),
    (["tlsa", "{}/chain.pem", "--format", "dnscontrol", "--host", "a.example", "--origin", "b.example"], "not in"),
    (["tlsa", "{}/chain.pem", "--format", "nsupdate"], "--host"),
    (["tlsa", "{}/chain.pem", "--origin", "a b"], "no domain name"),
    (["tlsa", "{}/chain.pem", "--ttl", "-1"], "between 0 and"),
    (["tlsa", "{}/chain.pem", "--ttl", "2147483648"], "between 0 and"),
    (["tlsa", "{}/chain.pem", "--scheme", "current+next"], "give it with --next"),
    (["tlsa", "{}/chain.pem", "--scheme", "3-1-1", "--next", "{}/public.pem"], "leave out any other --scheme"),
    (["tlsa", "--next", "{}/public.pem"], "nothing to make records of"),
    (["tlsa", "{}/chain.pem", "--next", "{}/none.pem"], "cannot be read"),
    (["tlsa", "{}/chain.pem", "--next", "{}/noise"], "neither PEM nor DER"),
    (["tlsa", "{}/chain.pem", "--next", "{}/leaf.der", "--usage", "2"], "give the whole chain"),
    (["tlsa", "{}/leaf.der", "--scheme", "3-1-1+2-1-1"], "give the whole chain"),
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
        assert streams.out.startswith("_25._tcp.mx.ee-matches.test. 3600 IN TLSA 3 1 1 ")
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
