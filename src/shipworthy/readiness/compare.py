"""What changed between two statements: items, what they were made under, inventories, and the source between them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from shipworthy.checklist import ChecklistError
from shipworthy.checklist.policy import Role, parse_policy
from shipworthy.git import Git, GitError
from shipworthy.readiness import dsse, people, rules, sshsig
from shipworthy.readiness.answers import NoReadinessFile, NotReady
from shipworthy.readiness.history import versions
from shipworthy.readiness.records import on_disk
from shipworthy.readiness.statement import StatedItem, Statement, parse
from shipworthy.readiness.tree import FOLDER, MissingObject, Objects, OddTree, readiness_names, snapshot, source_tree
from shipworthy.readiness.trust import MAX_BYTES, Trusted

MAX_LINE = 50
"""How many commits are looked at for the files of a statement: three reads each."""
MACHINE = "evidence"
"""The one field of an item that changes with almost every commit: what the machine looked at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ItemChange:
    """An item that is new (`before` None), gone (`after` None), or reads otherwise."""

    id: str
    before: StatedItem | None
    after: StatedItem | None
    fields: tuple[str, ...] = ()
    """What differs: outcome, decision, by, words, named, findings, expires, notApplicable, evidence."""

    @property
    def quiet(self) -> bool:
        """Whether only what the machine looked at differs."""
        return self.fields == (MACHINE,)


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """An earlier statement and a later one."""

    before: Statement
    after: Statement
    commit: str | None
    """A commit (full id) that holds the earlier one; None where it is not told."""
    items: tuple[ItemChange, ...]
    unchanged: int
    terms: tuple[tuple[str, str, str], ...]
    """What the statements were made under and by whom: (name, before, after) of each that differs."""
    inventories: tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...]
    """(list, added rows, removed rows) of each that differs."""
    paths: tuple[str, ...] | None
    """Paths of the source that differ between the two signed trees; None where that cannot be told."""
    why_no_paths: str = ""


def compare(
    before: Statement,
    after: Statement,
    *,
    commit: str | None = None,
    paths: tuple[str, ...] | None = None,
    why_no_paths: str = "",
) -> Comparison:
    """Compares what two statements say; the caller knows where their source is."""
    old, new = ({item.id: item for item in each.items} for each in (before, after))
    changes: list[ItemChange] = []
    for name in dict.fromkeys((*new, *old)):
        was, now = old.get(name), new.get(name)
        fields = _fields(was, now) if was and now else ()
        if was is None or now is None or fields:
            changes.append(ItemChange(id=name, before=was, after=now, fields=fields))
    lists = dict.fromkeys((*before.inventories, *after.inventories))
    inventories = []
    for name in lists:
        was_rows, now_rows = before.inventories.get(name, ()), after.inventories.get(name, ())
        added = tuple(row for row in now_rows if row not in set(was_rows))
        removed = tuple(row for row in was_rows if row not in set(now_rows))
        if added or removed:
            inventories.append((name, added, removed))
    return Comparison(
        before=before, after=after, commit=commit, items=tuple(changes), unchanged=len(new) - len(
            [each for each in changes if each.after is not None]
        ), terms=_terms(before, after), inventories=tuple(inventories), paths=paths, why_no_paths=why_no_paths,
    )  # fmt: skip


def _fields(was: StatedItem, now: StatedItem) -> tuple[str, ...]:
    rows: list[tuple[str, object, object]] = [("outcome", was.outcome, now.outcome)]
    one, other = was.said, now.said
    rows.append(("decision", one and one.kind, other and other.kind))
    if one is not None and other is not None:
        rows += [
            ("by", one.by, other.by),
            ("words", one.words, other.words),
            ("named", one.named, other.named),
            ("findings", set(one.findings), set(other.findings)),
            ("expires", one.expires, other.expires),
            ("notApplicable", one.not_applicable, other.not_applicable),
        ]
    rows.append((MACHINE, was.evidence, now.evidence))
    return tuple(name for name, left, right in rows if left != right)


def _terms(before: Statement, after: Statement) -> tuple[tuple[str, str, str], ...]:
    def rows(each: Statement) -> list[tuple[str, str]]:
        return [
            ("repository", each.repo),
            ("ref", each.ref),
            ("environment", each.environment),
            ("profile", each.profile),
            ("checklist", f"{each.checklist_name} {each.checklist_version} ({each.checklist_digest[:12]})"),
            ("policy", each.policy_digest[:12]),
            ("author", each.author),
            ("key", each.author_key),
            ("shipworthy", each.tool_version),
            ("advisories", each.advisories or "none"),
            ("verdict", each.verdict.value),
        ]

    pairs = zip(rows(before), rows(after), strict=True)
    return tuple((name, was, now) for (name, was), (_, now) in pairs if was != now)


@dataclass(frozen=True, slots=True, kw_only=True)
class SignOff:
    """An earlier statement that was validly signed, and the commit (full id) with its files, where that is known."""

    statement: Statement
    commit: str
    """A commit that holds it."""
    source: str | None
    """A commit that holds the files it was signed for; None where none is found."""


def last_sign_off(
    git: Git, objects: Objects, commits: tuple[str, ...], after: Statement, trusted: Trusted | None
) -> SignOff | None:
    """The newest earlier sign-off in the histories of these commits; None where none is seen.

    With `trusted` only one that had the signatures that root asks for counts, at the time it was issued: an earlier
    file that nobody accepted must not make a claim look old. Without, the signature of the author it names suffices.
    """
    found: SignOff | None = None
    for commit in dict.fromkeys(commits):
        for version in versions(git, objects, commit, after.environment):
            try:
                envelope = dsse.parse(version.data)
                statement = parse(envelope.payload)
            except dsse.Malformed:
                continue
            later = statement.issued >= after.issued or (found and statement.issued <= found.statement.issued)
            if later or not (
                _signed(envelope, statement) if trusted is None else _accepted(envelope, statement, trusted)
            ):
                continue
            source = signed_commit(objects, version.commits, statement)
            found = SignOff(statement=statement, commit=version.commits[-1], source=source)
    return found


def _signed(envelope: dsse.Envelope, statement: Statement) -> bool:
    """Whether the author the statement names signed it."""
    message = dsse.pae(envelope.payload_type, envelope.payload)
    for each in envelope.signatures:
        try:
            signed = sshsig.verify(each.sig.decode("ascii", "replace"), message, rules.AUTHOR)
        except sshsig.BadSignature:
            continue
        if signed.fingerprint == statement.author_key:
            return True
    return False


def _accepted(envelope: dsse.Envelope, statement: Statement, trusted: Trusted) -> bool:
    counted = people.count(envelope, trusted, statement.issued)
    authors = [each for each in counted.of(Role.AUTHOR) if each.signed.fingerprint == statement.author_key]
    if not authors:
        return False
    try:
        need = rules.in_force(trusted.policy_bytes, trusted.checklist_bytes).approvers if trusted.base else 0
    except NotReady:
        return False
    others = people.distinct(counted.of(Role.APPROVER)) - people.distinct(authors)
    return len(others - {trusted.signers.person(statement.author)}) >= need


def signed_commit(objects: Objects, commits: tuple[str, ...], statement: Statement) -> str | None:
    """The first of these commits that holds the files a statement is about."""
    for commit in commits:
        try:
            held = snapshot(objects, commit)
            if source_tree(held, {*_environments(held.record("policy.toml", MAX_BYTES)), statement.environment}) == (
                statement.tree
            ):
                return commit
        except (OddTree, MissingObject):
            continue
    return None


def _environments(policy: bytes | None) -> tuple[str, ...]:
    try:
        return parse_policy(policy or b"").environments
    except ChecklistError:
        return ()


def changed_paths(git: Git, before: str, after: str, environment: str) -> tuple[str, ...] | None:
    """Paths that differ between two commits, without the readiness files; None where git cannot tell."""
    try:
        raw = git.run("diff-tree", "-r", "-z", "--no-renames", "--name-only", "--ignore-submodules=none", before, after)
    except GitError:
        return None
    own = {f"{FOLDER}/{name}" for name in readiness_names(environment)}
    return tuple(path for path in raw.decode("utf-8", "surrogateescape").split("\0") if path and path not in own)


def since(
    git: Git, objects: Objects, commit: str, after: Statement, bases: tuple[str, ...], trusted: Trusted | None
) -> Comparison | None:
    """What changed in `after`, which `commit` (full id) holds, since the last sign-off; None where there is none."""
    last = last_sign_off(git, objects, (commit, *bases), after, trusted)
    if last is None:
        return None
    return between(git, objects, last, after, _line(git, commit))


def _line(git: Git, commit: str) -> tuple[str, ...]:
    """The commits among which the files of a statement are looked for, the newest first."""
    return tuple(git.text("rev-list", "--first-parent", f"--max-count={MAX_LINE}", commit).split())


def between(git: Git, objects: Objects, last: SignOff, after: Statement, commits: tuple[str, ...]) -> Comparison:
    """Compares a sign-off with a later statement that one of these commits (the newest first) holds the files of."""
    here = signed_commit(objects, commits, after)
    paths = changed_paths(git, last.source, here, after.environment) if last.source and here else None
    why = "" if paths is not None else "no commit here holds the files that were signed then"
    if last.source and not here:
        why = "no commit here holds the files that are signed now"
    return compare(last.statement, after, commit=last.commit, paths=paths, why_no_paths=why)


def compared(root: Path, environment: str, against: str | None) -> Comparison:
    """The file of the work tree (or HEAD's, where it has none) compared with the one of `against`, or the last one.

    Raises NoReadinessFile, NotReady where a file is not what its author signed, GitError, MissingObject, OddTree.
    """
    git = Git(root)
    objects = Objects(git)
    head = objects.commit("HEAD")
    name = readiness_names(environment)[1]
    data = on_disk(Path(git.text("rev-parse", "--show-toplevel")), name)
    after = _read(snapshot(objects, head).record(name, MAX_BYTES) if data is None else data, f"{FOLDER}/{name}", head)
    if against is None:
        last = last_sign_off(git, objects, (head,), after, None)
        if last is None:
            raise NoReadinessFile(f"an earlier {FOLDER}/{name}, signed by its author,", head)
    else:
        other = objects.commit(against)
        before = _read(snapshot(objects, other).record(name, MAX_BYTES), f"{against}:{FOLDER}/{name}", other)
        last = SignOff(statement=before, commit=other, source=signed_commit(objects, _line(git, other), before))
    return between(git, objects, last, after, _line(git, head))


def _read(data: bytes | None, where: str, commit: str) -> Statement:
    if data is None:
        raise NoReadinessFile(where, commit)
    try:
        envelope = dsse.parse(data)
        statement = parse(envelope.payload)
    except dsse.Malformed as error:
        raise NotReady("envelope", f"{where}: {error}", "Sign it: shipworthy sign") from error
    if not _signed(envelope, statement):
        raise NotReady("signature", f"{where} is not signed by the author it names", "Sign it: shipworthy sign")
    return statement
