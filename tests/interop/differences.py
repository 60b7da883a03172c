"""Where delv or posttls-finger sees a situation otherwise than we do, and why; docs/interop.md shows these tables.

A difference that is not here fails its test, and so does one that is here and no longer seen.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Difference:
    """What a peer says, what we say, and the reason that settles it.

    For delv, the words for the questions of the situation that differ. For posttls-finger, `ours` is every word our
    endpoints give.
    """

    theirs: str
    ours: str
    why: str


OPT_OUT = "D-14: an opt-out span proves nothing about the names in it; BIND takes it for a denial"
ITERATIONS = "D-10: above 50 NSEC3 iterations a denial proves nothing; BIND 9.18 goes up to 150"
SHA1 = "D-11: RFC 9905 retires RSASHA1; the versions of BIND and Unbound here still validate it"

DELV = {
    "nowhere.test": Difference("denied", "insecure", OPT_OUT),
    "many-iterations.test": Difference("denied", "insecure", ITERATIONS),
    "denied-many-iterations.test": Difference("denied", "insecure", ITERATIONS),
    "rsasha1.test": Difference("denied, secure", "insecure", SHA1),
    "rsasha1-nsec3.test": Difference("denied, secure", "insecure", SHA1),
    "domain-alias.test": Difference("denied", "insecure", OPT_OUT),
    "wildcard-in-opt-out.test": Difference("denied", "insecure", OPT_OUT),
    "denied-in-opt-out.test": Difference("denied", "insecure", OPT_OUT),
    "signed-with-opt-out.test": Difference("denied", "insecure", OPT_OUT),
    "unsigned-below-many-iterations.test": Difference("denied", "insecure", ITERATIONS),
}

ONE_TYPE = "it takes part in one handshake, in which the server chose the ECDSA certificate"
ONE_HOST = "it stops at the first host that takes a connection"
ONE_FAMILY = "it is told to take IPv4, and asks one address"
OLD_TLS = "D-4: we offer TLS 1.2 and later; Postfix by default 1.0 and later, where its OpenSSL lets it"
NEXT_HOP = (
    "A-1: RFC 7672 §3.2.2 lets the mail domain count only where the MX records are secure; Postfix counts it always"
)
NULL_MX = "a null MX beside others makes it return all mail, which is why we call the domain partial and name this"
HELO = "it does not try HELO after EHLO is refused, as a sending Postfix would"
ALIASES = "L-3: we follow 11 aliases, as BIND and Unbound document; this Unbound followed 12"

POSTTLS_FINGER = {
    "dual-one-pinned.test": Difference("verified", "unverified, verified", ONE_TYPE),
    "second-host-without.test": Difference("verified", "encrypted, verified", ONE_HOST),
    "first-host-fails.test": Difference("unverified", "unverified, verified", ONE_HOST),
    "insecure-mx-next-hop-name.test": Difference("verified", "unverified", NEXT_HOP),
    "null-mx-mixed.test": Difference("no-mail", "verified", NULL_MX),
    "other-key-over-ipv6.test": Difference("verified", "unverified, verified", ONE_FAMILY),
    "closed-over-ipv6.test": Difference("verified", "no-session, verified", ONE_FAMILY),
    "no-starttls-over-ipv6.test": Difference("verified", "no-tls, verified", ONE_FAMILY),
    "tlsa-many-aliases.test": Difference("verified", "lookup-failed", ALIASES),
    "short-digest-old-tls.test": Difference("encrypted", "no-tls", OLD_TLS),
    "knows-only-helo.test": Difference("no-session", "no-tls", HELO),
    "rsasha1.test": Difference("verified", "encrypted", SHA1),
    "rsasha1-nsec3.test": Difference("verified", "encrypted", SHA1),
}
