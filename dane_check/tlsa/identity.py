"""Reference identifiers against the names in a leaf, as senders with OpenSSL do it (RFC 7672 §3.2.3)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from dane_check.tlsa.certificate import Certificate

# What a wildcard may be put over, and what may stand after it: letters, digits and inner hyphens. An
# underscore is in neither, so a wildcard never covers one (decision A-14).
_LABEL: Final = re.compile(rb"[0-9a-z](?:[0-9a-z-]*[0-9a-z])?\Z")
_COVERED: Final = re.compile(rb"[0-9a-z-]+\Z")
_LABELS_AFTER_WILDCARD: Final = 2


@dataclass(frozen=True, slots=True)
class NameMatched:
    """The reference identifier that was found, and the name in the certificate that it equals.

    cn_only -- the name stands in a common name alone, which some senders refuse (decision A-9).
    """

    reference: str
    presented: str
    cn_only: bool


@dataclass(frozen=True, slots=True)
class NameMismatch:
    """No acceptable name is in the certificate; `presented` are those that are, for people."""

    presented: tuple[str, ...]
    detail: str


def identify(leaf: Certificate, reference_names: Sequence[str]) -> NameMatched | NameMismatch:
    """Whether the leaf holds one of these names; any one is enough, the first that does is returned.

    One dNSName makes the common names void (§3.2.3); so does a certificate whose extensions cannot be read,
    because a name that is hidden there must not be overruled by one that anybody may write.
    """
    if leaf.extensions is None:
        return NameMismatch((), "the extensions of the certificate cannot be read")
    dns_names = leaf.extensions.dns_names or ()
    presented = dns_names or tuple(name.encode("utf-8", "replace") for name in leaf.common_names)
    for reference in reference_names:
        wanted = _normal(reference)
        for name in presented:
            if wanted is not None and name_matches(name, wanted):
                return NameMatched(reference, _shown(name), cn_only=not dns_names)
    return NameMismatch(tuple(map(_shown, presented)), _mismatch(presented, reference_names))


def name_matches(presented: bytes, reference: bytes) -> bool:
    """Whether a name from a certificate covers a reference name in lower case, without trailing dot."""
    presented = presented.lower()
    return presented == reference or _wildcard_matches(presented, reference)


def _wildcard_matches(pattern: bytes, reference: bytes) -> bool:
    first, dot, parent = pattern.partition(b".")
    labels = parent.split(b".")
    if first != b"*" or not dot or len(labels) < _LABELS_AFTER_WILDCARD:
        return False
    if not all(_LABEL.match(label) for label in labels):
        return False
    covered, _, reference_parent = reference.partition(b".")
    return reference_parent == parent and _COVERED.match(covered) is not None


def _normal(reference: str) -> bytes | None:
    """The name as compared: A-labels in lower case, one trailing dot stripped; None matches nothing."""
    if not reference.isascii():
        return None
    name = reference.lower().removesuffix(".").encode("ascii")
    return name if name and all(name.split(b".")) else None


def _mismatch(presented: Sequence[bytes], reference_names: Sequence[str]) -> str:
    if not reference_names:
        return "no reference name was given"
    wanted = ", ".join(reference_names)
    if not presented:
        return f"the certificate holds no name, wanted {wanted}"
    return f"none of the {len(presented)} names in the certificate is {wanted}"


def _shown(name: bytes) -> str:
    return name.decode("ascii", "backslashreplace")
