"""Distinguished names: compared as OpenSSL compares them (RFC 5280 §7.1), and shown to people (RFC 4514)."""

from __future__ import annotations

from typing import Final

from dane_check.tlsa import der

# One attribute, ready for comparison: its type, the tag of its value, and the value. Text of any string
# type becomes UTF-8 in lower case with single blanks, so that spelling differences do not part a CA from
# the certificates it issued; every other type is compared octet by octet.
Attribute = tuple[str, int, bytes]
CanonicalName = tuple[tuple[Attribute, ...], ...]

COMMON_NAME: Final = "2.5.4.3"

_SHORT_NAMES: Final = {
    COMMON_NAME: "CN",
    "2.5.4.6": "C",
    "2.5.4.7": "L",
    "2.5.4.8": "ST",
    "2.5.4.9": "STREET",
    "2.5.4.10": "O",
    "2.5.4.11": "OU",
    "0.9.2342.19200300.100.1.1": "UID",
    "0.9.2342.19200300.100.1.25": "DC",
    "1.2.840.113549.1.9.1": "emailAddress",
}
_CODECS: Final = {
    der.UTF8_STRING: "utf-8",
    der.PRINTABLE_STRING: "latin-1",
    der.T61_STRING: "latin-1",
    der.IA5_STRING: "latin-1",
    der.VISIBLE_STRING: "latin-1",
    der.UNIVERSAL_STRING: "utf-32-be",
    der.BMP_STRING: "utf-16-be",
}
_BLANKS: Final = b" \t\n\v\f\r"


def canonical(name: bytes) -> CanonicalName:
    """The name in the form in which two names are equal; raises `DerError` if it cannot be read."""
    return tuple(
        tuple(sorted((kind, *_comparable(value)) for kind, value in _attributes(relative)))
        for relative in _relatives(name)
    )


def text(name: bytes) -> str:
    """The name for people, most specific attribute first; raises `DerError` if it cannot be read."""
    shown = []
    for relative in _relatives(name):
        shown.append("+".join(f"{_SHORT_NAMES.get(k, k)}={_shown(v)}" for k, v in _attributes(relative)))
    return ",".join(reversed(shown))


def common_names(name: bytes) -> tuple[str, ...]:
    """Every common name in the order it stands; one that is no text is left out."""
    found = []
    for relative in _relatives(name):
        for kind, value in _attributes(relative):
            decoded = _decoded(value)
            if kind == COMMON_NAME and decoded is not None:
                found.append(decoded)
    return tuple(found)


def _relatives(name: bytes) -> list[der.Element]:
    relatives = list(der.only(name, der.SEQUENCE).inside().rest())
    if any(relative.tag != der.SET for relative in relatives):
        raise der.DerError("a name that is not made of sets")
    return relatives


def _attributes(relative: der.Element) -> list[tuple[str, der.Element]]:
    attributes = []
    for pair in relative.inside().rest():
        reader = pair.inside()
        kind = der.object_identifier(reader.take(der.OBJECT_IDENTIFIER))
        attributes.append((kind, reader.take()))
        reader.finish()
    return attributes


def _comparable(value: der.Element) -> tuple[int, bytes]:
    if value.tag not in _CODECS:
        return value.tag, value.value
    decoded = _decoded(value)
    if decoded is None:
        raise der.DerError("a name with text that cannot be decoded")
    words = decoded.encode("utf-8").strip(_BLANKS).split()
    return der.UTF8_STRING, b" ".join(words).lower()


def _decoded(value: der.Element) -> str | None:
    codec = _CODECS.get(value.tag)
    if codec is None:
        return None
    try:
        return value.value.decode(codec)
    except UnicodeDecodeError:
        return None


def _shown(value: der.Element) -> str:
    decoded = _decoded(value)
    if decoded is None:
        return "#" + value.encoding.hex()
    return "".join("\\" + letter if letter in ',+"\\<>;=' else letter for letter in decoded)
