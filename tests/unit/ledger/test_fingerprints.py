"""Hashes: the same for the same, and telling nothing without the secret."""

import json

from hypothesis import given
from hypothesis import strategies as st

from target_gleantap.exact_json.codec import encode, encode_canonical
from target_gleantap.ledger.fingerprints import DIGEST_BYTES, REMOVED, Fingerprints

SCOPE = ("gleantap", "account", "contact")
PARTS = st.lists(st.text(), min_size=1, max_size=4)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(PARTS, PARTS)
def test_keys_are_equal_where_their_parts_are(one: list[str], other: list[str]) -> None:
    """Parts never run into each other: ("ab", "c") is not ("a", "bc")."""
    keys = Fingerprints("a secret").keys(SCOPE)
    assert (keys.hash_key(one) == keys.hash_key(other)) == (one == other)


@given(PARTS)
def test_another_secret_or_scope_gives_another_key(parts: list[str]) -> None:
    key = Fingerprints("a secret").keys(SCOPE).hash_key(parts)
    assert len(key) == DIGEST_BYTES
    assert key != Fingerprints("another").keys(SCOPE).hash_key(parts)
    assert key != Fingerprints("a secret").keys((*SCOPE[:2], "event")).hash_key(parts)


@given(st.dictionaries(st.text(), VALUES, max_size=5), st.randoms())
def test_a_bodys_fingerprint_does_not_depend_on_the_order_of_its_fields(body, random) -> None:
    def shuffled(value):
        if isinstance(value, dict):
            names = list(value)
            random.shuffle(names)
            return {name: shuffled(value[name]) for name in names}
        return [shuffled(each) for each in value] if isinstance(value, list) else value

    assert encode_canonical(body) == encode_canonical(shuffled(body))
    assert json.loads(encode_canonical(body)) == json.loads(encode(body))


def test_equal_bodies_of_two_contacts_do_not_look_equal() -> None:
    fingerprints = Fingerprints("a secret")
    one, other = (fingerprints.keys(SCOPE).hash_key([name]) for name in ("1", "2"))
    assert fingerprints.body(one, b"{}") != fingerprints.body(other, b"{}")
    assert fingerprints.body(one, b"{}") not in (REMOVED, fingerprints.body(one, b"[]"))
