"""Every bound of the program in one frozen table, each with its source (docs/requirements.md §24).

A limit that is hit is always reported; it never yields `protected` and never "no TLSA" (D-13).
Times are seconds, sizes are octets.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DnsLimits:
    """What one DNS lookup, and all lookups for one domain, may cost (L-1 … L-11)."""

    try_seconds: float = 3.0  # L-1, as danecheck
    tries: int = 3  # L-1
    lookup_seconds: float = 10.0  # L-1: one lookup with everything it needs
    questions_per_domain: int = 300  # L-2: Unbound max-global-quota 200, BIND 50 per fetch; never reset
    alias_hops: int = 11  # L-3, D-3: BIND and Unbound
    edns_octets: int = 1232  # L-6: DNS flag day 2020
    message_octets: int = 65535  # L-6
    message_records: int = 1000  # L-6
    tlsa_records: int = 64  # L-7
    signatures_per_rrset: int = 8  # L-8: Unbound MAX_VALIDATE_RRSIGS
    signatures_per_question: int = 128  # L-8
    signatures_per_domain: int = 1024  # L-8
    failed_signatures_per_question: int = 16  # L-8: BIND allows 1 failure per fetch, after 16 validations
    keys_per_tag: int = 4  # L-9
    digest_mismatches_per_ds: int = 4  # L-9: Unbound MAX_DS_MATCH_FAILURES
    keys_per_set: int = 64  # L-9
    ds_per_set: int = 32  # L-9
    ds_digests_per_zone: int = 16  # L-9
    nsec3_iterations: int = 50  # L-10, D-10: newer BIND, Knot, PowerDNS
    nsec3_names_hashed: int = 48  # L-10: distinct names per question
    denial_records_per_message: int = 16  # L-10
    answers_kept: int = 8192  # L-24: lookups, and places of names, that a run remembers; some 4 KiB each
    replies_kept: int = 2048  # L-24: once judged they are seldom wanted, and one may have 64 KiB


@dataclass(frozen=True, slots=True)
class SessionLimits:
    """What one connection to a mail server may cost (L-12 … L-17)."""

    connect_seconds: float = 10.0  # L-12
    greeting_seconds: float = 30.0  # L-13, as danecheck
    reply_seconds: float = 15.0  # L-13
    session_seconds: float = 60.0  # L-14: a hard deadline, not per read
    line_octets: int = 2048  # L-15, as Postfix
    lines_per_reply: int = 128  # L-15
    plaintext_octets: int = 64 * 1024  # L-15: everything before TLS
    handshake_seconds: float = 15.0  # L-16, inside L-14
    chain_certificates: int = 20  # L-17
    certificate_octets: int = 64 * 1024  # L-17
    chain_octets: int = 100 * 1024  # L-17: OpenSSL's own cap on the message


@dataclass(frozen=True, slots=True)
class PathLimits:
    """What the search for one certification path may cost (L-18)."""

    depth: int = 9  # as Postfix
    signature_checks: int = 64
    rsa_bits: int = 8192
    subject_alternative_names: int = 1000
    name_constraint_comparisons: int = 10_000


@dataclass(frozen=True, slots=True)
class DomainLimits:
    """How far one domain may lead us (L-4, L-5, L-19, L-20)."""

    mx_hosts: int = 20  # L-4: internet.nl 10
    addresses_per_family: int = 8  # L-5
    handshakes_per_address: int = 3  # L-19: main, second certificate type, no-SNI diagnostic
    seconds: float = 120.0  # L-20
    diagnostics_seconds: float = 1.0  # DESIGN §2: how long the command waits for diagnostics


@dataclass(frozen=True, slots=True)
class RunLimits:
    """How a whole run behaves toward others, however many domains it checks (L-21).

    Waiting for it is charged to no other limit. None lifts a rate: for a world of one's own, such as the lab.
    """

    domains_at_once: int = 50  # L-21
    sessions_per_address: int = 2  # L-21: at once; sslyze 5 to one server
    address_sessions_per_minute: int | None = 6  # L-21: new ones; two hosts at one address, L-19 each
    network_sessions_per_minute: int | None = 30  # L-21: new ones, in one IPv4 /24 or IPv6 /48
    round_seconds: float = 300  # D-45: how long a survey goes on with one moment, and with what it heard


UNHURRIED = RunLimits(address_sessions_per_minute=None, network_sessions_per_minute=None)


@dataclass(frozen=True, slots=True)
class InputLimits:
    """What people and files may give us (L-22, L-23, L-25, L-28)."""

    list_octets: int = 100 * 1024 * 1024  # L-22
    list_lines: int = 1_000_000  # L-22
    line_octets: int = 1024  # L-22
    text_characters: int = 512  # L-23: one field of text from the network, after escaping
    host_text_characters: int = 8192  # L-23
    file_octets: int = 1024 * 1024  # L-25: anchors, certificates
    certificates: int = 50  # L-25
    zone_octets: int = 16 * 1024 * 1024  # L-28: each file of a zone
    zone_records: int = 100_000  # L-28, $GENERATE included
    include_files: int = 64  # L-28
    include_depth: int = 8  # L-28
    evidence_octets: int = 64 * 1024 * 1024  # ours: L-2 questions of L-6 octets each are 19 MiB, a third more as base64


@dataclass(frozen=True, slots=True)
class Limits:
    """All bounds together; the defaults are those of docs/requirements.md §24."""

    dns: DnsLimits = DnsLimits()
    session: SessionLimits = SessionLimits()
    path: PathLimits = PathLimits()
    domain: DomainLimits = DomainLimits()
    run: RunLimits = RunLimits()
    input: InputLimits = InputLimits()


DEFAULT = Limits()
