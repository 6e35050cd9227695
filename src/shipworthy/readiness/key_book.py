"""Whose keys there are: those a person could sign with here, and those that a repository's files let sign for it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import NamedTuple

from shipworthy.checklist import ChecklistError
from shipworthy.checklist.policy import parse_policy
from shipworthy.git import Git, GitError
from shipworthy.readiness.allowed import (
    AUTHOR,
    REVOKED_FILE,
    ROLES,
    SIGNERS_FILE,
    BadSigners,
    SignerLine,
    parse_revoked,
    parse_signers,
)
from shipworthy.readiness.enrol import CannotEnrol, Enrolled, enrolled, signer_line
from shipworthy.readiness.keys import Found, Keyring
from shipworthy.readiness.signers import KeyProblem, PublicKey
from shipworthy.readiness.tree import FOLDER, MissingObject, Objects, OddTree, snapshot
from shipworthy.readiness.trust import MAX_BYTES, base_commit

MAX_HISTORY = 50
"""Versions of the list of signers that are read to find out since when a key is in it."""
NOBODY = "YOU@EXAMPLE.ORG"
"""Stands where the address of a person belongs whom git does not know."""


class Listed(NamedTuple):
    """A key that a file of the repository names."""

    address: str
    """Empty for a revoked key that no line names."""
    person: str
    """Whom the policy says the address belongs to; empty where it says nothing."""
    fingerprint: str
    roles: tuple[str, ...]
    """author, approver: those of its roles that mean something here."""
    valid_after: datetime | None
    valid_before: datetime | None
    revoked: bool
    why_not: str
    """Why it does not count now, going by the files as they lie here (and revoked on the base); empty where it does."""
    line: int
    """Of the file here; 0 where it is not in it."""
    mine: bool
    """Whether one of the keys found here is this key."""
    my_address: bool
    """Whether git says this person has that address."""
    base: str
    """What the base branch says of it, in words; empty where no base is known."""
    at_base: bool | None = None
    """Whether the base branch says the same; None where that cannot be told, or no base is known."""
    since: date | None = None
    """The date of the oldest commit from which on it has been listed without a break."""
    at_least: bool = False
    """Whether it may have been listed longer: the history that is seen ends there."""


class OwnKey(NamedTuple):
    """A key that was found here. Nothing of its private half is in this."""

    fingerprint: str
    """Empty where it cannot be told."""
    kind: str
    label: str
    place: str
    generated: bool
    """Whether shipworthy made it."""
    problem: str
    """Why it cannot be used; empty where it can."""
    remedy: str
    signs: str
    """Why it is the one that signs; empty where it is not."""
    passphrase: str
    """With what it opens, in words; empty where no passphrase is needed or that is not known."""
    listed: tuple[Listed, ...] | None
    """What the repository says of it; None: its files cannot be read."""
    public: str
    """Its public line, as in a `.pub` file; empty where it cannot be told."""
    line: str
    """The line a lead needs to list it as an author's; empty where none can be made."""


class KeyBook(NamedTuple):
    """Everything known of keys here."""

    keys: tuple[OwnKey, ...]
    people: tuple[Listed, ...]
    """In the order of the file, then what only the base lists, then revoked keys that no line names."""
    problem: str
    """Why the repository's files cannot be read; empty where they can."""
    advice: str
    email: str
    """Whom git takes the person for; empty where it knows nobody."""
    base: str
    """The full ref whose files CI goes by; empty where this clone knows none."""
    base_problem: str
    """Why the base's files cannot be read; empty where they can."""
    has_generated: bool
    """Whether shipworthy made a key already."""

    @property
    def signing(self) -> OwnKey | None:
        """The key that would sign."""
        return next((each for each in self.keys if each.signs), None)


def key_book(root: Path, keys: Keyring, base: str | None, now: datetime) -> KeyBook:
    """Looks for keys and reads the files. `base`: a full ref. Asks an agent, so it may take seconds. Raises GitError.

    A file that cannot be read never means that nobody is listed: then `problem` says so, and no key counts.
    """
    git = Git(root)
    email = git.answer("config", "user.email") or ""
    problem: CannotEnrol | None = None
    try:
        here = enrolled(root)
    except CannotEnrol as error:
        here, problem = Enrolled(), error
    there, base_problem = _on_base(git, base)
    survey = keys.survey()
    mine = frozenset(each.key.fingerprint for each in survey if each.key is not None)
    reader = _Reader(here, there, base or "", base_problem, mine, email.casefold(), _persons(root), now)
    since = {} if problem else _since(git, base)
    people = tuple(
        each._replace(since=since[each.fingerprint][0], at_least=since[each.fingerprint][1])
        if each.fingerprint in since
        else each
        for each in ([] if problem else reader.all())
    )
    first = next((each for each in survey if each.signer is not None), None)
    why = _why_it_signs(keys, first, git.answer("config", "--get", "user.signingkey") or "")
    own = tuple(_own(keys, each, None if problem else people, email, why if each is first else "") for each in survey)
    return KeyBook(
        keys=own, people=people, problem=str(problem) if problem else "", advice=problem.diagnostics if problem else "",
        email=email, base=base or "", base_problem=base_problem, has_generated=keys.has_generated,
    )  # fmt: skip


class _Reader(NamedTuple):
    """Joins the files that lie here with those of the base."""

    here: Enrolled
    there: Enrolled | None
    base: str
    base_problem: str
    mine: frozenset[str]
    email: str
    persons: dict[str, str]
    now: datetime

    def all(self) -> Iterator[Listed]:
        for line in self.here.lines:
            yield self._listed(line, *self._of_base(line))
        here = {(each.principal.casefold(), each.fingerprint) for each in self.here.lines}
        short = self.base.removeprefix("refs/remotes/")
        for line in self.there.lines if self.there else ():
            if (line.principal.casefold(), line.fingerprint) not in here:
                revoked = self.there is not None and line.fingerprint in self.there.revoked
                words = f"only {short} lists it" + (", and it is revoked there" if revoked else "; it counts there")
                yield self._listed(line, words, False, only_base=True)
        named = {each.fingerprint for each in (*self.here.lines, *(self.there.lines if self.there else ()))}
        for fingerprint in sorted(self.here.revoked | (self.there.revoked if self.there else frozenset())):
            if fingerprint not in named:
                yield Listed(
                    address="", person="", fingerprint=fingerprint, roles=(), valid_after=None, valid_before=None,
                    revoked=True, why_not="is revoked", line=0, mine=fingerprint in self.mine, my_address=False,
                    base=self._revoked_on_base(fingerprint),
                )  # fmt: skip

    def _listed(self, line: SignerLine, base: str, at_base: bool | None, *, only_base: bool = False) -> Listed:
        revoked = line.fingerprint in self.here.revoked | (self.there.revoked if self.there else frozenset())
        roles = tuple(role for role, namespace in ROLES.items() if namespace in line.roles)
        why = "is revoked" if revoked else "is not in the list that lies here" if only_base else line.why_not(self.now)
        if why is None and not roles:
            why = "is listed in no role of shipworthy"
        return Listed(
            address=line.principal, person=self.persons.get(line.principal.casefold(), ""),
            fingerprint=line.fingerprint, roles=roles, valid_after=line.valid_after, valid_before=line.valid_before,
            revoked=revoked, why_not=why or "", line=0 if only_base else line.line,
            mine=line.fingerprint in self.mine, my_address=bool(self.email) and line.principal.casefold() == self.email,
            base=base, at_base=at_base,
        )  # fmt: skip

    def _of_base(self, line: SignerLine) -> tuple[str, bool | None]:
        """What the base says of a line that lies here, and whether it is the same."""
        short = self.base.removeprefix("refs/remotes/")
        if not self.base:
            return "", None
        if self.there is None:
            return f"what {short} says of it cannot be told: {self.base_problem}", None
        if line.fingerprint in self.there.revoked:
            return f"{short} has it as revoked", line.fingerprint in self.here.revoked
        if line.fingerprint in self.here.revoked and self.there.of(line.fingerprint):
            return f"{short} does not have it as revoked yet, so it still counts there", False
        same = [each for each in self.there.of(line.fingerprint) if each.principal == line.principal]
        if not same:
            return f"not on {short} yet, so it does not count there", False
        if any(_terms(each) == _terms(line) for each in same):
            return f"the same on {short}", True
        return f"{short} lists it with other roles or dates, and those count", False

    def _revoked_on_base(self, fingerprint: str) -> str:
        short = self.base.removeprefix("refs/remotes/")
        if not self.base or self.there is None:
            return ""
        return f"revoked on {short}" if fingerprint in self.there.revoked else f"not revoked on {short} yet"


def _terms(line: SignerLine) -> tuple[object, ...]:
    return line.roles, line.valid_after, line.valid_before


def _persons(root: Path) -> dict[str, str]:
    """Address in small letters -> person, as the policy that lies here says; nothing where it cannot be read."""
    from shipworthy.readiness.answers import Refused
    from shipworthy.readiness.records import on_disk

    try:
        return dict(parse_policy(on_disk(root, "policy.toml") or b"").people)
    except (Refused, ChecklistError):
        return {}


def _on_base(git: Git, base: str | None) -> tuple[Enrolled | None, str]:
    """What the base lists, or why that cannot be told."""
    if base is None:
        return None, ""
    try:
        commit = base_commit(git, base)
        if commit is None:
            return None, "it is not here"
        held = snapshot(Objects(git), commit)
        return Enrolled(
            lines=parse_signers(held.record(SIGNERS_FILE, MAX_BYTES) or b""),
            revoked=parse_revoked(held.record(REVOKED_FILE, MAX_BYTES) or b"", REVOKED_FILE),
        ), ""
    except (GitError, BadSigners, MissingObject, OddTree) as error:
        return None, str(error)


def _since(git: Git, base: str | None) -> dict[str, tuple[date, bool]]:
    """Fingerprint -> the date of the oldest commit that has listed it ever since, and whether that may not be all.

    In the history of the base, or of HEAD where there is none. The date is the one the commit gives itself.
    """
    found: dict[str, tuple[date, bool]] = {}
    try:
        tip = (base_commit(git, base) if base else None) or git.answer("rev-parse", "--verify", "-q", "HEAD^{commit}")
        if not tip:
            return found
        objects = Objects(git)
        path = f"{FOLDER}/{SIGNERS_FILE}"
        rows = git.text(
            "log", "--first-parent", "--format=%H %ct", f"--max-count={MAX_HISTORY + 1}", tip, "--", path
        ).splitlines()
        shallow = git.answer("rev-parse", "--is-shallow-repository") == "true"
        going: set[str] | None = None
        for number, row in enumerate(rows[:MAX_HISTORY]):
            commit, _, seconds = row.partition(" ")
            data = snapshot(objects, commit).record(SIGNERS_FILE, MAX_BYTES) or b""
            listed = {line.fingerprint for line in parse_signers(data)}
            going = listed if going is None else going & listed
            last = number == len(rows) - 1 or number == MAX_HISTORY - 1
            for fingerprint in going:
                found[fingerprint] = (
                    datetime.fromtimestamp(int(seconds), UTC).date(),
                    last and (shallow or len(rows) > MAX_HISTORY),
                )
            if not going:
                break
    except (GitError, MissingObject, OddTree, BadSigners, ValueError, OverflowError, OSError):
        # What was found until then may be too young, and nothing older is known.
        return {name: (day, True) for name, (day, _) in found.items()}
    return found


def _why_it_signs(keys: Keyring, first: Found | None, configured: str) -> str:
    """Why the first key that can sign is the one that does."""
    if first is None or first.key is None:
        return ""
    if configured:
        literal = PublicKey.parse(configured.removeprefix("key::"))
        if literal is not None and literal.blob == first.key.blob:
            return "git config user.signingkey names it"
        if configured.startswith(("/", "~/")):
            try:
                if keys.choose(configured).fingerprint == first.key.fingerprint:
                    return "git config user.signingkey names it"
            except KeyProblem:
                pass
    rest = "; git config user.signingkey names no SSH key that can be used here" if configured else ""
    if _is_generated(keys, first):
        return f"shipworthy made it for you{rest}"
    if first.place.startswith("in the ssh agent"):
        return f"it is the first in your ssh agent, and no key file comes before it{rest}"
    return f"it is the first key in ~/.ssh that can be used{rest}"


def _is_generated(keys: Keyring, found: Found) -> bool:
    """Whether this is the key shipworthy made."""
    own = str(keys.own)
    short = f"~/{keys.own.relative_to(keys.home)}" if keys.own.is_relative_to(keys.home) else own
    return found.place in (own, short)


def _own(keys: Keyring, found: Found, people: tuple[Listed, ...] | None, email: str, signs: str) -> OwnKey:
    key, signer = found.key, found.signer
    fingerprint = key.fingerprint if key else ""
    passphrase = ""
    if signer is not None and signer.needs_passphrase:
        kept = bool(fingerprint) and keys.keeps(fingerprint)
        passphrase = "with its passphrase, which is in your keyring" if kept else "with its passphrase"
    line = ""
    if key is not None and key.problem is None:
        try:
            line = signer_line(key, email or NOBODY, [AUTHOR])
        except CannotEnrol:
            line = signer_line(key, NOBODY, [AUTHOR])
    return OwnKey(
        fingerprint=fingerprint,
        kind=key.kind if key else "",
        label=signer.label if signer else found.place,
        place=found.place,
        generated=_is_generated(keys, found),
        problem=found.problem,
        remedy=found.remedy,
        signs=signs,
        passphrase=passphrase,
        listed=None if people is None else tuple(each for each in people if fingerprint == each.fingerprint),
        public=key.line if key is not None and key.problem is None else "",
        line=line,
    )  # fmt: skip
