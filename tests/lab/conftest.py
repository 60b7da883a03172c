"""The lab's own fixtures, used here as other projects use them."""

from dane_check.lab.pytest_plugin import dane_lab, dane_lab_scenarios

__all__ = ["dane_lab", "dane_lab_scenarios"]
