"""Judges whether a linter and a type checker run on every proposed change, and whether they can fail it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from shipworthy.checks.base import Check, CheckContext
from shipworthy.checks.pipeline.ci_on_every_change import no_code, not_understood
from shipworthy.checks.pipeline.languages import LANGUAGES, Language, checks_types, lints
from shipworthy.checks.pipeline.remedies import chained, outside_words, own_words, proof
from shipworthy.facts import Facts, Gap
from shipworthy.facts.lint_hooks import HOOKS, LintHooks
from shipworthy.facts.pipeline import Kind, Leaf, Opaque, Pipeline
from shipworthy.facts.pipeline.proof import covering, outside_starts, runs_in
from shipworthy.facts.stack import Stack
from shipworthy.model import PROJECT, Confidence, Finding, Location, Outcome, Severity

_LIKE_LINTING = re.compile(
    r"lint|style|format|type|check|quality|verify|\bqa\b|pre-?commit|hook|ruff|eslint|mypy", re.I
)
_SINGLE_FILES = frozenset({"vue", "nuxt", "svelte", "sveltekit", "astro"})
"""Frameworks whose own files hold TypeScript where the project has any."""
_FAMILY = {"typescript": "javascript", "kotlin": "java"}
_MANIFESTS = {
    "javascript": frozenset({"package.json"}),
    "python": frozenset({"pyproject.toml", "setup.py", "setup.cfg", "requirements.txt", "Pipfile"}),
    "go": frozenset({"go.mod"}),
    "rust": frozenset({"Cargo.toml"}),
    "ruby": frozenset({"Gemfile"}),
    "php": frozenset({"composer.json"}),
    "java": frozenset({"pom.xml", "build.gradle", "build.gradle.kts"}),
    "elixir": frozenset({"mix.exs"}),
}


@dataclass(frozen=True, slots=True)
class Part:
    """One thing to ask for: a linter or a type checker of one language."""

    language: Language
    types: bool

    @property
    def name(self) -> str:
        if not self.types:
            return f"linter for {self.language.title}"
        return (
            f"build of the {self.language.title} code"
            if self.language.compiled
            else f"type checker for {self.language.title}"
        )

    @property
    def advice(self) -> str:
        return self.language.types_advice if self.types else self.language.advice

    def by(self, leaf: Leaf) -> bool:
        return checks_types(leaf, self.language) if self.types else lints(leaf, self.language)


class LintTypesInCi(Check):
    """Linter and type checker run on every change.

    A pass proves, for each component's main language and any other it has a manifest of, that a known linter and, where
    the language has one, a known type checker run on every proposed change, and that what they find fails the pipeline.
    Commands are followed as for `ci-runs-tests`, and `pre-commit run --all-files` to its hooks. Building or testing is
    the type check of a compiled language; plain JavaScript, Ruby, PHP and Elixir are not asked for one. What only fixes
    (`prettier --write`, `black .`, `ruff format`), only lists (`gofmt -l`) or is told to end well (`--exit-zero`,
    `|| true`) proves nothing; `--fix` leaves it open what can still fail.

    It cannot see how strict the rules are, which folders they cover, or services that lint from outside such as
    pre-commit.ci.
    """

    id = "lint-types-in-ci"
    needs = (Pipeline, Stack, LintHooks)

    def minds(self, gap: Gap) -> bool:
        # A linter in the pipeline counts whatever the hooks do; without one, `check` itself asks for them.
        return gap.subject != HOOKS

    def check(self, facts: Facts, context: CheckContext) -> Outcome:
        pipeline, stack, hooks = facts[Pipeline], facts[Stack], facts[LintHooks]
        absent = no_code(pipeline)
        if absent is not None:
            return absent
        parts = list(_parts(stack))
        if not parts:
            main = sorted({name for each in stack.components for name in each.languages[:1]})
            looked = f"main languages: {', '.join(main)}" if main else f"{pipeline.code_files} code files, none known"
            return Outcome.not_applicable("no language with a linter or type checker known here", [looked])
        proofs = {part: _proof(pipeline, part) for part in parts}
        if all(proofs.values()):
            shown = (leaf for rows in proofs.values() for leaf in (rows[:1] if rows[0].on_change.yes else rows))
            names = list(dict.fromkeys(proof(leaf) for leaf in shown))
            more = f" and {len(names) - 4} more" if len(names) > 4 else ""
            looked_at = [f"{part.name}: {chained(leaf)}" for part, rows in proofs.items() for leaf in rows[:3]]
            return Outcome.passed(", ".join(names[:4]) + more, looked_at)
        missing = [part for part in parts if not proofs[part]]
        seen = [f"{part.name}: {proof(rows[0])}" for part, rows in proofs.items() if rows]
        outside = {part: _outside(pipeline, part) for part in missing}
        doubts = [*not_understood(pipeline, self.id), *map(self._gap, hooks.gaps)]
        if all(outside.values()):
            leaves = [rows[0] for rows in outside.values()]
            what = outside_words(pipeline, leaves[0].workflow)[0]
            found = [self._started_outside(pipeline, leaf) for leaf in leaves]
            return Outcome.unknown(f"{proof(leaves[0])}, but {what}", [*found, *doubts], looked_at=seen)
        rows = {part: [leaf for leaf in pipeline.leaves if part.by(leaf)] for part in missing}
        open_rows = {
            part: [leaf for leaf in rows[part] if not leaf.on_change.no and not leaf.fails.no] for part in missing
        }
        about = {part: list(self._about(pipeline, part, rows[part], open_rows[part])) for part in missing}
        lost = [each for each in pipeline.opaque if not each.on_change.no and _may_lint(each)]
        images = [leaf for leaf in pipeline.leaves if _is_image(leaf) and not leaf.on_change.no]
        sure = [part for part in missing if not (open_rows[part] or (images and part.types and part.language.compiled))]
        # What is surely missing comes first: it is what the summary names.
        told = (each for part in sorted(missing, key=lambda part: part not in sure) for each in about[part])
        found = list({(each.location, each.message): each for each in told}.values())
        unread = pipeline.unread_systems
        if unread or lost or doubts or not sure:
            found += [*(self._lost(pipeline, each) for each in lost[:10]), *doubts]
            return Outcome.unknown(self._doubtful(pipeline, missing, open_rows, lost), found, looked_at=seen)
        hooked = [_hooked(hooks, part) for part in sure]
        if all(hooked):
            tools = ", ".join(dict.fromkeys(hooked))
            return Outcome.needs_you(f"{tools} as commit hooks only", [*found, self._hooks(hooks, tools)], seen)
        return Outcome.failed(f"no {sure[0].name} on every change", found, seen)

    def _doubtful(
        self, pipeline: Pipeline, missing: list[Part], rows: dict[Part, list[Leaf]], lost: list[Opaque]
    ) -> str:
        first = next((leaf for part in missing for leaf in rows[part]), None)
        if first is not None:
            return f"{proof(first)}, but not surely: {_doubt(first)}"
        if pipeline.unread_systems:
            return f"{pipeline.unread_systems[0].title} is not read yet"
        return f"not followed: {lost[0].reason}" if lost else f"it cannot be told whether there is a {missing[0].name}"

    def _about(self, pipeline: Pipeline, part: Part, rows: list[Leaf], doubtful: list[Leaf]) -> Iterator[Finding]:
        """Findings for one part that nothing proves: what is wrong with each of its commands, or that there is none."""
        for leaf in rows[:5]:
            own = own_words(pipeline, leaf.workflow)
            if leaf in doubtful:
                message = f"`{leaf.text}` does not surely stop every change with a fault: {_doubt(leaf)}."
                remedy = "Only check there, without fixing." if leaf.on_change.yes else own.start
                yield self._at(leaf, "not-surely", message, remedy, unsure=True)
            elif leaf.on_change.no:
                message = f"`{leaf.text}` does not run on a proposed change: {leaf.on_change.why}."
                yield self._at(leaf, "not-on-change", message, own.start)
            else:
                message = f"`{leaf.text}` runs, but what it finds cannot fail the pipeline: {leaf.fails.why}."
                yield self._at(leaf, "masked", message, f"Let its own result count: only check, without {own.hides}.")
        if not rows:
            own = own_words(pipeline)
            message = f"No {part.name} runs on a proposed change."
            remedy = f"Run {part.advice} in a job of {own.file} that every change starts. {own.start}"
            yield Finding.at(
                PROJECT, f"{self.id}/none", message, anchor=part.name, severity=Severity.MEDIUM, remedy=remedy
            )

    def _at(self, leaf: Leaf, rule: str, message: str, remedy: str, *, unsure: bool = False) -> Finding:
        return Finding.at(
            Location(path=leaf.path, line=leaf.line),
            f"{self.id}/{rule}",
            message,
            anchor=f"{leaf.job} {leaf.text}",
            severity=Severity.MEDIUM,
            confidence=Confidence.LIKELY if unsure else Confidence.CERTAIN,
            related=[Location(path=link.path, line=link.line) for link in leaf.chain[1:]],
            remedy=remedy,
        )

    def _started_outside(self, pipeline: Pipeline, leaf: Leaf) -> Finding:
        what, remedy = outside_words(pipeline, leaf.workflow)
        message = f"`{leaf.text}` runs in this file and can fail it, but {what}."
        return self._at(leaf, "started-outside", message, remedy, unsure=True)

    def _lost(self, pipeline: Pipeline, loss: Opaque) -> Finding:
        first = loss.chain[0]
        return Finding.at(
            Location(path=first.path, line=first.line),
            f"{self.id}/not-followed",
            f"What runs here could not be followed: {loss.reason}.",
            anchor=f"{loss.job} {loss.reason}",
            severity=Severity.LOW,
            confidence=Confidence.REVIEW,
            remedy=f"Call the linter and the type checker themselves. {own_words(pipeline, loss.workflow).start}",
        )

    def _gap(self, gap: Gap) -> Finding:
        message = f"Which commit hooks it sets up is not known: {gap.reason}."
        where = Location(path=gap.path, line=gap.line)
        return Finding.at(where, f"{self.id}/not-read", message, anchor=gap.reason, remedy="Correct the file.")

    def _hooks(self, hooks: LintHooks, names: str) -> Finding:
        first = hooks.hooks[0]
        return Finding.at(
            Location(path=first.path, line=first.line),
            f"{self.id}/hook-only",
            f"{names} are set up as commit hooks. They run only where somebody installed them, and can be skipped.",
            anchor="hooks",
            severity=Severity.MEDIUM,
            confidence=Confidence.LIKELY,
            remedy="Run `pre-commit run --all-files` in the pipeline, or say where else it runs (pre-commit.ci).",
        )


def _parts(stack: Stack) -> Iterator[Part]:
    """What to ask for, each once, in path order: the main language of each component, and others it has a manifest of.

    Of JavaScript and TypeScript, the one with more files speaks for both.
    """
    seen: set[tuple[str, bool]] = set()
    for component in stack.components:
        manifests = {path.rpartition("/")[2] for path in component.manifests}
        families: set[str] = set()
        for at, name in enumerate(component.languages):
            family = _FAMILY.get(name, name)
            if family in families or (at and not manifests & _MANIFESTS.get(family, frozenset())):
                continue
            families.add(family)
            mixed = name == "javascript" and "typescript" in component.languages
            main = "typescript" if mixed and _SINGLE_FILES & set(component.frameworks) else name
            language = LANGUAGES.get(main)
            for key, types in (((family, False), False), ((main, True), True)):
                if language is not None and key not in seen and (not types or language.types):
                    seen.add(key)
                    yield Part(language, types)


def _proof(pipeline: Pipeline, part: Part) -> list[Leaf]:
    rows = sorted(
        (leaf for leaf in pipeline.leaves if leaf.fails.yes and part.by(leaf)), key=lambda leaf: len(leaf.chain)
    )
    return covering(rows, lambda leaf: leaf.on_change)


def _outside(pipeline: Pipeline, part: Part) -> list[Leaf]:
    starts = outside_starts(pipeline)
    mine = (leaf for leaf in pipeline.leaves if leaf.fails.yes and part.by(leaf))
    return [leaf for leaf in mine if runs_in(leaf.workflow, leaf.runs, starts)]


def _doubt(leaf: Leaf) -> str:
    return leaf.on_change.why if not leaf.on_change.yes else leaf.fails.why


def _may_lint(loss: Opaque) -> bool:
    """Whether what could not be followed may lint: anything may hide there, or its names hint at it."""
    return loss.anything or any(
        _LIKE_LINTING.search(name) for name in (loss.reason, *(link.text for link in loss.chain))
    )


def _is_image(leaf: Leaf) -> bool:
    return leaf.kind in (Kind.BUILD, Kind.PUBLISH) and leaf.text.startswith(("docker", "podman", "buildah", "kaniko"))


def _hooked(hooks: LintHooks, part: Part) -> str:
    """The commit hook that does a part's work, "" where none does."""
    wanted = part.language.types if part.types else part.language.linters
    return next((each.program for each in hooks.hooks if each.program.split(" ")[0] in wanted), "")
