"""Issuers of a public CA that operators pin and that change: to say which of them a stale record names.

Only what was found alike in at least two independent places stands here with its digest; an issuer whose digest we
do not know for certain is known by name alone. A digest that is missing costs an explanation, a wrong one a lie.

Source: Let's Encrypt's published list of its chains of trust, and digests published by operators who pin them.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from dane_check.tlsa.certificate import Certificate
from dane_check.tlsa.distinguished_name import COMMON_NAME, CanonicalName
from dane_check.tlsa.record import MatchingType, Selector, TlsaRecord

AS_OF: Final = datetime(2026, 7, 9, tzinfo=UTC)
_OLD_AFTER: Final = timedelta(days=548)  # 18 months; the CA has new issuers about every two years
_ORGANISATION: Final = "2.5.4.10"
_LETS_ENCRYPT: Final = "Let's Encrypt"
_ISRG: Final = "Internet Security Research Group"


@dataclass(frozen=True, slots=True)
class KnownIssuer:
    """One CA key. organisation, common_name -- its subject; retired -- known to issue nothing any more.

    spki_sha256 -- hexadecimal, None where it is not known for certain; certificates_sha256 -- of those known.
    """

    organisation: str
    common_name: str
    spki_sha256: str | None = None
    certificates_sha256: tuple[str, ...] = ()
    root: bool = False
    retired: bool = False

    def __str__(self) -> str:
        return (
            self.common_name if self.common_name.startswith(("ISRG", "Let's")) else f"Let's Encrypt {self.common_name}"
        )


def _intermediate(
    name: str, spki: str | None = None, *, retired: bool = False, whole: tuple[str, ...] = ()
) -> KnownIssuer:
    return KnownIssuer(_LETS_ENCRYPT, name, spki, whole, retired=retired)


KNOWN: Final = (
    KnownIssuer(_ISRG, "ISRG Root X1", "0b9fa5a59eed715c26c1020c711b4f6ec42d58b0015e14337a39dad301c5afc3", root=True),
    KnownIssuer(_ISRG, "ISRG Root X2", "762195c225586ee6c0237456e2107dc54f1efc21f61a792ebd515913cce68332", root=True),
    _intermediate("Let's Encrypt Authority X1", retired=True),
    _intermediate("Let's Encrypt Authority X2", retired=True),
    _intermediate(
        "Let's Encrypt Authority X3",
        "60b87575447dcba2a36b7d11ac09fb24a9db406fee12d2cc90180517616e8a18",
        retired=True,
        whole=("25847d668eb4f04fdd40b12b6b0740c567da7d024308eb6c2c96fe41d9de218d",),
    ),
    _intermediate(
        "Let's Encrypt Authority X4",
        "b111dd8a1c2091a89bd4fd60c57f0716cce50feeff8137cdbee0326e02cf362b",
        retired=True,
    ),
    _intermediate(
        "R3",
        "8d02536c887482bc34ff54e41d2ba659bf85b341a0a20afadb5813dcfbcf286d",
        retired=True,
        whole=("67add1166b020ae61b8f5fc96813c04c2aa589960796865572a3c7e737613dfd",),
    ),
    _intermediate("R4", "e5545e211347241891c554a03934cde9b749664a59d26d615fe58f77990f2d03", retired=True),
    _intermediate("E1", "276fe8a8c4ec7611565bf9fce6dcace9be320c1b5bea27596b2204071ed04f10", retired=True),
    _intermediate("E2", "bd936e72b212ef6f773102c6b77d38f94297322efc25396bc3279422e0c89270", retired=True),
    _intermediate("E5", "3586d4ecf070578cbd27aedce20b964e48bc149faeb9dad72f46b857869172b8"),
    _intermediate("E6", "d016e1fe311948aca64f2de44ce86c9a51ca041df6103bb52a88eb3f761f57d7"),
    _intermediate("E7", "cbbc559b44d524d6a132bdac672744da3407f12aae5d5f722c5f6c7913871c75"),
    _intermediate("E8", "885bf0572252c6741dc9a52f5044487fef2a93b811cdedfad7624cc283b7cdd5"),
    _intermediate("E9", "f1440a9b76e1e41e53a4cb461329bf6337b419726be513e42e19f1c691c5d4b2"),
    _intermediate("R10", "2bbad93ab5c79279ec121507f272cbe0c6647a3aae52e22f388afab426b4adba"),
    _intermediate("R11"),
    _intermediate("R12"),
    _intermediate("R13", "025490860b498ab73c6a12f27a49ad5fe230fafe3ac8f6112c9b7d0aad46941d"),
    _intermediate("R14"),
    *(_intermediate(name) for name in ("YE1", "YE2", "YE3", "YR1", "YR2", "YR3")),
)
_BY_KEY: Final = {one.spki_sha256: one for one in KNOWN if one.spki_sha256}
_BY_CERTIFICATE: Final = {whole: one for one in KNOWN for whole in one.certificates_sha256}
_BY_NAME: Final = {(one.organisation.casefold(), one.common_name.casefold()): one for one in KNOWN}


def named_by(record: TlsaRecord) -> KnownIssuer | None:
    """The issuer whose key or certificate the record names, whether or not it is served."""
    match (record.selector, record.matching_type):
        case (Selector.SPKI, MatchingType.SHA2_256):
            return _BY_KEY.get(record.data.hex())
        case (Selector.CERT, MatchingType.SHA2_256):
            return _BY_CERTIFICATE.get(record.data.hex())
        case (Selector.SPKI, MatchingType.FULL):
            return _by_key(record.data)
        case (Selector.CERT, MatchingType.FULL):
            certificate = Certificate(record.data)
            return _by_key(certificate.spki) or _by_name(certificate.subject_name)
    return None


def subject_in(record: TlsaRecord) -> CanonicalName | None:
    """The subject of the certificate that the record holds in full; None where it holds none."""
    if (record.selector, record.matching_type) != (Selector.CERT, MatchingType.FULL):
        return None
    return Certificate(record.data).subject_name


def issuer_of(certificate: Certificate) -> KnownIssuer | None:
    """The issuer that the certificate says it comes from, by name alone."""
    return _by_name(certificate.issuer_name)


def known(certificate: Certificate) -> KnownIssuer | None:
    """Which of the issuers this CA certificate belongs to: by its key, else by its name."""
    return _by_key(certificate.spki) or _by_name(certificate.subject_name)


def is_old(now: datetime) -> bool:
    """Whether the CA has probably got issuers since that this table does not know."""
    return now > AS_OF + _OLD_AFTER


def _by_key(spki: bytes | None) -> KnownIssuer | None:
    return None if spki is None else _BY_KEY.get(hashlib.sha256(spki).hexdigest())


def _by_name(name: CanonicalName | None) -> KnownIssuer | None:
    parts = {kind: value for relative in name or () for kind, _, value in relative}
    text = [parts.get(kind, b"").decode("utf-8", "replace").casefold() for kind in (_ORGANISATION, COMMON_NAME)]
    return _BY_NAME.get((text[0], text[1]))
