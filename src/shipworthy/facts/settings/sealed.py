"""Whether what an env file holds is encrypted, so that it may be committed: as a whole, or every secret in it.

Sources: the documentation of git-crypt, dotenvx, dotenv-vault, SOPS, Ansible Vault, age, OpenPGP (RFC 9580), OpenSSL's
`enc` and git-secret on what the files they write begin with or are called.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from shipworthy.facts.settings import stores

_WHOLE = (
    b"\0GITCRYPT\0", b"Salted__", b"U2FsdGVkX1", b"$ANSIBLE_VAULT;", b"-----BEGIN PGP MESSAGE-----",
    b"-----BEGIN AGE ENCRYPTED FILE-----", b"age-encryption.org/v1",
)  # fmt: skip
_BY_NAME = (".gpg", ".pgp", ".asc", ".age", ".enc", ".secret", ".encrypted")
_VALUE = re.compile(r"encrypted:[A-Za-z0-9+/=]{20,}|ENC\[AES256_GCM,[^\]\n]*\]")
_OWN = re.compile(r"DOTENV_PUBLIC_KEY\w*|sops_\w+|DOTENV_VAULT(?:_\w+)?")
"""What the tools themselves write beside the values: keys to encrypt with, checksums, their own ciphertext."""
_VAULT = re.compile(r"DOTENV_VAULT_\w+")
_VAULT_VALUE = re.compile(r"[A-Za-z0-9+/=]{40,}")


def whole(name: str, data: bytes, *, binary: bool) -> bool:
    """Whether a file is ciphertext from its first byte on; `binary`: it is no text."""
    return data.lstrip(b" \t\r\n").startswith(_WHOLE) or (binary and name.endswith(_BY_NAME))


def value(name: str, text: str) -> bool:
    """Whether one value is encrypted, or the ciphertext of a whole file of values."""
    return bool(_VALUE.fullmatch(text)) or bool(_VAULT.fullmatch(name) and _VAULT_VALUE.fullmatch(text))


def of_the_tool(name: str) -> bool:
    """Whether a name is one that the encrypting tool writes for itself and that opens nothing."""
    return bool(_OWN.fullmatch(name))


def every(rows: Iterable[tuple[str, str, bool]]) -> bool:
    """Whether values are encrypted and no secret is left readable; rows: (name, value, whether it is a secret's)."""
    found = False
    for name, text, secret in rows:
        if value(name, text):
            found = True
        elif secret and text and not of_the_tool(name) and stores.kept_by(text) is None:
            return False
    return found
