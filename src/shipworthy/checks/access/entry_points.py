"""What the checks on routes share: the component's own routes, and how sure it is that there are none."""

from __future__ import annotations

from shipworthy.checks.base import CheckContext
from shipworthy.facts.routes import Route, Routes
from shipworthy.facts.serving import Serving, Start
from shipworthy.facts.stack import Part, Stack
from shipworthy.model import PROJECT, Finding, Location, Outcome, Severity
from shipworthy.text import plural

READ = frozenset({"python", "javascript", "typescript"})
"""Languages in which a server would have been seen."""
BY_HAND = "List its addresses by hand, try each without a login"


def routes_of(fact: Routes, context: CheckContext) -> list[Route]:
    """The routes of the component under judgement, in path order."""
    return [route for route in fact.routes if context.covers(route.file)]


def _not_known(summary: str, by_hand: str, *, rule: str = "unknown", location: Location = PROJECT) -> Outcome:
    found = Finding.at(
        location, rule, summary, anchor=summary, severity=Severity.INFO,
        remedy=f"{by_hand}, and waive this with what you saw.",
    )  # fmt: skip
    return Outcome.unknown(summary, [found])


def belongs(path: str | None, context: CheckContext) -> bool:
    """Whether a path is the component's, or beside all components and so perhaps about this one."""
    return context.covers(path) or not any(each.contains(path) for each in context.components)


def starts_of(serving: Serving, context: CheckContext) -> list[Start]:
    """The start commands of the component under judgement, by the folder they start in.

    What `package.json` starts counts only where no deployment says how the app is started.
    """
    starts = [each for each in serving.starts if belongs(f"{each.folder}/x" if each.folder != "." else "x", context)]
    deployed = [each for each in starts if not each.source.startswith("package.json")]
    return deployed or starts


def without_routes(
    routes: Routes, serving: Serving, stack: Stack, context: CheckContext, *, by_hand: str = BY_HAND
) -> Outcome:
    """The outcome for a component in which no route was found: not applicable only where that can be known.

    `by_hand`: what a person can do instead, one sentence without its full stop.
    """
    root = context.component.root if context.component else "."
    frameworks = sorted({name for name, component in routes.frameworks if component == root})
    if frameworks:
        return _not_known(f"{', '.join(frameworks)} is used, but no route was found", by_hand, rule="no-route-found")
    listeners = [each for each in serving.listeners if belongs(each.location.path, context)]
    if listeners:
        first = listeners[0]
        says = f"{first.what} at {first.location} answers requests; its routes are not read yet"
        return _not_known(says, by_hand, location=first.location)
    strange = sorted(
        (stack.names(Part.LANGUAGE, root) - READ)
        | {language for language, path in serving.foreign if context.covers(path)}
    )
    if strange:
        return _not_known(f"written in {', '.join(strange)}: whether it answers requests is not read yet", by_hand)
    if not stack.names(Part.LANGUAGE, root):
        return Outcome.unknown("no code in a language that is read: whether it answers requests cannot be told")
    looked = sum(1 for path in {*routes.read, *serving.read} if context.covers(path))
    return Outcome.not_applicable(
        "no network entry point",
        [f"{plural(looked, 'file')} read: no server framework, no listening socket"],
    )
