"""Keys and bodies to keyed hashes (BLAKE2b, RFC 7693). Pure.

Without the secret nobody can tell whose a row is, not even by trying all phone numbers there are.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import blake2b

DIGEST_BYTES = 16
REMOVED = bytes(DIGEST_BYTES)
"""Stands in the place of a fingerprint where the last thing delivered was a removal."""


class Fingerprints:
    """Hashes under one secret.

    Args:
        secret: Any text that nobody guesses.
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
        """Tells this secret from others, and nothing else about it."""
        return self._of(b"check", ()).hex()

    def account(self, parts: Iterable[str]) -> str:
        """The name of an account."""
        return self._of(b"account", parts).hex()

    def lock(self, parts: Iterable[str]) -> bytes:
        """The name of a lock."""
        return self._of(b"lock", parts)

    def keys(self, scope: Iterable[str]) -> Keys:
        """What names the things that are delivered of one scope.

        Args:
            scope: Destination, account and resource.
        """
        return Keys(_fed(self._hashers[b"key"], scope))

    def body(self, key: bytes, text: bytes) -> bytes:
        """The fingerprint of a body.

        Args:
            key: Whose it is: equal bodies of two contacts do not look equal.
            text: The body in its canonical form.
        """
        hasher = self._body.copy()
        hasher.update(key)
        hasher.update(text)
        return hasher.digest()

    def _of(self, purpose: bytes, parts: Iterable[str]) -> bytes:
        return _fed(self._hashers[purpose], parts).digest()


class Keys:
    """Names things of one scope.

    Args:
        hasher: With the secret and the scope in it.
    """

    def __init__(self, hasher: blake2b) -> None:
        self._hasher = hasher

    def of(self, parts: Iterable[str]) -> bytes:
        """The name of one thing.

        Args:
            parts: What it is known by.
        """
        return _fed(self._hasher, parts).digest()


def _fed(hasher: blake2b, parts: Iterable[str]) -> blake2b:
    """A copy of a hasher with these in it, each with its length: none runs into the next."""
    fed = hasher.copy()
    for part in parts:
        text = part.encode()
        fed.update(b"%d:%b" % (len(text), text))
    return fed
