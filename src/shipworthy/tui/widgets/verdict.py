"""The top of the screen: the verdict, one next step, and what is being looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from textual.content import Content

from shipworthy.coaching.words import Headline, counts, effort, next_words
from shipworthy.model import Assessment, Component, Result
from shipworthy.text import plural
from shipworthy.tui.widgets.safe import BOLD, DIM, Ends, Rows, SafeStatic, joined, shown

if TYPE_CHECKING:
    from shipworthy.assess.events import Failed

_TONES = {
    "ready": "bold $background on $success",
    "not-ready": "bold $background on $error",
    "checking": "bold $background on $primary",
    "failed": "bold $background on $warning",
}


class Top(NamedTuple):
    """What the top of the screen is made from."""

    assessment: Assessment
    headline: Headline
    running: frozenset[str]
    pending: frozenset[str]
    step: Result | None
    planned: bool = True
    """Whether the examination has said what it looks at."""
    progress: str = ""
    """How far the examination is, or how long it took."""
    brief: str = ""
    """The same in fewer words, where it has many."""
    failed: Failed | None = None
    signed: str = ""
    """What was signed in this session, in words."""


def chip(words: str, tone: str) -> Content:
    """A verdict on its background."""
    return joined((f" {words} ", _TONES[tone]))


def where(assessment: Assessment, *, known: bool = True) -> tuple[Content, Content, Content]:
    """ "todo-app @ 4f2a91c · 2 changed", and two shorter ways to say it; the name alone until more is `known`."""
    commit = f" @ {assessment.commit[:7]}" if assessment.commit else " (no commit)" if known else ""
    changed = f" · {len(assessment.dirty)} changed" if assessment.dirty else ""
    mark = "*" if assessment.dirty else ""
    return (
        joined((assessment.name, BOLD), (commit, DIM), (changed, "$warning")),
        joined((assessment.name, BOLD), (commit, DIM), (mark, "bold $warning")),
        joined((assessment.name, BOLD), (mark, "bold $warning")),
    )


def _components(components: tuple[Component, ...]) -> str:
    if not components:
        return ""
    if len(components) == 1:
        made = ", ".join((*components[0].languages, *components[0].frameworks))
        return f"{components[0].kind.value}{': ' + made if made else ''}"
    names = ", ".join(f"{each.root} ({each.kind.value})" for each in components)
    return f"{plural(len(components), 'component')}: {names}"


class VerdictBar(SafeStatic):
    """Three lines; only the first while an item has the whole screen."""

    _top: Top | None = None

    def show(self, top: Top, *, brief: bool) -> None:
        """Draw it."""
        self._top = top
        self.shorten(brief)

    def shorten(self, brief: bool) -> None:
        """Draw what it shows at another length."""
        if self._top is None:
            return
        rows = self._rows(self._top, brief=brief)
        self.put(Rows(rows), layout=False)
        # As a rule, since Textual keeps a height it found for itself, also while a layout that was asked for is due.
        self.styles.height = len(rows)

    def _rows(self, top: Top, *, brief: bool) -> list[Ends]:
        if top.failed is not None:
            return [Ends(chip("COULD NOT EXAMINE", "failed"), *where(top.assessment, known=False))]
        said = counts(top.assessment, top.running, top.pending) if top.headline.tone != "failed" else ""
        first = Ends(
            Content.assemble(chip(top.headline.words, top.headline.tone), "  ", shown(said)),
            *where(top.assessment, known=top.planned),
        )
        if brief:
            return [first]
        about = [f"Profile {top.assessment.profile}: {top.assessment.profile_reason}" if top.assessment.profile else ""]
        about.append(_components(top.assessment.components))
        left = shown(" · ".join(each for each in about if each), DIM)
        # What happens now is worth more than the end of what the profile rests on.
        keep = 46 if top.brief else 30
        third = Ends(left, shown(top.progress, DIM), shown(top.brief, DIM), keep=keep, firm=30)
        return [first, self._step(top), third]

    @staticmethod
    def _step(top: Top) -> Ends:
        if top.signed:
            return Ends(joined(("Done  ", "bold $success"), (top.signed, "")))
        if top.headline.tone == "ready":
            return Ends(joined(("Next  ", "bold $success"), ("Everything required is settled. Press s to sign.", "")))
        if top.step is not None:
            time = shown(effort(top.step.item.minutes), DIM)
            return Ends(joined(("Next  ", "bold $primary"), (next_words(top.step), "")), time, keep=time.cell_length)
        # What comes first may be judged again while other items stand in the way.
        if top.headline.tone == "checking" or top.assessment.required:
            return Ends(shown("Looking. Results appear as they come.", DIM))
        return Ends(shown("This profile requires nothing of this repository.", DIM))
