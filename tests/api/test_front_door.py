"""The front door: public names, documented examples, and misuse."""

from __future__ import annotations

import asyncio
import doctest
import importlib
import pkgutil
import re
import subprocess
import sys
from pathlib import Path

import pytest

import dane_check
from dane_check import Checker, Settings, UsageError

README = Path(__file__).parents[2] / "README.md"


def test_every_public_name_is_there_and_no_other() -> None:
    """`__all__` is the promise; each name loads."""
    assert all(getattr(dane_check, name) is not None for name in dane_check.__all__)
    assert set(dane_check.__all__) == {*dane_check._HOME, "__version__"}
    with pytest.raises(AttributeError, match="no_such_name"):
        dane_check.no_such_name  # noqa: B018


def test_no_public_name_hides_a_subpackage() -> None:
    """`dane_check.lookup` must never turn into a module by an import elsewhere."""
    modules = {module.name for module in pkgutil.iter_modules(dane_check.__path__)}
    assert not modules & set(dane_check.__all__)
    importlib.import_module("dane_check.dnssec.lookup")
    assert callable(dane_check.lookup)


def test_the_import_costs_nothing() -> None:
    """No room is loaded before it is used."""
    code = "import sys, dane_check; print(sorted(m for m in sys.modules if m.split('.')[0] in {'dns', 'OpenSSL'}))"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "[]"


def test_the_examples_in_docstrings_are_true() -> None:
    """Documented examples run as tests."""
    result = doctest.testmod(dane_check)
    assert result.attempted > 0
    assert result.failed == 0


def test_the_examples_in_the_readme_compile_and_the_pure_one_runs(capsys: pytest.CaptureFixture[str]) -> None:
    """What the README shows, works."""
    blocks = re.findall(r"```python\n(.*?)```", README.read_text(), re.DOTALL)
    assert len(blocks) == 2
    for block in blocks:
        compile(block, "README.md", "exec")
    exec(blocks[1], {})
    assert capsys.readouterr().out.strip() == "failed"


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        (Settings(resolver="no resolver"), "not the address of a name server"),
        (Settings(trust_anchor="/no/such/file"), "does not exist"),
        (Settings(trust_anchor=("this is no record",)), "1"),
        (Settings(trust_anchor="/etc"), "no regular file"),
    ],
)
def test_misuse_is_one_line_before_any_packet(settings: Settings, says: str) -> None:
    """UsageError, and the sentence says what to do."""

    async def enter() -> None:
        async with Checker(settings):
            pass

    with pytest.raises(UsageError, match=says) as refused:
        asyncio.run(enter())
    assert "\n" not in str(refused.value)


def test_bad_settings_are_refused_at_once() -> None:
    """Nothing is built from them."""
    with pytest.raises(UsageError, match="switched off"):
        Settings(ipv4=False, ipv6=False)
    with pytest.raises(UsageError, match="600"):
        Settings(timeout=0)
    for helo in ("", "two words", "a\r\nMAIL FROM:<>", "h" * 256):
        with pytest.raises(UsageError, match="one word"):
            Settings(helo=helo)


def test_names_and_types_that_are_none_are_refused() -> None:
    """Before any packet as well."""

    async def ask(name: str, rdtype: str) -> None:
        async with Checker(Settings(resolver="127.0.0.1:1")) as checker:
            await checker.lookup(name, rdtype)

    with pytest.raises(UsageError, match="is no domain name"):
        asyncio.run(ask("a..b", "MX"))
    with pytest.raises(UsageError, match="is no record type"):
        asyncio.run(ask("example.org", "NOSUCHTYPE"))


def test_a_sync_twin_inside_a_loop_is_misuse() -> None:
    """It would block the loop it runs in."""

    async def inside() -> None:
        dane_check.check_domain_sync("example.org")

    with pytest.raises(UsageError, match="already running"):
        asyncio.run(inside())


def test_a_checker_that_is_not_open_is_misuse() -> None:
    """The run it would share does not exist."""
    with pytest.raises(UsageError, match="not open"):
        asyncio.run(Checker().domain("example.org"))


def test_an_address_literal_asks_nothing() -> None:
    """S1-01, R7672-2.2-g: not applicable, exit 5."""

    async def literal() -> dane_check.DomainCheck:
        async with Checker(Settings(resolver="127.0.0.1:1")) as checker:
            return await checker.domain("[192.0.2.1]")

    verdict = asyncio.run(literal()).verdict
    assert (verdict.word.value, verdict.exit_status, verdict.reason) == ("not-applicable", 5, "address-literal")
