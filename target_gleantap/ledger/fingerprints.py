"""Keys and bodies to keyed hashes (BLAKE2b, RFC 7693). Pure.

Without the secret nobody can tell which contact a row belongs to, not even by trying every phone
number.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import blake2b

DIGEST_BYTES = 16
REMOVED = bytes(DIGEST_BYTES)
"""The fingerprint of a row whose last delivery was a removal."""


class Fingerprints:
    """Hashes under one secret.

    Args:
        secret: Any text that nobody can guess.
    """

    def __init__(self, secret: str) -> None:
        key = blake2b(secret.encode(), person=b"ledger secret").digest()
        self._hashers = {
            purpose: blake2b(key=key, digest_size=DIGEST_BYTES, person=purpose)
            for purpose in (b"check", b"account", b"lock", b"key", b"body")
        }
        self._body = self._hashers[b"body"]

    @property
    def check(self) -> str:
        """A hash that differs for every secret and reveals nothing else about it."""
        return self._of(b"check", ()).hex()

    def account(self, parts: Iterable[str]) -> str:
        """Hash what identifies an account."""
        return self._of(b"account", parts).hex()

    def lock(self, parts: Iterable[str]) -> bytes:
        """Hash what a lock is for."""
        return self._of(b"lock", parts)

    def keys(self, scope: Iterable[str]) -> KeyHasher:
        """The hasher for the keys of one scope.

        Args:
            scope: Destination, account and resource.
        """
        return KeyHasher(_fed(self._hashers[b"key"], scope))

    def body(self, key: bytes, text: bytes) -> bytes:
        """The fingerprint of a body.

        Args:
            key: The hashed key of its contact or event: equal bodies of two contacts differ.
            text: The body in its canonical form.
        """
        hasher = self._body.copy()
        hasher.update(key)
        hasher.update(text)
        return hasher.digest()

    def _of(self, purpose: bytes, parts: Iterable[str]) -> bytes:
        return _fed(self._hashers[purpose], parts).digest()


class KeyHasher:
    """Hashes the keys of one scope (destination, account, resource).

    Args:
        hasher: Already fed with the secret and the scope.
    """

    def __init__(self, hasher: blake2b) -> None:
        self._hasher = hasher

    def hash_key(self, parts: Iterable[str]) -> bytes:
        """Hash the key of one contact or event.

        Args:
            parts: The values of its key fields.
        """
        return _fed(self._hasher, parts).digest()


def _fed(hasher: blake2b, parts: Iterable[str]) -> blake2b:
    """Copy a hasher and feed it parts, each with its length, so that none runs into the next."""
    fed = hasher.copy()
    for part in parts:
        text = part.encode()
        fed.update(b"%d:%b" % (len(text), text))
    return fed
