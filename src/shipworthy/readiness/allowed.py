"""Reads `allowed_signers` and `revoked_keys`: whose key may sign in which role, and which key no longer counts.

Formats: ALLOWED SIGNERS in ssh-keygen(1), and the text form of its revoked keys file. Both are read more strictly than
ssh-keygen does, so that a line has one meaning here, there and to a reviewer: one exact address per line, roles spelled
out, dates in UTC. A line that ssh-keygen would read more generously is refused as a whole file, never skipped.
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime

from shipworthy.readiness import sshsig
from shipworthy.text import visible

AUTHOR, APPROVER = "shipworthy-author", "shipworthy-approver"
"""The namespace of a signature is the role it was made in."""
ROLES = {"author": AUTHOR, "approver": APPROVER}
SIGNERS_FILE, REVOKED_FILE = "allowed_signers", "revoked_keys"
MAX_LINES = 2_000
# No wildcard, list, quote or white space: each would let one line speak for more than one address.
_ADDRESS = re.compile(r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9.-]{1,190}", re.ASCII)
_NAMESPACE = re.compile(r"[A-Za-z0-9._@-]{1,100}", re.ASCII)
_OPTION = re.compile(r'([A-Za-z-]+)(?:="([^"\\]*)")?', re.ASCII)
_OPTIONS = re.compile(r'([A-Za-z-]+(?:="[^"\\]*")?(?:,[A-Za-z-]+(?:="[^"\\]*")?)*)[ \t]+(.*)', re.ASCII)
_KNOWN = ("namespaces", "valid-after", "valid-before", "cert-authority")
_BARE_KINDS = ("ssh-rsa", "ssh-dss")
"""Types of keys that are spelled like an option."""
_TIMES = {8: "%Y%m%d", 12: "%Y%m%d%H%M", 14: "%Y%m%d%H%M%S"}


class BadSigners(ValueError):
    """A file of signers or revoked keys cannot be used: where and why, and in `diagnostics` what to do."""

    def __init__(self, message: str, diagnostics: str) -> None:
        super().__init__(message)
        self.diagnostics = diagnostics


@dataclass(frozen=True, slots=True, kw_only=True)
class SignerLine:
    """One line of `allowed_signers`."""

    principal: str
    """The address as written."""
    key: bytes
    """The public key in SSH wire format."""
    roles: frozenset[str]
    """Namespaces; those that are none of ours count for nothing here."""
    valid_after: datetime | None = None
    valid_before: datetime | None = None
    """Aware, UTC. None: no bound."""
    line: int = 0
    comment: str = ""

    @property
    def fingerprint(self) -> str:
        return sshsig.fingerprint(self.key)

    def why_not(self, when: datetime) -> str | None:
        """Why the key does not count at a time; None where it does. As ssh-keygen: both bounds are inside."""
        if self.valid_after is not None and when < self.valid_after:
            return f"is valid only from {self.valid_after:%Y-%m-%d %H:%M} UTC"
        if self.valid_before is not None and when > self.valid_before:
            return f"was valid until {self.valid_before:%Y-%m-%d %H:%M} UTC"
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Signers:
    """Who may sign. `people` maps an address in small letters to the name of its person, where a policy joins some."""

    lines: tuple[SignerLine, ...] = ()
    revoked: frozenset[str] = frozenset()
    people: dict[str, str] = field(default_factory=dict)

    def person(self, address: str) -> str:
        """Whom an address belongs to: the person the policy names, or the address itself in small letters."""
        small = address.casefold()
        return self.people.get(small, small)

    def of(self, fingerprint: str) -> tuple[SignerLine, ...]:
        """The lines of a key."""
        return tuple(line for line in self.lines if line.fingerprint == fingerprint)

    def anyone(self, role: str) -> bool:
        """Whether somebody may sign in this role at all."""
        return any(role in line.roles for line in self.lines)


def signers(
    lines: tuple[SignerLine, ...], revoked: frozenset[str], people: dict[str, str], file: str = SIGNERS_FILE
) -> Signers:
    """Joins what was read. Raises BadSigners where one key stands under two people."""
    found = Signers(lines=lines, revoked=revoked, people=people)
    owners: dict[str, SignerLine] = {}
    for each in lines:
        first = owners.setdefault(each.fingerprint, each)
        if found.person(first.principal) != found.person(each.principal):
            raise BadSigners(
                f"{file}:{each.line}: the key of {each.principal} is also {first.principal}'s (line {first.line})",
                "One key belongs to one person: give each their own, or join the two addresses under [people].",
            )
    return found


def parse_signers(data: bytes, file: str = SIGNERS_FILE) -> tuple[SignerLine, ...]:
    """Every line, in order. Raises BadSigners at the first that is not strict; comments and empty lines are skipped."""
    found: list[SignerLine] = []
    seen: set[tuple[str, str]] = set()
    for number, text in _lines(data, file):
        line = _signer(text, number, file)
        mark = (line.principal.casefold(), line.fingerprint)
        if mark in seen:
            raise _bad(file, number, "the same address and key stand here twice", "Keep one of the two lines.")
        seen.add(mark)
        found.append(line)
    return tuple(found)


def parse_revoked(data: bytes, file: str = REVOKED_FILE) -> frozenset[str]:
    """The fingerprints of revoked keys. Raises BadSigners: an unreadable list must not mean that nothing is revoked."""
    if data.startswith(b"SSHKRL"):
        raise BadSigners(f"{file}: a binary revocation list is not read", "List the public keys as text, one a line.")
    return frozenset(sshsig.fingerprint(_key(text.split(), number, file)[0]) for number, text in _lines(data, file))


def _bad(file: str, line: int, why: str, remedy: str) -> BadSigners:
    return BadSigners(f"{file}:{line}: {why}", remedy)


def _lines(data: bytes, file: str) -> list[tuple[int, str]]:
    """Number (from 1) and text of each line that says something."""
    try:
        text = data.decode("ascii")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise _bad(file, line, "a character that is not ASCII", "Letters that only look alike are refused.") from error
    rows = [row.removesuffix("\r") for row in text.split("\n")]
    if len(rows) > MAX_LINES:
        raise BadSigners(f"{file}: more than {MAX_LINES:,} lines", "Remove some.")
    for number, row in enumerate(rows, start=1):
        if any((ord(each) < 32 and each != "\t") or ord(each) == 127 for each in row):
            raise _bad(file, number, "a control character", "Write it as plain text.")
    return [
        (number, row.strip())
        for number, row in enumerate(rows, start=1)
        if row.strip() and not row.lstrip().startswith("#")
    ]


def _signer(text: str, number: int, file: str) -> SignerLine:
    principal, _, rest = text.partition(" ")
    if not _ADDRESS.fullmatch(principal):
        raise _bad(
            file, number, f"{visible(principal, 80)} is not one plain address",
            "Start the line with one address like ada@example.org; no wildcards, lists or quotes.",
        )  # fmt: skip
    options, rest = _options(rest.lstrip(), number, file)
    if "cert-authority" in options:
        raise _bad(file, number, "cert-authority is not accepted", "List each person's own key.")
    if not options.get("namespaces"):
        raise _bad(
            file, number, "no namespaces= on the line: the key could sign anything",
            f'Write namespaces="{AUTHOR}" or "{APPROVER}", or both with a comma.',
        )  # fmt: skip
    roles = options["namespaces"].split(",")
    if not all(map(_NAMESPACE.fullmatch, roles)):
        raise _bad(file, number, "namespaces= holds a wildcard or an odd name", "Spell each namespace out.")
    key, comment = _key(rest.split(None, 2), number, file)
    after, before = (_time(options.get(name), name, number, file) for name in ("valid-after", "valid-before"))
    if after is not None and before is not None and after >= before:
        raise _bad(file, number, "valid-after is not before valid-before", "Correct the dates.")
    return SignerLine(
        principal=principal, key=key, roles=frozenset(roles), valid_after=after, valid_before=before, line=number,
        comment=comment,
    )  # fmt: skip


def _options(text: str, number: int, file: str) -> tuple[dict[str, str], str]:
    """The options at the start of `text`, names in small letters, and what follows them."""
    match = _OPTIONS.fullmatch(text)
    if match is None or match[1].lower() in _BARE_KINDS:
        return {}, text
    found: dict[str, str] = {}
    for name, value in _OPTION.findall(match[1]):
        small = name.lower()
        if small not in _KNOWN:
            raise _bad(file, number, f"the option {visible(name, 40)} is not known", f"Use {', '.join(_KNOWN)}.")
        if small in found or bool(value) == (small == "cert-authority"):
            raise _bad(file, number, f"the option {small} stands twice or has no value", f'Write {small}="…" once.')
        found[small] = value
    return found, match[2]


def _key(parts: list[str], number: int, file: str) -> tuple[bytes, str]:
    """The public key (type, base64, comment) in wire format, and its comment."""
    remedy = "Copy the line from the .pub file: type, key, comment."
    if len(parts) < 2:
        raise _bad(file, number, "no public key on the line, or an option that is not known", remedy)
    try:
        key = base64.b64decode(parts[1], validate=True)
    except ValueError as error:
        raise _bad(file, number, "the key is not base64", remedy) from error
    kind = key[4 : 4 + int.from_bytes(key[:4], "big")].decode("ascii", "replace")
    if base64.b64encode(key).decode("ascii") != parts[1] or kind != parts[0]:
        raise _bad(file, number, f"not a key of the type {visible(parts[0], 60)}", remedy)
    if "-cert-v" in kind or kind == "ssh-dss":
        raise _bad(file, number, f"keys of type {visible(kind, 60)} are not accepted", "Use an Ed25519 key.")
    # A key that is cut off or written otherwise is nobody's: to revoke it would revoke nothing.
    if not sshsig.is_usual(key):
        raise _bad(file, number, "the key is damaged, or of a kind that is not accepted", remedy)
    return key, " ".join(parts[2:])


def _time(text: str | None, name: str, number: int, file: str) -> datetime | None:
    """YYYYMMDD[HHMM[SS]]Z. Without the Z, ssh-keygen takes the time zone of the machine that happens to read it."""
    if text is None:
        return None
    digits = text.removesuffix("Z")
    form = _TIMES.get(len(digits))
    try:
        if form is None or not digits.isdigit() or digits == text:
            raise ValueError
        return datetime.strptime(digits, form).replace(tzinfo=UTC)
    except ValueError as error:
        raise _bad(
            file, number, f"{name} is not a time in UTC", f'Write {name}="YYYYMMDDZ" or "YYYYMMDDHHMMSSZ".'
        ) from error
