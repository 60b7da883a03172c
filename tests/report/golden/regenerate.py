"""Writes the golden texts anew: python -m tests.report.golden.regenerate; read the difference before keeping it."""

from pathlib import Path

from dane_check.report.text import check_to_text
from tests.report.examples import ALL
from tests.report.test_text import FORMS, golden_name

if __name__ == "__main__":
    for example, form in FORMS:
        text = check_to_text(ALL[example](), form)
        (Path(__file__).parent / golden_name(example, form)).write_text(text, encoding="utf-8")
