"""What the screen of keys and people shows: its rows, what is beside them, and the words it uses."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING

from shipworthy.coaching.words import Face, day
from shipworthy.tui.widgets.items import Entry
from shipworthy.tui.widgets.lines import Line, text_lines
from shipworthy.tui.widgets.safe import BOLD, DIM, FAINT, Ends, joined, shown

if TYPE_CHECKING:
    from shipworthy.readiness.key_book import KeyBook, Listed, OwnKey

SIGNERS = ".shipworthy/allowed_signers"
MAX_WORDS = 4_000
"""As long as a line with an RSA key may be."""
SECTION = "bold $secondary"

SIGNS = Face("✔", "signs", "This one signs", "$success")
USABLE = Face("–", "usable", "It can sign too", "$dim")
UNUSABLE = Face("!", "cannot", "It cannot be used", "$warning")
REVOKED = Face("✘", "revoked", "REVOKED: nothing signed with it counts", "$error")
NOT_NOW = Face("✘", "not now", "It does not count now", "$error")
HERE = Face("!", "here", "It stands only in the file that lies here, not like that on the base branch", "$warning")
THERE = Face("!", "there", "Only the base branch lists it; the file that lies here does not", "$warning")
UNSURE = Face("!", "unknown", "Whether it counts on the base branch cannot be told", "$warning")
COUNTS = Face("✔", "counts", "It counts, here and on the base branch", "$success")
LISTED = Face("✔", "listed", "It is listed here; which branch CI goes by is not known to this clone", "$success")
MEANS = (SIGNS, USABLE, UNUSABLE, COUNTS, LISTED, HERE, THERE, UNSURE, NOT_NOW, REVOKED)


def own_face(key: OwnKey) -> Face:
    return UNUSABLE if key.problem else SIGNS if key.signs else USABLE


def listed_face(each: Listed, base: str) -> Face:
    """Never better than what is known of both files."""
    if each.revoked:
        return REVOKED
    if each.address and not each.line:
        return THERE
    if each.why_not:
        return NOT_NOW
    if not base:
        return LISTED
    return COUNTS if each.at_base else UNSURE if each.at_base is None else HERE


# The list


def entries(book: KeyBook, today: date) -> Iterator[Entry]:
    """Keys found here, then people."""

    def section(title: str, aside: str) -> Entry:
        return Entry(f"head:{title}", Ends(shown(title, SECTION), shown(aside, FAINT)), True)

    yield section("Your keys", "found on this machine")
    for number, key in enumerate(book.keys):
        face = own_face(key)
        left = joined((f"{face.glyph} {face.word:<9}", f"bold {face.style}"), (key.label, ""))
        yield Entry(f"key:{number}", Ends(left, shown(_said_of(key), DIM)))
    if not book.keys:
        yield Entry("none:", Ends(shown("No SSH key was found here. Press m to make one.", DIM)), True)
    yield section("People this repository lets sign", SIGNERS.rpartition("/")[2])
    if book.problem:
        yield Entry("problem:", Ends(joined(("! ", "bold $warning"), (book.problem, ""))))
    elif not book.people:
        yield Entry(
            "nobody:", Ends(shown("Nobody is listed. Alone, CI trusts your key by its fingerprint.", DIM)), True
        )
    for number, each in enumerate(book.people):
        face = listed_face(each, book.base)
        roles = ", ".join(each.roles)
        left = joined(
            (f"{face.glyph} {face.word:<9}", f"bold {face.style}"),
            (each.address or f"{each.fingerprint[:20]}…", ""),
            (f"  {roles}" if roles else "", DIM),
            ("  you" if each.mine else "", "bold $secondary"),
        )
        yield Entry(f"person:{number}", Ends(left, shown(_until(each, today), DIM)))


def _said_of(key: OwnKey) -> str:
    if key.problem:
        return key.problem
    if key.listed is None:
        return "unknown here"
    if any(each.revoked for each in key.listed):
        return "revoked here"
    named = [f"{each.address} as {' and '.join(each.roles) or 'nothing'}" for each in key.listed if each.address]
    return ", ".join(named) or "not listed here"


def _until(each: Listed, today: date) -> str:
    if each.revoked or not each.valid_before:
        return ""
    return f"until {day(each.valid_before.date(), today)}"


# Beside the list


def own_lines(key: OwnKey, book: KeyBook, today: date) -> Iterator[Line]:
    """One key of the person."""
    face = own_face(key)
    yield Line(shown(key.label, BOLD))
    words = f"{face.words}: {key.signs or key.problem}" if key.signs or key.problem else face.words
    yield Line(joined((f"{face.glyph} ", f"bold {face.style}"), (words, f"bold {face.style}")))
    if key.remedy:
        yield Line(shown(key.remedy, limit=MAX_WORDS), head=shown("  "))
    yield Line()
    rows = [("Key", key.fingerprint or "its fingerprint cannot be told"), ("Kind", key.kind), ("Place", key.place)]
    rows.append(("Opens", key.passphrase))
    for name, value in rows:
        if value:
            yield _row(name, value)
    yield Line()
    yield Line(shown("What this repository says of it", SECTION))
    if key.listed is None:
        yield Line(shown("It cannot be told: its files cannot be read.", "$warning"), head=shown("  "))
    elif not key.listed:
        yield Line(shown(f"It is not in {SIGNERS}."), head=shown("  "))
    for each in key.listed or ():
        yield from _standing(each, book, today)
    yield Line()
    if key.line and not any(each.address for each in key.listed or ()):
        yield Line(shown("To be let sign", SECTION))
        yield Line(joined(("y", "bold $primary"), (" copies this line. Give it to a lead:", DIM)), head=shown("  "))
        yield Line(shown(key.line, limit=MAX_WORDS), head=shown("    "))
        yield from _command(
            "Or a lead types:", f"shipworthy key trust '{key.public}' --as {key.line.partition(' ')[0]}"
        )
        yield Line()
    if not key.problem and not key.signs:
        yield from _command("To sign with it:", f"shipworthy sign --key {key.fingerprint}")
    if key.generated and not key.problem:
        yield from _command("To make a new one in its place:", "shipworthy key rotate")
    if key.fingerprint and any(each.address and not each.revoked for each in key.listed or ()):
        yield from _command("If it is lost or stolen:", f"shipworthy key revoke {key.fingerprint}")


def listed_lines(each: Listed, book: KeyBook, today: date) -> Iterator[Line]:
    """One line of the repository's files."""
    yield Line(joined((each.address or "A revoked key that no line names", BOLD), ("  you" if each.mine else "", BOLD)))
    yield from _standing(each, book, today)
    yield Line()
    if each.person:
        yield _row("Person", f"{each.person}, as the policy says")
    yield _row("Key", each.fingerprint)
    yield _row("You", _you(each))
    if each.line:
        yield _row("Stands in", f"{SIGNERS}:{each.line}")
    yield Line()
    yield Line(shown("Changes are made by commands, and count once they are on the base branch.", DIM))
    if not each.revoked:
        yield from _command("To end it at once:", f"shipworthy key revoke {each.fingerprint}")
        yield Line(
            shown("Every file signed with it stops verifying, those signed before too.", DIM), head=shown("    ")
        )
    else:
        yield Line(shown("A revoked key stays out: use another.", DIM), head=shown("  "))
    yield from _command("To let somebody sign:", "shipworthy key trust KEY.pub --as EMAIL --role author")


def _you(each: Listed) -> str:
    if each.mine:
        return "this key is here: it is yours"
    return "your address, with a key that is not here" if each.my_address else "this key is not here"


def _standing(each: Listed, book: KeyBook, today: date) -> Iterator[Line]:
    """Whether it counts, in which role, from when to when, and since when it is listed."""
    face = listed_face(each, book.base)
    yield Line(joined((f"{face.glyph} ", f"bold {face.style}"), (face.words, f"bold {face.style}")), head=shown("  "))
    if each.why_not and face is NOT_NOW:
        yield Line(shown(f"It {each.why_not}.", "$error", MAX_WORDS), head=shown("    "))
    if each.address:
        yield _row("As", f"{each.address}, {' and '.join(each.roles) or 'in no role of shipworthy'}")
        start = day(each.valid_after.date(), today) if each.valid_after else "the beginning"
        end = day(each.valid_before.date(), today) if each.valid_before else "no end is set"
        yield _row("Valid", f"from {start}, until {end}" if each.valid_before else f"from {start}; {end}")
        if each.since:
            least = " at least" if each.at_least else ""
            branch = book.base.removeprefix("refs/remotes/") or "this branch"
            yield _row("Known", f"since {day(each.since, today)}{least}, as the commits of {branch} date themselves")
    if each.base:
        yield _row("Base", each.base)


def problem_lines(book: KeyBook) -> Iterator[Line]:
    """Why it cannot be told who may sign."""
    yield Line(shown("Whose key counts here cannot be told", BOLD))
    yield Line()
    yield Line(shown(book.problem, limit=MAX_WORDS))
    yield from text_lines(book.advice)


def _row(name: str, value: str) -> Line:
    return Line(shown(value, limit=MAX_WORDS), head=shown(f"  {name:<10}", DIM))


def _command(words: str, command: str) -> Iterator[Line]:
    """On a line of its own, so that it can be copied."""
    yield Line(shown(words, DIM), head=shown("  "))
    yield Line(shown(command, BOLD, MAX_WORDS), head=shown("    "))


# Copied


def copied_lines(key: OwnKey, line: str) -> Iterator[Line]:
    yield Line(shown(line, BOLD, MAX_WORDS))
    yield Line()
    if "YOU@EXAMPLE.ORG" in key.line:
        words = "git does not know your address: write the one of your commits in place of YOU@EXAMPLE.ORG."
        yield Line(shown(words, "$warning"))
    yield Line(shown(f"It is public: a lead adds it to {SIGNERS}. It counts once it is on the base branch.", DIM))
    yield Line(shown("Where approvers are listed already, one of them signs that change as approver.", DIM))
