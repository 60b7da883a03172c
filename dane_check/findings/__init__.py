"""What can be said about a domain: codes, severities, and the catalogue with every sentence.

A finding is a code with facts; the words live only here. A released code never changes its meaning.
"""

from dane_check.findings.catalogue import CATALOGUE
from dane_check.findings.code import Code
from dane_check.findings.finding import About, Diagnosis, Finding, Severity
from dane_check.findings.said import finding, remedy, sentence

__all__ = ["CATALOGUE", "About", "Code", "Diagnosis", "Finding", "Severity", "finding", "remedy", "sentence"]
