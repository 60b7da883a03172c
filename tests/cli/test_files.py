"""Files: regular ones only, bounded, private, never followed through a link when written (threats T-29, T-33)."""

from __future__ import annotations

import io
import os
import stat
import sys
from pathlib import Path

import pytest

from dane_check.cli.files import check_target, read_text, save
from dane_check.cli.output import OutputFailed
from dane_check.errors import UsageError


class TestReading:
    """`read_text` gives text or one sentence."""

    def test_a_regular_file_is_read_and_its_bom_dropped(self, tmp_path: Path) -> None:
        file = tmp_path / "a"
        file.write_bytes(b"\xef\xbb\xbftext \xc3\xa9")
        assert read_text(str(file), 100) == "text é"

    def test_standard_input_is_read_for_a_dash(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"text")))
        assert read_text("-", 100) == "text"

    def test_a_file_at_the_limit_is_read_and_one_octet_more_is_not(self, tmp_path: Path) -> None:
        file = tmp_path / "a"
        file.write_bytes(b"x" * 100)
        assert len(read_text(str(file), 100)) == 100
        with pytest.raises(UsageError, match="larger"):
            read_text(str(file), 99)

    def test_a_fifo_does_not_hang(self, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "fifo")
        with pytest.raises(UsageError, match="no regular file"):
            read_text(str(tmp_path / "fifo"), 100)

    @pytest.mark.parametrize("path", ["/dev/zero", "/dev/null", "/", "/nonexistent", "a\x00b", "x" * 300, ""])
    def test_anything_else_is_one_sentence(self, path: str) -> None:
        with pytest.raises(UsageError) as caught:
            read_text(path, 100)
        assert str(caught.value).isprintable()

    def test_octets_that_are_no_text_are_refused(self, tmp_path: Path) -> None:
        (tmp_path / "a").write_bytes(b"\xff\xfe\x00")
        with pytest.raises(UsageError, match="UTF-8"):
            read_text(str(tmp_path / "a"), 100)


def written(path: Path, text: str = "evidence", force: bool = False) -> None:
    check_target(str(path), force)
    save(str(path), text, force)


class TestWriting:
    """`check_target` before the first packet, `save` after the last."""

    @pytest.mark.parametrize("force", [False, True])
    def test_a_new_file_is_whole_and_private(self, tmp_path: Path, force: bool) -> None:
        written(tmp_path / "run.json", force=force)
        assert (tmp_path / "run.json").read_text() == "evidence"
        assert stat.S_IMODE((tmp_path / "run.json").stat().st_mode) == 0o600
        assert os.listdir(tmp_path) == ["run.json"]

    def test_a_file_that_exists_is_kept(self, tmp_path: Path) -> None:
        file = tmp_path / "run.json"
        file.write_text("old")
        with pytest.raises(UsageError, match="--force"):
            check_target(str(file), False)
        with pytest.raises(OutputFailed):
            save(str(file), "new", False)
        assert file.read_text() == "old"

    def test_force_replaces_it(self, tmp_path: Path) -> None:
        (tmp_path / "run.json").write_text("old")
        written(tmp_path / "run.json", "new", force=True)
        assert (tmp_path / "run.json").read_text() == "new"
        assert os.listdir(tmp_path) == ["run.json"]

    @pytest.mark.parametrize("force", [False, True])
    @pytest.mark.parametrize("there", [False, True])
    def test_a_link_is_never_followed(self, tmp_path: Path, force: bool, there: bool) -> None:
        target, link = tmp_path / "target", tmp_path / "link"
        if there:
            target.write_text("precious")
        link.symlink_to(target)
        if force:
            written(link, force=True)
            assert not link.is_symlink()
        else:
            with pytest.raises(OutputFailed):
                save(str(link), "evidence", False)
        assert target.exists() == there
        assert not there or target.read_text() == "precious"

    @pytest.mark.parametrize("path", ["", "/", ".", "missing/run.json", "a\x00b", "x" * 300])
    def test_a_target_that_cannot_be_is_refused_at_once(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str
    ) -> None:
        monkeypatch.chdir(tmp_path)
        with pytest.raises(UsageError):
            check_target(path, True)
        assert os.listdir(tmp_path) == []

    @pytest.mark.parametrize("force", [False, True])
    def test_a_full_disk_leaves_nothing_behind(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, force: bool
    ) -> None:
        def full(descriptor: int) -> None:
            raise OSError(28, "No space left on device")

        (tmp_path / "old").write_text("old")
        monkeypatch.setattr(os, "fsync", full)
        with pytest.raises(OutputFailed, match="No space left"):
            save(str(tmp_path / ("old" if force else "run.json")), "evidence", force)
        assert os.listdir(tmp_path) == ["old"]
        assert (tmp_path / "old").read_text() == "old"
