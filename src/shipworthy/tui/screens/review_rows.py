"""What the review screen shows of a desk: its rows, the details beside them, and the lines on top."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import NamedTuple

from textual.content import Content

from shipworthy.coaching.words import FACES, OUTCOME_STATUS, Face, day
from shipworthy.readiness.seen import Claim, Head, Machine, Rerun, RerunState, Since
from shipworthy.text import plural
from shipworthy.tui.widgets.items import Entry, ItemList
from shipworthy.tui.widgets.lines import Line
from shipworthy.tui.widgets.safe import BOLD, DIM, FAINT, NOTHING, Ends, joined, shown
from shipworthy.tui.widgets.verdict import chip

MAX_WORDS = 20_000
"""As long as what a person says can be: what is cut off cannot be accepted."""
MAX_FINDINGS = 5

ACCEPTED = Face("✔", "accepted", "ACCEPTED", "$success")
SENT_BACK = Face("✘", "sent back", "SENT BACK", "$error")
OPEN = Face("?", "open", "OPEN", "$warning")
SAME = Face("✔", "same", "the same answer here", "$success")
WORSE = Face("✘", "WORSE", "WORSE here: do not approve", "$error")
NOT_HERE = Face("–", "not here", "not repeated here: it needs a run or the outside world", "$dim")
RUNNING = Face("…", "running", "running here …", "$primary")
UNKNOWN = Face("!", "unknown", "not known: the re-run did not come to it", "$warning")


class RowList(ItemList):
    """The rows of a review."""

    @property
    def key(self) -> str | None:
        """The key of the row under the cursor."""
        option = self.highlighted_option
        return option.id if option else None

    @property
    def keys(self) -> list[str]:
        return [each.key for each in self._entries if not each.disabled]


class View(NamedTuple):
    """Everything the screen shows, asked of the desk once for a redraw."""

    head: Head
    claims: tuple[Claim, ...]
    machines: tuple[Machine, ...]
    since: Since
    rerun: Rerun
    today: date
    why_not: str
    """Why it cannot be countersigned now."""
    outcome: Content = NOTHING
    """What came of it, once it was countersigned or sent back."""
    ready: bool = False
    """Whether the commit is READY now."""


def answer_face(claim: Claim) -> Face:
    return ACCEPTED if claim.accepted else SENT_BACK if claim.sent_back else OPEN


def rerun_face(item: str, rerun: Rerun) -> Face:
    """What the re-run here says of an item so far. Not heard of is never taken for the same."""
    if item in rerun.left_out:
        return NOT_HERE
    if item in rerun.items:
        return WORSE if rerun.items[item] else SAME
    return RUNNING if rerun.state in (RerunState.WAITING, RerunState.RUNNING) else UNKNOWN


def top_rows(view: View) -> list[Ends]:
    """The three lines on top."""
    head = view.head
    word = chip("READY", "ready") if view.ready else chip("REVIEW", "checking")
    signed = joined(("  signed by ", DIM), (head.author, BOLD), (f" on {day(head.issued, view.today)}", DIM))
    return [
        Ends(word + signed, *_where(head)),
        Ends(
            joined(("Key  ", DIM), (head.listed.replace("refs/remotes/", ""), "")),
            shown(f"{head.fingerprint} ({head.key_kind})", DIM),
            shown(head.fingerprint, DIM),
            shown(f"{head.fingerprint[:15]}…", DIM),
        ),
        Ends(view.outcome if view.outcome.plain else _rerun_words(view), shown(_open_words(view), BOLD)),
    ]


def _where(head: Head) -> tuple[Content, ...]:
    commit = f" @ {head.commit[:7]}"
    short = head.name.rpartition("/")[2]
    return (
        joined((head.name, BOLD), (commit, DIM), (f" for {head.environment}", DIM)),
        joined((head.name, BOLD), (commit, DIM)),
        joined((short, BOLD), (commit, DIM)),
    )


def _rerun_words(view: View) -> Content:
    rerun = view.rerun
    match rerun.state:
        case RerunState.AGREES:
            return joined(("✔ ", "bold $success"), (rerun.words, ""))
        case RerunState.WORSE:
            return joined(("✘ WORSE here, do not approve: ", "bold $error"), (rerun.words, ""))
        case RerunState.UNMADE:
            return joined(("! Not repeated here, r tries again: ", "bold $warning"), (rerun.words, ""))
        case _:
            done = f"{len(rerun.items)} of {len(view.machines)}" if rerun.items else ""
            return joined(("… ", "bold $primary"), ("Repeating the checks on this machine ", ""), (done, DIM))


def _open_words(view: View) -> str:
    left = sum(each.reply is None for each in view.claims)
    back = sum(each.sent_back for each in view.claims)
    if left:
        return plural(left, "needs your word", "need your word").replace(",", "")
    if back:
        return f"{back} sent back"
    return "all accepted" if view.claims else "nobody claims anything"


def entries(view: View) -> list[Entry]:
    """The list: what is alarming, claims, what was sent back earlier, what changed, and machines last."""
    found: list[Entry] = []

    def section(title: str, aside: str = "") -> None:
        found.append(Entry(f"head:{title}", Ends(shown(title, "bold $secondary"), shown(aside, FAINT)), True))

    if view.head.alarms:
        section("Look at this first")
        for number, words in enumerate(view.head.alarms):
            found.append(Entry(f"alarm:{number}", Ends(joined(("! ", "bold $warning"), (words, "")))))
    answered = sum(each.reply is not None for each in view.claims)
    section("People say", f"{answered} of {len(view.claims)} answered")
    found += [_claim_row(each, view.today) for each in view.claims]
    if view.head.remarks:
        section("Sent back earlier", "and not cleared by the author")
        for number, words in enumerate(view.head.remarks):
            found.append(Entry(f"remark:{number}", Ends(joined(("! ", "bold $warning"), (words, "")))))
    section("Since the last sign-off")
    found.append(Entry("since:", Ends(joined(("→ ", "bold $primary"), (view.since.brief, "")))))
    section("Machines say", _tally(view))
    found += [_machine_row(each, view.rerun) for each in view.machines]
    return found


def _tally(view: View) -> str:
    same = sum(rerun_face(each.id, view.rerun) is SAME for each in view.machines)
    return f"{same} of {len(view.machines)} the same here"


def _claim_row(claim: Claim, today: date) -> Entry:
    face, kind = answer_face(claim), _kind_face(claim)
    left = joined(
        (f"{face.glyph} {face.word:<10}", f"bold {face.style}"),
        (f"{kind.glyph} {kind.word:<7}", kind.style),
        (claim.title, ""),
    )
    until = f"to {day(claim.until, today)}"
    return Entry(f"claim:{claim.id}", Ends(left, shown(until, DIM), keep=len(until)))


def _kind_face(claim: Claim) -> Face:
    glyph, style = ("?", "$secondary") if claim.kind == "said" else ("~", "$accent")
    return Face(glyph, claim.kind, {"said": "SAID", "n/a": "WAIVED AS NOT APPLICABLE"}.get(claim.kind, "WAIVED"), style)


def _machine_row(machine: Machine, rerun: Rerun) -> Entry:
    face, here = FACES[OUTCOME_STATUS[machine.outcome]], rerun_face(machine.id, rerun)
    left = joined((f"{face.glyph} {face.word:<8}", face.style), (machine.title, DIM if here is SAME else ""))
    aside = joined((f"{here.glyph} {here.word}", here.style))
    return Entry(f"machine:{machine.id}", Ends(left, aside, keep=aside.cell_length))


# Beside the list


def detail(view: View, key: str | None) -> Iterator[Line]:
    """Everything about what is under the cursor."""
    kind, _, name = (key or "").partition(":")
    if kind == "claim" and (claim := find_claim(view.claims, name)):
        yield from _claim_lines(claim, view)
    elif kind == "machine" and (machine := next((each for each in view.machines if each.id == name), None)):
        yield from _machine_lines(machine, view.rerun)
    elif kind == "since":
        yield from since_lines(view.since)
    elif kind == "alarm":
        yield Line(shown("Look at this first", BOLD))
        yield Line()
        yield Line(shown(view.head.alarms[int(name)], limit=MAX_WORDS))
    elif kind == "remark":
        yield Line(shown("Sent back earlier, and not cleared by the author", BOLD))
        yield Line()
        yield Line(shown(view.head.remarks[int(name)], limit=MAX_WORDS))


def find_claim(claims: Sequence[Claim], name: str) -> Claim | None:
    return next((each for each in claims if each.id == name), None)


def since_lines(since: Since) -> Iterator[Line]:
    """What changed since the last sign-off, in full."""
    yield Line(shown("Changed since the last sign-off", BOLD))
    yield Line()
    for each in since.lines:
        yield Line(shown(each, limit=2_000))


def _claim_lines(claim: Claim, view: View) -> Iterator[Line]:
    face, kind = answer_face(claim), _kind_face(claim)
    yield Line(joined((claim.title, BOLD), (f"  {claim.id}", DIM)))
    yield Line(
        joined((f"{kind.glyph} {kind.words}", f"bold {kind.style}"), (" by ", DIM), (claim.by, ""))
        + joined((f" until {day(claim.until, view.today)}", ""), (_days(claim.until, view.today), DIM))
    )
    yield Line()
    yield Line(shown("In their words", "bold $secondary"))
    for row in claim.words.split("\n"):
        yield Line(shown(row, limit=MAX_WORDS), head=shown("  "))
    yield Line()
    yield Line(shown("What it rests on", "bold $secondary"))
    if claim.evidence:
        yield Line(shown(claim.evidence, limit=MAX_WORDS), head=shown("  Evidence  ", DIM))
    elif claim.kind == "said":
        yield Line(shown("no evidence is named", "$warning"), head=shown("  Evidence  ", DIM))
    yield Line(shown(claim.machine, limit=2_000), head=shown("  Machine   ", DIM))
    if claim.findings:
        more = len(claim.findings) - MAX_FINDINGS
        names = ", ".join(claim.findings[:MAX_FINDINGS]) + (f" and {more:,} more" if more > 0 else "")
        yield Line(shown(f"{len(claim.findings):,}: {names}", limit=1_000), head=shown("  Findings  ", DIM))
    if claim.waits:
        yield Line(shown(claim.waits, "$warning"), head=shown("  Waits     ", DIM))
    yield Line()
    yield Line(joined(("Your answer  ", "bold $secondary"), (f"{face.glyph} {face.words}", f"bold {face.style}")))
    if claim.remark:
        yield Line(shown(claim.remark, limit=MAX_WORDS), head=shown("  "))
    yield Line()
    yield Line(joined(("a", "bold $primary"), (" accepts it   ", DIM), ("b", "bold $primary"), (" sends it back", DIM)))


def _days(until: date, today: date) -> str:
    left = (until - today).days
    return f"  {plural(left, 'day')} from now" if left > 0 else "  today" if left == 0 else "  in the past"


def _machine_lines(machine: Machine, rerun: Rerun) -> Iterator[Line]:
    face, here = FACES[OUTCOME_STATUS[machine.outcome]], rerun_face(machine.id, rerun)
    yield Line(joined((machine.title, BOLD), (f"  {machine.id}", DIM)))
    yield Line()
    yield Line(
        joined((f"{face.glyph} {face.words}", f"bold {face.style}"), (f"  {machine.summary}", "")),
        head=shown("Signed  ", DIM),
    )
    yield Line(shown(f"{here.glyph} {here.words}", f"bold {here.style}"), head=shown("Here    ", DIM))
    if why := rerun.items.get(machine.id):
        yield Line(shown(f"It {why}", limit=1_000), head=shown("        "))
    if rerun.advice and here in (WORSE, UNKNOWN):
        yield Line(shown(rerun.advice, DIM, 1_000), head=shown("        "))
