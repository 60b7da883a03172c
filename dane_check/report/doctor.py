"""What this machine can judge, as text and as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from dane_check.check.environment import Ability, EnvironmentReport, Tried
from dane_check.report.json import document, dumped, moment
from dane_check.report.styled import Line, Style, Styled, render, visible
from dane_check.report.words import moment as shown_moment

_STYLE: Final = {Ability.WORKS: Style.GOOD, Ability.FAILS: Style.BAD, Ability.NOT_TRIED: Style.DIM}
_NAMES: Final = {
    "clock": "time",
    "dnssec": "DNSSEC",
    "answers": "answers",
    "tcp": "DNS/TCP",
    "port25": "port 25",
    "ipv6": "IPv6",
}
_WORDS: Final = {Ability.WORKS: "works", Ability.FAILS: "fails", Ability.NOT_TRIED: "not tried"}


def doctor_to_text(report: EnvironmentReport, *, colour: bool = False) -> str:
    """A line a fact, and the conclusion last."""
    return render(_lines(report), colour)


def _lines(report: EnvironmentReport) -> Iterator[Line]:
    yield (f"clock      {shown_moment(report.now)}",)
    servers = ", ".join(report.servers) or "no server"
    yield (f"resolver   {servers}{' (of this machine)' if report.resolver == 'system' else ''}",)
    for anchor in report.anchors or ("none",):
        yield (f"anchor     {anchor}",)
    if report.anchors_of is not None:
        advice = "update dane_check, or give current ones with --trust-anchor"
        yield ("anchor     ", Styled("old", Style.WARN), f"  (built in, of {report.anchors_of:%Y-%m-%d}: {advice})")
    for name, version in report.versions:
        yield (f"version    {name} {version}",)
    for key, tried in report.tried.items():
        yield (f"{_NAMES[key]:<9}  ", Styled(_WORDS[tried.ability], _STYLE[tried.ability]), f"  ({tried.because})")
        if tried.todo:
            yield (f"{'':<9}  do     {tried.todo}",)
    able = report.exit_status == 0
    word = Styled("READY" if able else "NOT READY", Style.GOOD if able else Style.BAD)
    meaning = "nothing stands against judging from here" if able else "this machine cannot judge every domain"
    yield (word, f"  {meaning}  [exit status {report.exit_status}]")


def doctor_to_json(report: EnvironmentReport) -> str:
    """The document of kind `doctor`."""
    return dumped(
        document(
            "doctor",
            exit_status=report.exit_status,
            now=moment(report.now),
            resolver=visible(report.resolver),
            servers=[visible(server) for server in report.servers],
            anchors=[visible(anchor) for anchor in report.anchors],
            anchors_old=report.anchors_of is not None,
            versions={name: visible(version) for name, version in report.versions},
            **{key: _tried(tried) for key, tried in report.tried.items()},
        )
    )


def _tried(tried: Tried) -> dict[str, Any]:
    return {"ability": tried.ability.value, "because": visible(tried.because), "todo": visible(tried.todo)}
