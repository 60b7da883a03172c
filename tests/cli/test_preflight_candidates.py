"""`dane-check preflight`: zone files, chains for one host, keys to come, and mail domains, as people give them."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import jsonschema
import pytest

from dane_check.cli import main
from dane_check.lab.keys import KeyKind
from dane_check.report.schemas import schema_text
from tests.rehearsal.made import HOST, chain, pem, record
from tests.rehearsal.zones import ds_of, keys_of, signed, zone

Capture = pytest.CaptureFixture[str]
OLD, NEW, RSA, NEXT = chain("old"), chain("new"), chain("rsa", KeyKind.RSA), chain("next")
EE_OLD, EE_NEW, EE_RSA = (record("3 1 1", one) for one in (OLD, NEW, RSA))
AT = ["--at", "2026-03-01T12:00:00Z"]
OFFLINE = ["preflight", "--offline", *AT]
KEYS = keys_of()


def mail(*records: str) -> str:
    return zone("@ MX 10 mx\nmx A 192.0.2.1\n" + "".join(f"_25._tcp.mx TLSA {one}\n" for one in records))


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with zones, chains and a key, in which the command runs."""
    texts = {
        "old.db": mail(EE_OLD),
        "new.db": mail(EE_OLD, EE_NEW),
        "signed.db": signed(mail(EE_OLD), KEYS),
        "rsa.db": mail(EE_OLD, EE_RSA),
        "old.pem": pem(OLD),
        "new.pem": pem(NEW),
        "rsa.pem": pem(RSA),
        "lines.txt": f"_25._tcp.mx.example.org. IN TLSA {EE_OLD}\n",
    }
    for name, text in texts.items():
        (tmp_path / name).write_text(text, encoding="ascii")
    (tmp_path / "next.key").write_bytes(NEXT.leaf.key_pem())
    (tmp_path / "next.key").chmod(0o600)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.usefixtures("files")
class TestZones:
    """Files, what they include, and standard input."""

    @pytest.mark.parametrize(
        ("options", "status"),
        [
            (["--zone", "old.db", "--chain", "old.pem"], 0),
            (["--zone", "old.db", "--chain", "new.pem"], 1),
            (["--zone", "new.db", "--old-zone", "old.db", "--chain", "new.pem", "--old-chain", "old.pem"], 0),
            (["--zone", "signed.db", "--ds", ds_of(KEYS), "--chain", "old.pem"], 0),
            (["--zone", "signed.db", "--ds", KEYS.ds().to_text(), "--chain", "old.pem"], 0),
            (["--zone", "signed.db", "--ds", ds_of(keys_of(seed="x")), "--chain", "old.pem"], 1),
            (["--zone", "rsa.db", "--chain", "old.pem", "--chain", "rsa.pem"], 0),
            (["--zone", "rsa.db", "--chain", f"{HOST}=old.pem", "--chain", "rsa.pem"], 0),
            (["--zone", "old.db", "--chain", f"{HOST}=old.pem", "--chain", f"{HOST}=rsa.pem"], 1),
            (["--zone", "lines.txt", "--chain", "old.pem"], 0),
            (["--zone", "old.db", "--key", "next.key"], 1),
            (["--zone", "old.db", "--chain", "old.pem", "--key", "next.key"], 1),
        ],
    )
    @pytest.mark.parametrize("form", [[], ["--json"], ["-q"], ["-v", "--explain"]])
    def test_the_status_is_that_of_the_rehearsal(
        self, capsys: Capture, options: list[str], status: int, form: list[str]
    ) -> None:
        assert main([*OFFLINE, *options, *form]) == status
        out, err = capsys.readouterr()
        assert err == ""
        if form == ["--json"]:
            jsonschema.Draft202012Validator(json.loads(schema_text("rehearsal"))).validate(json.loads(out))

    def test_later_the_signatures_have_run_out(self) -> None:
        assert main(["preflight", "--offline", "--at", "2026-06-01", "--zone", "signed.db", "--chain", "old.pem"]) == 1

    def test_included_files_lie_beside_the_one_that_names_them(self, files: Path) -> None:
        (files / "sub").mkdir()
        (files / "sub" / "mail.db").write_text(mail() + "$INCLUDE tlsa.db\n", encoding="ascii")
        (files / "sub" / "tlsa.db").write_text(f"_25._tcp.mx TLSA {EE_OLD}\n", encoding="ascii")
        assert main([*OFFLINE, "--zone", "sub/mail.db", "--chain", "old.pem"]) == 0

    @pytest.mark.parametrize(
        ("options", "words"),
        [
            (["--zone", "none.db"], "none.db cannot be read"),
            (["--zone", "/dev/zero"], "no regular file"),
            (["--zone", "old.pem"], "old.pem:1: "),
            (["--zone", "old.db", "--origin", "a b"], "no domain name"),
            (["--zone", "old.db", "--origin", "example.net"], "not of example.net"),
            (["--zone", "old.db", "--ds", "1 2 3 ab"], "--ds is for a zone file with signatures"),
            (["--zone", "signed.db", "--ds", "nonsense"], "not a DS"),
            (["--zone", "signed.db", "--ds", "example.net. DS 1 8 2 " + "ab" * 32], "--ds is for example.net"),
            (["--zone", "old.db", "--old-zone", "old.db"], "the same answers"),
            (["--zone", "next.key"], "next.key:1: "),
            (["--zone", "next.key", "--origin", "example.org"], "next.key:1: "),
            (["--old-zone", "old.db"], "go with --zone"),
            (["--zone", "old.db", "--tlsa", EE_OLD], "leave out one of them"),
            (["--zone", "old.db", "--chain", "a b=old.pem"], "no domain name"),
            (["--zone", "old.db", "--chain", f"{HOST}=none.pem"], "none.pem cannot be read"),
            (["--zone", "old.db", "--chain", "old.pem", "--chain", "new.pem"], "two chains"),
            (["--zone", "old.db", "--key", "old.pem"], "old.pem"),
            (["--zone", "old.db", "--csr", "old.pem"], "give it with --chain"),
            (["--zone", "old.db", "--csr", "next.key"], "give it with --key"),
            (["--zone", "-", "--chain", "-"], "only once"),
            (["example.org"], "--offline asks nobody"),
            (["example.org", "--tlsa", EE_OLD], "--offline asks nobody"),
            (["-4", "-6"], "exclude each other"),
            ([], "no mail host"),
        ],
    )
    def test_what_cannot_be_understood_ends_in_one_line(self, capsys: Capture, options: list[str], words: str) -> None:
        chained = options if any("chain" in one or one == "-" for one in options) else [*options, "--chain", "old.pem"]
        assert main([*OFFLINE, *chained]) == 2
        out, err = capsys.readouterr()
        assert (out, err.count("\n")) == ("", 1)
        assert words in err

    def test_a_mistake_is_told_with_file_and_line(self, capsys: Capture, files: Path) -> None:
        (files / "bad.db").write_text(mail() + "\n_25._tcp.mx TLSA 3 1 1 abc\n", encoding="ascii")
        (files / "outer.db").write_text("$INCLUDE bad.db\n", encoding="ascii")
        for name in ("bad.db", "outer.db"):
            assert main([*OFFLINE, "--zone", name, "--chain", "old.pem"]) == 2
            assert capsys.readouterr().err.startswith("dane-check: bad.db:9: the TLSA record cannot be read: 3 hexadec")

    @pytest.mark.parametrize(("text", "status"), [(mail(EE_OLD), 0), ("$INCLUDE old.db\n", 2), ("", 2)])
    def test_a_zone_may_come_from_standard_input(self, monkeypatch: pytest.MonkeyPatch, text: str, status: int) -> None:
        """From there nothing is included."""
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode("ascii"))))
        assert main([*OFFLINE, "--zone", "-", "--chain", "old.pem"]) == status

    def test_what_tlsa_prints_can_be_rehearsed(self, monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
        """The lines go from one command to the other."""
        assert main(["tlsa", "old.pem", "--host", HOST]) == 0
        printed = capsys.readouterr().out
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(printed.encode("ascii"))))
        assert main([*OFFLINE, "--zone", "-", "--chain", "old.pem"]) == 0

    def test_options_have_their_twins_in_the_environment(self, monkeypatch: pytest.MonkeyPatch) -> None:
        twins = {
            "ZONE": "signed.db",
            "DS": KEYS.ds().to_text(),
            "CHAIN": f"{HOST}=old.pem",
            "OLD_CHAIN": "old.pem",
            "OFFLINE": "1",
        }
        for name, value in twins.items():
            monkeypatch.setenv(f"DANE_CHECK_{name}", value)
        assert main(["preflight", *AT]) == 0


@pytest.mark.usefixtures("files")
class TestSecrets:
    """threats T-31: of a private key nothing but its public half is used, and nothing is shown."""

    def run(self, capsys: Capture, *options: str) -> tuple[int, str]:
        status = main([*OFFLINE, "--zone", "old.db", "--chain", "old.pem", *options])
        out, err = capsys.readouterr()
        return status, out + err

    @pytest.mark.parametrize("form", [["-v", "--explain"], ["--json"], ["--junit", "report.xml"]])
    def test_key_material_reaches_no_output(self, capsys: Capture, files: Path, form: list[str]) -> None:
        """Neither its text, nor its number, in any form."""
        _, shown = self.run(capsys, "--key", "next.key", *form)
        report = files / "report.xml"
        shown += report.read_text("utf-8") if report.exists() else ""
        key = NEXT.leaf.key_pem().decode("ascii")
        secret = NEXT.leaf.key.private_numbers().private_value  # type: ignore[union-attr]
        assert not any(line in shown for line in key.splitlines()[1:-1])
        assert f"{secret:x}" not in shown.lower()
        assert str(secret) not in shown

    @pytest.mark.parametrize(("mode", "warned"), [(0o600, False), (0o640, True), (0o644, True)])
    def test_a_key_that_others_may_read_is_used_and_warned_about(
        self, capsys: Capture, files: Path, mode: int, warned: bool
    ) -> None:
        (files / "next.key").chmod(mode)
        status, shown = self.run(capsys, "--key", "next.key")
        assert status == 1
        assert ("chmod 600" in shown) is warned
        assert "rollover-next-missing" in shown

    def test_a_broken_key_is_not_quoted(self, capsys: Capture, files: Path) -> None:
        lines = NEXT.leaf.key_pem().decode("ascii").splitlines()
        (files / "next.key").write_text("\n".join([lines[0], *lines[2:]]), encoding="ascii")
        status, shown = self.run(capsys, "--key", "next.key")
        assert status == 2
        assert not any(line in shown for line in lines[1:-1])


class TestInTheLab:
    """Mail domains, against the lab's servers."""

    @pytest.mark.parametrize(
        ("domain", "status", "word"),
        [
            ("no-tlsa.test", 0, "READY"),
            ("unsigned.test", 1, "NOT READY"),
            ("no-tlsa-no-starttls.test", 1, "NOT READY"),
            ("no-tlsa-and-closed.test", 4, "CANNOT TELL"),
            ("null-mx.test", 5, "NOT APPLICABLE"),
        ],
    )
    @pytest.mark.parametrize("form", [[], ["--json"]])
    def test_the_first_records(self, capsys: Capture, domain: str, status: int, word: str, form: list[str]) -> None:
        assert main(["preflight", "--lab", domain, *form]) == status
        out = capsys.readouterr().out
        if form:
            document = json.loads(out)
            jsonschema.Draft202012Validator(json.loads(schema_text("rehearsal"))).validate(document)
            assert document["readiness"].replace("-", " ").upper() == word
        else:
            assert out.splitlines()[-1].startswith(word)

    @pytest.mark.usefixtures("files")
    @pytest.mark.parametrize("options", [["--old-chain", "old.pem"], ["--previous", EE_OLD]])
    def test_what_is_replaced_needs_what_replaces_it(self, capsys: Capture, options: list[str]) -> None:
        """Else it would be left out in silence."""
        assert main(["preflight", "--lab", "no-tlsa.test", *options]) == 2
        assert "there are none" in capsys.readouterr().err

    def test_a_family_that_is_left_out_is_never_ready(self) -> None:
        """D-18: the host has an IPv4 address only."""
        assert main(["preflight", "--lab", "no-tlsa.test", "-6"]) == 4

    def test_without_connections_nothing_is_known_of_what_is_served(self) -> None:
        assert main(["preflight", "--lab", "ee-matches.test", "--no-connect"]) == 4
