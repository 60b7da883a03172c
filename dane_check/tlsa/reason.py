"""Why an authentication fails, in the words of the shared matcher cases."""

from __future__ import annotations

from enum import StrEnum


class Reason(StrEnum):
    """The class of problem that kept a record, or a whole set of them, from authenticating a server."""

    NO_CERTIFICATE = "no-certificate"
    NO_MATCH = "no-match"
    NAME = "name"
    EXPIRED = "expired"
    NOT_YET_VALID = "not-yet-valid"
    SIGNATURE = "signature"
    NOT_A_CA = "not-a-ca"
    PATH_LENGTH = "path-length"
    PURPOSE = "purpose"
    NAME_CONSTRAINTS = "name-constraints"
    CRITICAL_EXTENSION = "critical-extension"
    UNTRUSTED = "untrusted"
    WEAK_CRYPTO = "weak-crypto"
    CHAIN_TOO_LONG = "chain-too-long"
    OTHER = "other"
