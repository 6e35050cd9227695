"""Lints a policy together with who may sign: what is not valid, and what is valid and cannot work."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from shipworthy.checklist import ChecklistError, Problem, extend, lint, load
from shipworthy.checklist.document import Document, nearest
from shipworthy.checklist.policy import TWO_PEOPLE, Drift, Policy, Role, apply, lint_policy, parse_policy
from shipworthy.checks import BUILT_IN
from shipworthy.model import Checklist, Level
from shipworthy.readiness.allowed import ROLES, BadSigners, SignerLine, Signers, parse_revoked, parse_signers, signers
from shipworthy.readiness.rules import PROFILE
from shipworthy.setup.people import Listed, can_be_approved, listed, persons
from shipworthy.setup.rulebook import CHECKLIST, POLICY, REVOKED, SIGNERS, Rulebook
from shipworthy.text import plural, visible

MAX_BAD_LINES = 50
_PLACE = re.compile(r":(\d+): (.*)", re.S)
_ENVELOPE = re.compile(r"readiness\.([a-z0-9_-]{1,40})\.dsse\.json")


@dataclass(frozen=True, slots=True, kw_only=True)
class Linted:
    """What was found. A problem stops signing or verifying; a warning is something that does less than it says."""

    problems: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()


def lint_rulebook(book: Rulebook, now: datetime) -> Linted:
    """Every problem of the files, and where they are sound, what about them cannot work."""
    problems: list[Problem] = []
    checklist = _checklist(book)
    if book.checklist is not None:
        problems += lint(book.checklist, book.file(CHECKLIST), checks=BUILT_IN, base=load(_asked(book)))
    if book.policy is not None:
        problems += lint_policy(book.policy, book.file(POLICY), checklist)
    problems += lint_signers(book.signers or b"", book.file(SIGNERS))
    problems += lint_revoked(book.revoked or b"", book.file(REVOKED))
    if problems:
        return Linted(problems=tuple(problems))
    policy = Policy() if book.policy is None else parse_policy(book.policy, book.file(POLICY))
    lines, revoked = parse_signers(book.signers or b""), parse_revoked(book.revoked or b"")
    try:
        known = signers(lines, revoked, dict(policy.people), book.file(SIGNERS))
    except BadSigners as error:
        return Linted(problems=(_problem(error, book.file(SIGNERS)),))
    meaning = _Meaning(book, policy, checklist, known, listed(known, policy, now))
    return Linted(problems=tuple(meaning.problems()), warnings=tuple(meaning.warnings()))


def lint_signers(data: bytes, file: str) -> list[Problem]:
    """Every line of `allowed_signers` that is not strict."""
    return _each_line(data, file, parse_signers)


def lint_revoked(data: bytes, file: str) -> list[Problem]:
    """Every line of `revoked_keys` that cannot be read."""
    return _each_line(data, file, parse_revoked)


def _each_line(data: bytes, file: str, parse: Callable[[bytes, str], object]) -> list[Problem]:
    """The reader stops at the first bad line, so that one is blanked and the rest is read again."""
    problems: list[Problem] = []
    rows = data.split(b"\n")
    while len(problems) < MAX_BAD_LINES:
        try:
            parse(b"\n".join(rows), file)
        except BadSigners as error:
            problem = _problem(error, file)
            problems.append(problem)
            if problem.line is None or not 0 < problem.line <= len(rows) or not rows[problem.line - 1]:
                break
            rows[problem.line - 1] = b""
        else:
            break
    return problems


def _problem(error: BadSigners, file: str) -> Problem:
    said = str(error).removeprefix(file)
    place = _PLACE.fullmatch(said)
    if place is None:
        return Problem(file=file, line=None, key="", message=said.lstrip(": "), remedy=error.diagnostics)
    return Problem(file=file, line=int(place[1]), key="", message=place[2], remedy=error.diagnostics)


def _asked(book: Rulebook) -> str:
    """The checklist a policy asks for; the default where it cannot be read, which is said elsewhere."""
    try:
        return (Policy() if book.policy is None else parse_policy(book.policy)).checklist
    except ChecklistError:
        return Policy().checklist


def _checklist(book: Rulebook) -> Checklist | None:
    """The checklist without the policy's levels; None where the project's own file is not sound."""
    try:
        checklist = load(_asked(book))
        return checklist if book.checklist is None else extend(checklist, book.checklist, book.file(CHECKLIST))
    except ChecklistError:
        return None


@dataclass(frozen=True, slots=True)
class _Meaning:
    """Sound files, looked at together."""

    book: Rulebook
    policy: Policy
    checklist: Checklist | None
    known: Signers
    lines: tuple[Listed, ...]

    @property
    def profile(self) -> str:
        return self.policy.profile or PROFILE

    @property
    def approvers(self) -> int:
        return self.policy.approvers_of(self.profile)

    def _at(self, key: str, message: str, remedy: str) -> Problem:
        """A remark on a key of the policy, or on the policy where it does not say it."""
        document = Document(self.book.policy or b"", self.book.file(POLICY))
        head, *rest = key.split(".", 1)
        line = document.line((head, *rest)) if head in document.table else None
        return Problem(file=document.file, line=line, key=key, message=message, remedy=remedy)

    def _on(self, line: SignerLine, message: str, remedy: str) -> Problem:
        return Problem(
            file=self.book.file(SIGNERS), line=line.line, key=visible(line.principal, 120), message=message,
            remedy=remedy,
        )  # fmt: skip

    def _says(self, key: str) -> bool:
        return key in Document(self.book.policy or b"", POLICY).table

    def problems(self) -> Iterator[Problem]:
        """What nobody could ever get READY under."""
        if self.checklist is not None:
            in_force = apply(self.policy, self.checklist)
            if all(item.level(self.profile) is not Level.REQUIRED for item in in_force.items):
                yield self._at("items", "leaves no item required, and then nothing is ever READY", "Require something.")
        if not self.lines:
            return
        for role in Role:
            yield from self._role(role)
        if persons(self.lines, Role.AUTHOR) and not can_be_approved(self.lines, self.approvers):
            have = len(persons(self.lines, Role.APPROVER))
            yield self._at(
                "approvers" if self._says("approvers") else "profile",
                f"takes {plural(self.approvers, 'person', 'people')} besides the author; "
                f"{plural(have, 'person', 'people')} can approve now",
                "List more: shipworthy key trust KEY.pub --as lead@example.org --role approver",
            )

    def _role(self, role: Role) -> Iterator[Problem]:
        mine = [each for each in self.lines if role in each.roles]
        usable = persons(self.lines, role)
        needed = role is Role.AUTHOR or self.approvers > 0
        for key, roles in (("touch", self.policy.touch), ("pin", self.policy.pin)):
            if role in roles and mine and all(role in each.not_as for each in mine):
                yield self._at(
                    key, f"asks {role}s for a security key, and only other keys are listed for them",
                    "List one: ssh-keygen -t ed25519-sk, then shipworthy key trust",
                )  # fmt: skip
                return
        if needed and not usable and role is not Role.APPROVER:
            why = "nobody is listed as author" if not mine else "no key listed for an author counts now"
            yield Problem(
                file=self.book.file(SIGNERS), line=None, key="", message=why,
                remedy="List one: shipworthy key trust KEY.pub --as ada@example.org --role author",
            )  # fmt: skip

    def warnings(self) -> Iterator[Problem]:
        """What does less, or something else, than it seems to."""
        yield from self._policy_warnings()
        yield from self._people_warnings()
        yield from self._key_warnings()
        known = set(self.policy.environments)
        for name in sorted(self.book.names):
            found = _ENVELOPE.fullmatch(name)
            if found and found[1] not in known:
                yield Problem(
                    file=self.book.file(name), line=None, key="",
                    message=f"is for {found[1]}, which the policy does not name: it counts for nothing",
                    remedy=f'Add "{found[1]}" to environments, or remove the file.',
                )  # fmt: skip

    def _policy_warnings(self) -> Iterator[Problem]:
        policy = self.policy
        if policy.profile is None:
            yield self._at(
                "profile", f"is not set, and verification guesses none: it takes {PROFILE}",
                'Set it: profile = "team", or another.',
            )  # fmt: skip
        if self.profile in TWO_PEOPLE and self.approvers == 0:
            yield self._at(
                "approvers", f"is 0 in the profile {self.profile}: nobody has to look, and nobody can waive",
                "Leave it out, or choose the profile solo.",
            )  # fmt: skip
        if self.approvers > 0 and not self.lines:
            yield self._at(
                "approvers" if self._says("approvers") else "profile",
                f"takes {plural(self.approvers, 'approver')}, and nobody is listed in {self.book.file(SIGNERS)}",
                "List people: shipworthy key trust KEY.pub --as ada@example.org --role author",
            )
        for key in ("waiver_max_days", "attestation_max_days"):
            days = getattr(policy, key)
            if self._says(key) and days > policy.expiry_days:
                yield self._at(
                    key, f"is {days} days, and a readiness file ends after {policy.expiry_days} (expiry_days)",
                    "It only saves saying it again; the file still has to be signed anew.",
                )  # fmt: skip
        if policy.drift is Drift.EXACT:
            for key in ("drift_max_age_days", "critical"):
                if self._says(key):
                    yield self._at(key, 'does nothing while drift is "exact"', 'Set drift = "rerun", or remove it.')
        if self.approvers == 0:
            for key, roles in (("touch", policy.touch), ("pin", policy.pin)):
                if roles == {Role.APPROVER}:
                    yield self._at(key, "is about approvers, and none is needed", "Set approvers, or remove it.")

    def _people_warnings(self) -> Iterator[Problem]:
        if not self.lines:
            return
        there = {each.line.principal.casefold() for each in self.lines}
        for address, person in self.policy.people.items():
            if address not in there:
                yield self._at(
                    f"people.{person}", f"{address} is nobody's address in {SIGNERS}",
                    nearest(address, there) if len(there) <= 50 else "Check how it is spelled.",
                )  # fmt: skip

    def _key_warnings(self) -> Iterator[Problem]:
        ours = set(ROLES.values())
        for person in dict.fromkeys(each.person for each in self.lines):
            mine = [each for each in self.lines if each.person == person]
            if all(each.never for each in mine):
                yield self._on(mine[-1].line, f"the key {mine[-1].never}: it counts for nothing", "List a new one.")
            elif not any(each.counts_as for each in mine) and any(each.not_as for each in mine):
                first = next(each for each in mine if each.not_as)
                why = next(iter(first.not_as.values()))
                yield self._on(first.line, f"the key counts for nothing: {why}", "List a security key (…-sk) for them.")
        for each in self.lines:
            strange = sorted(each.line.roles - ours)
            if not each.roles:
                name = strange[0] if strange else ""
                yield self._on(each.line, f"may sign for {visible(name, 60)}, which is no role", nearest(name, ours))
