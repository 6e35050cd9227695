"""One allow-list of gitleaks: what it asks of a place, and how far the answer can be trusted."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import IntEnum
from functools import cache

from shipworthy.facts.secrets.allow.go_regex import GoRegex
from shipworthy.facts.secrets.allow.place import Allowed, Place
from shipworthy.facts.secrets.rules import load

LONGEST_TARGET = 25_000
"""Characters of a line or value that patterns are tried on; a longer one fits none."""
_SAME_PROVIDER = {"gcp": "google", "hashicorp": "terraform", "sk": "openai", "jwt": "json"}


class Fit(IntEnum):
    """Whether something covers a place: not at all, only by covering nearly everything, or by naming it."""

    NOT = 0
    WIDE = 1
    NAMED = 2


@dataclass(frozen=True, slots=True)
class Patterns:
    """Patterns of which one has to fit; the wide ones are kept apart (see `wide`)."""

    named: tuple[GoRegex, ...] = ()
    wide: tuple[GoRegex, ...] = ()

    def fit(self, text: str) -> Fit:
        if len(text) > LONGEST_TARGET:
            return Fit.NOT
        if any(each.search(text) for each in self.named):
            return Fit.NAMED
        return Fit.WIDE if any(each.search(text) for each in self.wide) else Fit.NOT


@dataclass(frozen=True, slots=True, kw_only=True)
class Criteria:
    """An `[allowlist]`, `[[allowlists]]` or `[[rules.allowlists]]` table.

    What the table does not ask about is None. What it asks about and nothing of it could be read is an empty set of
    patterns, which fits nothing, so that a mistake never makes it wider.
    """

    gives: Allowed
    both: bool = False
    """`condition = "AND"`: all that it asks about has to fit, not any."""
    commits: frozenset[str] | None = None
    paths: Patterns | None = None
    regexes: Patterns | None = None
    target: str = "secret"
    words: tuple[str, ...] | None = None
    wide_words: tuple[str, ...] = ()
    rules: frozenset[str] | None = None
    """Ids of gitleaks' rules it is for; None for all."""
    own: tuple[GoRegex, ...] = field(default=(), repr=False)
    """The patterns of those rules whose id does not tell what they find (`told_by_id`), where the file has them."""

    def fit(self, place: Place) -> Fit:
        """Whether it covers the place. Raises OverWork."""
        mine = self.rules is None or any(same_kind(theirs, place) for theirs in self.rules)
        if not mine and not self.own:
            return Fit.NOT
        answers = list(self._answers(place))
        fit = max(answers, default=Fit.NOT)
        if not fit or (self.both and not all(answers)):
            return Fit.NOT
        # Last, because a rule's own pattern costs more than most of what its list asks.
        return fit if mine or self._found_by_own(place) else Fit.NOT

    def _answers(self, place: Place) -> Iterable[Fit]:
        if self.commits is not None:
            yield Fit.NAMED if place.commit is not None and place.commit.lower() in self.commits else Fit.NOT
        if self.paths is not None:
            # What stands in no file, such as a commit's message, has no path that a list could name.
            yield self.paths.fit(place.path) if place.path else Fit.NOT
        if self.regexes is not None:
            text = _target(place, self.target)
            yield self.regexes.fit(text) if text is not None else Fit.NOT
        if self.words is not None or self.wide_words:
            value = (place.value or b"").decode("utf-8", "replace").lower()
            named = any(word in value for word in self.words or ())
            wide = place.value is not None and any(word in value for word in self.wide_words)
            yield Fit.NAMED if named else Fit.WIDE if wide else Fit.NOT

    def _found_by_own(self, place: Place) -> bool:
        """Whether the pattern of one of its rules finds something on the line."""
        line = _target(place, "line")
        return line is not None and len(line) <= LONGEST_TARGET and any(each.search(line) for each in self.own)


def same_kind(theirs: str, place: Place) -> bool:
    """Whether a rule of gitleaks and ours find the same kind of secret.

    Ids differ, but both begin with the provider ("stripe-access-token", "stripe-live-key"); gitleaks' `generic-…` is
    what is found here by the name it was given to.
    """
    if theirs == place.rule:
        return True
    provider = theirs.partition("-")[0]
    rule = load().by_id.get(place.rule)
    if rule is None or rule.shape in ("random", "password"):
        if provider == "generic":
            return True
        return len(provider) > 2 and provider in place.name.lower()
    mine = {rule.provider, place.rule.partition("-")[0]}
    return provider in mine or _SAME_PROVIDER.get(provider) in mine


@cache
def _kinds() -> frozenset[str]:
    mine = {part for rule in load().rules for part in (rule.provider, rule.id.partition("-")[0])}
    return frozenset({"generic", *_SAME_PROVIDER, *mine})


def told_by_id(theirs: str) -> bool:
    """Whether a rule's id alone says what kind of secret it finds; of others, their own pattern has to."""
    return theirs.lower().partition("-")[0] in _kinds()


def _target(place: Place, target: str) -> str | None:
    """What `regexTarget` names: the secret, the line, or the match, which is the line from the variable's name on."""
    if place.value is None:
        return None
    if target == "line":
        return place.lines.decode("utf-8", "replace")
    if target == "match":
        start = place.lines.find(place.value)
        name = place.name.encode("utf-8", "replace")
        begin = place.lines.rfind(name, 0, max(start, 0)) if name else -1
        stop = start + len(place.value)
        if start >= 0:
            # A closing quote belongs to what gitleaks' rules match.
            stop += place.lines[stop : stop + 1] in (b'"', b"'", b"`")
            return place.lines[begin if begin >= 0 else start : stop].decode("utf-8", "replace")
    return place.value.decode("utf-8", "replace")
