"""`python -m dane_check` is `dane-check`."""

from dane_check.cli import program

program()
