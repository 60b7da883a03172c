"""Worlds with one attack each (threats T-1 … T-5, T-9, T-10, T-13 … T-15): what a malicious zone or path would send."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import dns.dnssec
import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype as rrtype
import dns.rrset

from tests.dnssec.keytrap import colliding, junk_signatures, with_extra_keys
from tests.dnssec.recursive import Bend, Recursive, adding, replaced, servfail, unsigned, with_rcode, without
from tests.dnssec.world import DAY, IN, NOW, N, Nsec3Params, SigningKey, World, example, renamed, rrset, zone

MX = "mx.example.org."
TLSA = f"_25._tcp.{MX}"
FORGED = f"3 1 1 {'00' * 32}"
RRset = dns.rrset.RRset


@dataclass(frozen=True)
class Attack:
    """A resolver under attack, and the question that is put to it."""

    recursive: Recursive
    name: str = TLSA
    rdtype: str = "TLSA"
    options: dict[str, object] = field(default_factory=dict)


ATTACKS: dict[str, Callable[[], Attack]] = {}


def attack(make: Callable[[], Attack]) -> Callable[[], Attack]:
    ATTACKS[make.__name__.replace("_", "-")] = make
    return make


def bent(world: World, bend: Bend, name: str = TLSA, rdtype: str = "TLSA", **options: object) -> Attack:
    return Attack(Recursive(world).bend(name, rdtype, bend), name, rdtype, options)


def answered(world: World, *sets: RRset, name: str = TLSA, rdtype: str = "TLSA") -> Attack:
    return bent(world, replaced(sets), name, rdtype)


def denied(world: World, *records: Iterable[RRset], name: str = MX, rdtype: str = "MX", rcode: int = 0) -> Attack:
    authority = [one for made in records for one in made]
    return bent(world, replaced(authority=authority, rcode=rcode), name, rdtype)


def hashed(iterations: int = 0, **options: object) -> World:
    return example(nsec3=Nsec3Params(iterations, **options))


def resigned(world: World, made: RRset, **changes: object) -> RRset:
    """A true signature of the zone's own key over false fields: only the check of the field can refuse."""
    own = zone(world)
    template = own.sign(made)[0].replace(signature=b"", **changes)
    data = dns.dnssec._make_rrsig_signature_data(made, template)
    sigs = RRset(made.name, IN, rrtype.RRSIG, made.rdtype)
    sigs.add(template.replace(signature=own.keys[0].private.sign(data)), 3600)
    return sigs


# --- T-3: who signed it ----------------------------------------------------------------------------------


@attack
def foreign_signer() -> Attack:
    world = example()
    evil, made = world.add("evil.org."), rrset(TLSA, "TLSA", FORGED)
    return answered(world, made, evil.sign(made))


@attack
def parent_signs_child_data() -> Attack:
    world = example()
    made = rrset(TLSA, "TLSA", FORGED)
    return answered(world, made, zone(world, "org.").sign(made))


@attack
def child_signs_parent_data() -> Attack:
    world = example()
    made = rrset(TLSA, "TLSA", FORGED)
    return answered(world, made, zone(world, "child.example.org.").sign(made))


@attack
def labels_below_the_signers() -> Attack:
    world = example()
    made = rrset(TLSA, "TLSA", FORGED)
    return answered(world, made, resigned(world, made, labels=1))


@attack
def labels_above_the_owners() -> Attack:
    world = example()
    made = rrset(TLSA, "TLSA", FORGED)
    sigs = RRset(made.name, IN, rrtype.RRSIG, made.rdtype)
    sigs.add(zone(world).sign(made)[0].replace(labels=9), 3600)
    return answered(world, made, sigs)


def _keys(world: World, *more: SigningKey) -> RRset:
    made = RRset(N("example.org."), IN, rrtype.DNSKEY)
    for key in (*zone(world).keys, *more):
        made.add(key.dnskey, 3600)
    return made


@attack
def unlinked_dnskey() -> Attack:
    world = example()
    thief = SigningKey(901)
    keys, made = _keys(world, thief), rrset(TLSA, "TLSA", FORGED)
    recursive = Recursive(world).bend("example.org.", "DNSKEY", replaced([keys, zone(world).sign(keys, thief)]))
    return Attack(recursive.bend(TLSA, "TLSA", replaced([made, zone(world).sign(made, thief)])))


@attack
def unlinked_dnskey_in_place_of_the_true_one() -> Attack:
    world = example()
    thief = SigningKey(902)
    keys, made = RRset(N("example.org."), IN, rrtype.DNSKEY), rrset(TLSA, "TLSA", FORGED)
    keys.add(thief.dnskey, 3600)
    recursive = Recursive(world).bend("example.org.", "DNSKEY", replaced([keys, zone(world).sign(keys, thief)]))
    return Attack(recursive.bend(TLSA, "TLSA", replaced([made, zone(world).sign(made, thief)])))


@attack
def forged_ds_with_a_key_that_fits() -> Attack:
    world = example()
    thief = SigningKey(903)
    ds = rrset("example.org.", "DS", dns.dnssec.make_ds(N("example.org."), thief.dnskey, "SHA256").to_text())
    keys = RRset(N("example.org."), IN, rrtype.DNSKEY)
    keys.add(thief.dnskey, 3600)
    recursive = Recursive(world).bend("example.org.", "DNSKEY", replaced([keys, zone(world).sign(keys, thief)]))
    return Attack(recursive.bend("example.org.", "DS", replaced([ds, zone(world).sign(ds, thief)])))


@attack
def forged_ds_of_an_unknown_algorithm() -> Attack:
    world = example()
    ds = rrset("example.org.", "DS", f"1 250 2 {'00' * 32}")
    recursive = Recursive(world).bend("example.org.", "DS", replaced([ds]))
    return Attack(recursive.bend(TLSA, "TLSA", unsigned(rrtype.TLSA)))


@attack
def parent_wildcard_below_a_cut() -> Attack:
    world = example()
    org = zone(world, "org.")
    wild = rrset("*.org.", "TLSA", FORGED)
    (made, sigs) = renamed([wild, org.sign(wild)], TLSA)
    proof = [*org.nsec(N("exa.org.")), *org.nsec(N("example.org."))]
    return bent(world, replaced([made, sigs], proof))


@attack
def wildcard_replayed_at_a_name_that_exists() -> Attack:
    world = example()
    own = zone(world)
    wild = own.sets[N("*.w.example.org."), rrtype.A]
    replay = renamed([wild, own.sign(wild)], "x.w.example.org.")
    return bent(world, replaced(replay, own.nsec(N("x.w.example.org."))), "x.w.example.org.", "A")


@attack
def one_octet_changed() -> Attack:
    world = example()
    true = zone(world).sets[N(TLSA), rrtype.TLSA]
    return answered(world, rrset(TLSA, "TLSA", FORGED), zone(world).sign(true))


# --- T-4: replayed denials -------------------------------------------------------------------------------


@attack
def ancestor_nsec() -> Attack:
    world = example()
    return denied(world, zone(world, "org.").nsec(N("example.org.")), rcode=3)


@attack
def parents_nsec_denies_childs_data() -> Attack:
    world = example()
    return denied(world, zone(world).nsec(N("child.example.org.")), name="child.example.org.")


@attack
def expanded_wildcard_nsec() -> Attack:
    world = example()
    wild = renamed(zone(world).nsec(N("*.w.example.org.")), "x.w.example.org.")
    return denied(world, wild, name="x.w.example.org.")


@attack
def next_name_out_of_the_zone() -> Attack:
    world = example()
    made = zone(world).make_nsec(N("a.example.org."), N("zzz.org."), {rrtype.A, rrtype.NSEC})
    return denied(world, made, zone(world).nsec(N("*.example.org.")), rcode=3)


@attack
def apex_nsec_below_the_apex() -> Attack:
    world = example()
    made = zone(world).make_nsec(N("a.example.org."), N("z.example.org."), {rrtype.SOA, rrtype.NS})
    return denied(world, made, zone(world).nsec(N("*.example.org.")), rcode=3)


@attack
def dname_nsec_denies_names_below() -> Attack:
    world = example()
    return denied(world, zone(world).nsec(N("dname.example.org.")), name="y.dname.example.org.", rcode=3)


@attack
def child_side_nsec3_denies_ds() -> Attack:
    world = hashed()
    own = zone(world)
    made = own.make_nsec3(own.hash(N("child.example.org.")), "0" * 32, {rrtype.NS, rrtype.SOA})
    return denied(world, made, name="child.example.org.", rdtype="DS")


@attack
def parents_nsec3_denies_childs_data() -> Attack:
    world = hashed()
    return denied(world, zone(world).nsec3_at(N("child.example.org.")), name="child.example.org.")


@attack
def opt_out_as_denial() -> Attack:
    world = hashed(opt_out=True)
    own = zone(world)
    parts = [own.nsec3_at(N(one)) for one in ("example.org.", "gone.example.org.", "*.example.org.")]
    return denied(world, *parts, name="gone.example.org.", rcode=3)


@attack
def opt_out_denies_a_signed_delegation() -> Attack:
    world = hashed(opt_out=True)
    own = zone(world)
    parts = [own.nsec3_at(N(one)) for one in ("example.org.", "gone.example.org.")]
    recursive = denied(world, *parts, name="child.example.org.", rdtype="DS").recursive
    recursive.bend("host.child.example.org.", "A", unsigned(rrtype.A))
    return Attack(recursive, "host.child.example.org.", "A")


@attack
def ds_nodata_from_the_child() -> Attack:
    world = example()
    child = zone(world, "child.example.org.")
    attack_ = denied(world, child.nsec(child.origin), name="child.example.org.", rdtype="DS")
    attack_.recursive.bend("host.child.example.org.", "A", unsigned(rrtype.A))
    return Attack(attack_.recursive, "host.child.example.org.", "A")


@attack
def sibling_ds_in_an_answer() -> Attack:
    world = example()
    sibling = world.add("evil.example.org.", "host A 192.0.2.66")
    ds = zone(world).sets[sibling.origin, rrtype.DS]
    sets = [ds, zone(world).sign(ds)]
    recursive = Recursive(world).bend(
        "child.example.org.", "DS", replaced([*sets, *renamed(sets, "child.example.org.")])
    )
    return Attack(recursive, "host.child.example.org.", "A")


@attack
def nsec3_of_another_zone() -> Attack:
    world = hashed()
    evil = world.add("evil.org.", "a A 192.0.2.1", nsec3=Nsec3Params())
    own = zone(world)
    made = evil.make_nsec3(own.hash(N(MX)), "0" * 32, {rrtype.A})
    return denied(world, renamed(made[:1], f"{own.hash(N(MX))}.example.org.") + made[1:], made)


@attack
def nsec3_of_a_child_zone() -> Attack:
    world = hashed()
    own = zone(world)
    return denied(world, own.make_nsec3(f"{own.hash(N(MX))}.sub", "0" * 32, {rrtype.A}))


@attack
def half_nsec_half_nsec3() -> Attack:
    world = hashed()
    own = zone(world)
    name = "gone.example.org."
    cover = own.make_nsec(N("go.example.org."), N("gz.example.org."), {rrtype.A})
    return denied(world, cover, own.nsec3_at(N("*.example.org.")), name=name, rcode=3)


@attack
def nsec3_of_two_salts() -> Attack:
    world = hashed()
    own = zone(world)
    other = own.make_nsec3("0" * 32, "1" * 32, {rrtype.A}, iterations=2)
    return denied(world, own.nsec3_at(N(MX)), other)


# --- T-1, T-2, T-5: bits, drops, substitutions ------------------------------------------------------------


@attack
def ad_on_forged_data() -> Attack:
    def lie(reply: dns.message.Message) -> dns.message.Message:
        reply.flags |= dns.flags.AD
        reply.answer = [rrset(TLSA, "TLSA", FORGED)]
        return reply

    return bent(example(), lie)  # type: ignore[arg-type]


@attack
def signatures_stripped() -> Attack:
    return bent(example(), unsigned(rrtype.TLSA))


@attack
def tlsa_replaced_by_servfail() -> Attack:
    return bent(example(), servfail)  # type: ignore[arg-type]


@attack
def tlsa_replaced_by_a_bare_nxdomain() -> Attack:
    return bent(example(), replaced(rcode=3))


@attack
def nxdomain_said_of_data() -> Attack:
    return bent(example(), with_rcode(dns.rcode.NXDOMAIN))


@attack
def denial_of_a_delegation_stripped() -> Attack:
    recursive = Recursive(example()).bend("plain.example.org.", "DS", without(rrtype.NSEC))
    return Attack(recursive, "host.plain.example.org.", "A")


@attack
def answer_to_another_question() -> Attack:
    world = example()
    other = world.answer(N("host.example.org."), rrtype.A)
    return bent(world, replaced(other.answer, other.authority))


@attack
def truncated_for_good() -> Attack:
    def cut(reply: dns.message.Message) -> dns.message.Message:
        reply.flags |= dns.flags.TC
        return reply

    return bent(example(), cut)  # type: ignore[arg-type]


@attack
def forged_cname_beside_its_dname() -> Attack:
    def lie(reply: dns.message.Message) -> dns.message.Message:
        reply.answer = [one for one in reply.answer if one.rdtype != rrtype.CNAME]
        reply.answer.append(rrset("x.dname.example.org.", "CNAME", "host.child.example.org."))
        return reply

    return bent(example(), lie, "x.dname.example.org.", "A")  # type: ignore[arg-type]


@attack
def tlsa_for_another_name_in_the_answer() -> Attack:
    extra = rrset("_25._tcp.host.example.org.", "TLSA", FORGED)
    return bent(example(), adding([extra]))


# --- T-9, T-10: time and anchors ---------------------------------------------------------------------------


@attack
def clock_before_everything() -> Attack:
    return Attack(Recursive(example()), options={"now": NOW - 2 * DAY})


@attack
def clock_after_everything() -> Attack:
    return Attack(Recursive(example()), options={"now": NOW + 31 * DAY})


@attack
def replay_of_an_expired_set() -> Attack:
    world = example()
    made = rrset(TLSA, "TLSA", FORGED)
    return answered(world, made, zone(world).sign(made, inception=NOW - 9 * DAY, expiration=NOW - 1))


@attack
def signature_that_ends_before_it_begins() -> Attack:
    world = example()
    made = rrset(TLSA, "TLSA", FORGED)
    return answered(world, made, resigned(world, made, inception=NOW + 9, expiration=NOW - 9))


@attack
def root_signed_by_an_unknown_key() -> Attack:
    stranger = SigningKey(904)
    keys = RRset(N("."), IN, rrtype.DNSKEY)
    keys.add(stranger.dnskey, 3600)
    world = example()
    return Attack(Recursive(world).bend(".", "DNSKEY", replaced([keys, zone(world, ".").sign(keys, stranger)])))


# --- T-13: signatures ---------------------------------------------------------------------------------------


@attack
def colliding_keys_times_signatures() -> Attack:
    world = example()
    recursive = with_extra_keys(world, colliding(60, 4711))
    made = rrset(TLSA, "TLSA", FORGED)
    return Attack(recursive.bend(TLSA, "TLSA", replaced([made, junk_signatures(world, made, 60, 4711)])))


@attack
def colliding_keys_over_the_key_set() -> Attack:
    world = example()
    own = zone(world)
    keys = RRset(own.origin, IN, rrtype.DNSKEY)
    for key in colliding(60, own.keys[0].tag):
        keys.add(key, 3600)
    return Attack(Recursive(world).bend("example.org.", "DNSKEY", replaced([keys, junk_signatures(world, keys, 60)])))


@attack
def many_failing_signatures_over_the_key_set() -> Attack:
    world = example()
    keys = zone(world).sets[N("example.org."), rrtype.DNSKEY]
    return Attack(Recursive(world).bend("example.org.", "DNSKEY", replaced([keys, junk_signatures(world, keys, 60)])))


@attack
def many_failing_signatures_of_a_good_key() -> Attack:
    world = example()
    made = rrset(TLSA, "TLSA", FORGED)
    return answered(world, made, junk_signatures(world, made, 60))


@attack
def many_sets_that_fail() -> Attack:
    world = example()
    own = zone(world)
    denials = []
    for number in range(16):
        made = own.make_nsec(N(f"a{number}.example.org."), N("zz.example.org."), {rrtype.A})[0]
        denials.append([made, junk_signatures(world, made, 8)])
    return denied(world, *denials, name="gone.example.org.", rcode=3)


@attack
def many_stray_signatures() -> Attack:
    world = example()
    made = zone(world).sets[N(TLSA), rrtype.TLSA]
    return answered(world, made, junk_signatures(world, made, 500, 4711), zone(world).sign(made))


@attack
def many_keys_that_no_ds_names() -> Attack:
    world = example()
    return Attack(with_extra_keys(world, [SigningKey(2000 + n).dnskey for n in range(63)]))


@attack
def more_keys_than_are_looked_at() -> Attack:
    world = example()
    return Attack(with_extra_keys(world, [SigningKey(2000 + n).dnskey for n in range(64)]))


def _with_ds(*texts: str, keys: Iterable[object] = ()) -> Attack:
    world = World()
    world.add("org.", f"mx A 192.0.2.1\n_25._tcp.mx TLSA {FORGED}", ds=texts)
    for key in keys:
        zone(world, "org.").put(f"@ DNSKEY {key.to_text()}")  # type: ignore[attr-defined]
    return Attack(Recursive(world), "_25._tcp.mx.org.")


@attack
def one_ds_and_many_keys_of_its_tag() -> Attack:
    return _with_ds(f"4711 15 2 {'00' * 32}", keys=colliding(60, 4711))


@attack
def many_ds_and_many_keys_of_their_tag() -> Attack:
    return _with_ds(*(f"4711 15 2 {n:064x}" for n in range(32)), keys=colliding(60, 4711))


@attack
def more_ds_than_are_looked_at() -> Attack:
    return _with_ds(*(f"4711 15 2 {n:064x}" for n in range(33)))


# --- T-14: NSEC3 ----------------------------------------------------------------------------------------------


@attack
def iterations_65535() -> Attack:
    world = hashed(1)
    own = zone(world)
    made = own.make_nsec3(own.hash(N(MX)), "0" * 32, {rrtype.A}, iterations=65535)
    return denied(world, made)


@attack
def iterations_65535_forged() -> Attack:
    world = hashed(1)
    own = zone(world)
    (made, _) = own.make_nsec3(own.hash(N(MX)), "0" * 32, {rrtype.A}, iterations=65535)
    return denied(world, [made, own.sign(made, SigningKey(905))])


@attack
def iterations_65535_on_a_referral() -> Attack:
    world = hashed(1)
    own = zone(world)
    made = own.make_nsec3(own.hash(N("plain.example.org.")), "0" * 32, {rrtype.NS}, iterations=65535)
    recursive = denied(world, made, name="plain.example.org.", rdtype="DS").recursive
    return Attack(recursive, "host.plain.example.org.", "A")


@attack
def many_closest_enclosers() -> Attack:
    world = hashed(50)
    own = zone(world)
    name = f"{'a.' * 110}gone.example.org."
    return denied(world, own.nsec3_at(N("host.example.org.")), name=name, rcode=3)


@attack
def many_closest_enclosers_and_a_long_salt() -> Attack:
    world = hashed(50, salt=b"\xff" * 255)
    own = zone(world)
    name = f"{'a.' * 110}gone.example.org."
    return denied(world, own.nsec3_at(N("host.example.org.")), name=name, rcode=3)


@attack
def proof_padded_with_records() -> Attack:
    world = hashed()
    own = zone(world)
    padding = [own.make_nsec3(f"{n:032x}", "0" * 32, {rrtype.A}) for n in range(40)]
    return denied(world, *padding, own.nsec3_at(N(MX)))


# --- T-15: aliases and sizes ------------------------------------------------------------------------------------


@attack
def alias_loop() -> Attack:
    world = World()
    world.add("org.", "a CNAME b\nb CNAME c\nc CNAME a")
    return Attack(Recursive(world), "a.org.", "A")


@attack
def alias_loop_in_an_unsigned_zone() -> Attack:
    world = World()
    world.add("org.", "a CNAME b\nb CNAME a", signed=False)
    return Attack(Recursive(world), "a.org.", "A")


@attack
def alias_chain_of_twelve() -> Attack:
    world = World()
    world.add("org.", "\n".join(f"a{n} CNAME a{n + 1}" for n in range(12)) + "\na12 A 192.0.2.1")
    return Attack(Recursive(world), "a0.org.", "A")


@attack
def dname_that_grows() -> Attack:
    world = World()
    world.add("org.", f"d DNAME {'x' * 63}.d")
    return Attack(Recursive(world), "a.d.org.", "A")


@attack
def tlsa_set_of_65() -> Attack:
    world = example()
    for number in range(64):
        zone(world).put(f"_25._tcp.mx TLSA 3 1 1 {number:064x}")
    return Attack(Recursive(world))


@attack
def message_of_1001_records() -> Attack:
    world = example()
    made = RRset(N(MX), IN, rrtype.A)
    for number in range(1001):
        made.add(dns.rrset.from_text(MX, 60, "IN", "A", f"10.0.{number // 250}.{number % 250}")[0], 60)
    return answered(world, made, name=MX, rdtype="A")
