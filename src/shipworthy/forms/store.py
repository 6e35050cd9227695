"""Opens and saves a form's file: nothing broken is overwritten, no secret is written, no half file is left."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from shipworthy.decisions.edit import CannotEdit
from shipworthy.decisions.read import DecisionsError
from shipworthy.decisions.store import rewrite
from shipworthy.facts.forms import MAX_BYTES, Answers, Flaw, Form, FormError, Kind, Row, Written, read
from shipworthy.forms.edit import edited_markdown, edited_toml
from shipworthy.forms.words import normal, template
from shipworthy.git import Git, GitError
from shipworthy.model import Confidence
from shipworthy.project.safe import Missing, Unreadable, read_file

_RANDOM = re.compile(r"(?=[^0-9]*[0-9])(?=[^A-Za-z]*[A-Za-z])[A-Za-z0-9_+=]{16,200}")
"""A word among others that may be the value of the key it stands beside."""

__all__ = ["Saved", "add", "opened", "rendered", "save", "template", "text_of", "written"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Saved:
    """What became of the answers."""

    path: str
    """The file, from the repository's top."""
    changed: bool
    ignored: bool
    """Whether git would leave the file out, so that no check and no signature sees it."""
    unread: str = ""
    """What of the history could not be read, so that it is not sure whether a new rotation counts, as a sentence."""


def written(root: Path, form: Form) -> Written | None:
    """The form's file as it is now; None where there is none. Raises FormError where it cannot be read at all."""
    try:
        data = read_file(root, form.file, MAX_BYTES)
    except Missing:
        return None
    except Unreadable as error:
        raise FormError(f"{form.file}: {error}", "Make it an ordinary, readable file.") from error
    return read(form, data)


def text_of(root: Path, form: Form) -> str | None:
    """The form's file as text; None where there is none. Raises FormError where it cannot be read."""
    try:
        return read_file(root, form.file, MAX_BYTES).decode("utf-8", "replace")
    except Missing:
        return None
    except Unreadable as error:
        raise FormError(f"{form.file}: {error}", "Make it an ordinary, readable file.") from error


def opened(root: Path, form: Form) -> Answers:
    """The answers in the form's file; empty ones where there is none. Raises FormError for a broken file."""
    found = written(root, form)
    if found is None:
        return Answers()
    if found.broken:
        raise _error(found.broken[0])
    return found.answers


def save(root: Path, form: Form, answers: Answers) -> Saved:
    """Write the answers into the form's file, which is made if need be. Raises FormError, and then it is as it was."""
    answers = normal(form, answers)
    no_secret(form, answers)
    unread = _rotations_count(root, form, answers)
    return replace(_rewritten(root, form, lambda data: rendered(form, answers, data)), unread=unread)


def _rotations_count(root: Path, form: Form, answers: Answers) -> str:
    """Raises FormError where a rotation that is new would not count; what could not be read to tell."""
    from shipworthy.facts.rotations import QUESTION

    if answers.table(QUESTION):
        from shipworthy.forms.offer import rotations_count
        from shipworthy.forms.rotated import new_days

        if days := new_days(answers.table(QUESTION), opened(root, form).table(QUESTION)):
            return rotations_count(root, form, days)
    return ""


def add(root: Path, form: Form, question: str, row: Row) -> Saved:
    """Write one more row behind those of a table, whatever else the file says by then. Raises as `save`."""
    row = normal(form, Answers(rows={question: (row,)})).table(question)[0]
    no_secret(form, Answers(rows={question: (row,)}))

    def change(data: bytes) -> bytes:
        held = read(form, data)
        if held.broken:
            raise _error(held.broken[0])
        return rendered(form, held.answers.with_rows(question, (*held.answers.table(question), row)), data)

    return _rewritten(root, form, change)


def _rewritten(root: Path, form: Form, make: Callable[[bytes], bytes]) -> Saved:
    before: list[bytes] = []
    after: list[bytes] = []

    def change(data: bytes, shown: str) -> bytes:
        before.append(data)
        after.append(make(data))
        return after[-1]

    try:
        rewrite(root / form.file, change)
    except DecisionsError as error:
        raise FormError(error.problem.what, error.diagnostics) from error
    return Saved(path=form.file, changed=before[-1] != after[-1], ignored=_ignored(root, form.file))


def rendered(form: Form, answers: Answers, data: bytes) -> bytes:
    """The bytes of a file that says `answers`, made from those it has now. Raises FormError."""
    fresh = not data.strip()
    text = template(form) if fresh else ""
    if not fresh:
        held = read(form, data)
        if held.broken:
            raise _error(held.broken[0])
        text = data.decode("utf-8")
    windows = "\r\n" in text
    text = text.replace("\r\n", "\n")
    old = read(form, text.encode()).answers
    try:
        text = edited_markdown(form, text, old, answers) if form.markdown else edited_toml(form, text, old, answers)
        new = (text.replace("\n", "\r\n") if windows else text).encode("utf-8")
    except CannotEdit as error:
        raise FormError(f"{form.file}: {error}", "Change it by hand, then open the form again.") from error
    except UnicodeEncodeError as error:
        raise FormError("an answer holds a character that is not Unicode", "Write it with other characters.") from error
    found = read(form, new)
    if found.broken:
        raise _error(found.broken[0])
    if not found.answers.same(answers):
        raise FormError(
            f"{form.file} cannot hold these answers: one of them would be read as something else",
            "Leave out comment marks, and begin no line with # or |.",
        )
    return new


def _error(flaw: Flaw) -> FormError:
    place = flaw.file if flaw.line is None else f"{flaw.file}:{flaw.line}"
    return FormError(f"{place}: {flaw.message}", f"{flaw.remedy} The file is left as it is.")


def no_secret(form: Form, answers: Answers) -> None:
    """Raises FormError where an answer holds a secret. Its words say which answer, never what stands there."""
    for question in form.questions:
        if question.kind is not Kind.ROWS:
            if _holds_secret(answers.text(question.id)):
                raise _refused(question.label)
            continue
        for row in answers.table(question.id):
            name = row.cell(question.columns[0].id)
            if _holds_secret(name):
                raise _refused(question.columns[0].label)
            for column in question.columns[1:]:
                if _holds_secret(row.cell(column.id), name):
                    raise _refused(f"{column.label} ({name[:60]})")


def _refused(what: str) -> FormError:
    return FormError(
        f'the answer to "{what}" looks like a secret, so nothing was saved',
        "Write where it is kept, never what it is. If it was real and others saw it, replace it where it was issued.",
    )


def _holds_secret(text: str, name: str = "") -> bool:
    """Whether the secret matcher knows anything in a text, or any word of it as the value of a key of this name."""
    from shipworthy.facts.secrets.names import read_name
    from shipworthy.facts.secrets.scanner import scan

    if not text:
        return False
    hits = scan("answer.txt", text.encode("utf-8", "replace"), sensitive=True).hits
    # What has the form of a token is refused however much it looks like an example: no answer needs one.
    if any(not hit.general or hit.confidence is not Confidence.REVIEW for hit in hits):
        return True
    if not name or read_name(name) is None:
        return False
    # A value pasted beside its key's name: only as its assignment it is known for what it is.
    words = text.split()
    pasted = "".join(f"{name}={word}\n" for word in words if len(words) == 1 or _RANDOM.fullmatch(word))
    hits = scan("answer.env", pasted.encode("utf-8", "replace")).hits
    return any(hit.confidence is not Confidence.REVIEW for hit in hits)


def _ignored(root: Path, path: str) -> bool:
    try:
        git = Git(root)
        said = git.run(
            "check-ignore", "-z", "--stdin", stdin=path.encode() + b"\0", ok=(0, 1), env={"GIT_LITERAL_PATHSPECS": "0"}
        )
    except GitError:
        return False
    return bool(said)
