"""What all tests of the command share."""

from __future__ import annotations

import os

import pytest

from tests.cli.fake import world

__all__ = ["world"]


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No option and no colour comes from whoever runs the tests."""
    for name in [*os.environ]:
        if name.startswith("DANE_CHECK_") or name in {"NO_COLOR", "FORCE_COLOR", "TERM"}:
            monkeypatch.delenv(name)
