"""What a program does when it runs: tests, lints, type checks, scans, builds, deploys, publishes, or none of these.

Tables of facts about well-known programs, from their own manuals. A name of a script or job is never looked at here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from shipworthy.facts.pipeline.fact import Kind
from shipworthy.facts.pipeline.runner_tables import (
    BUILD,
    BY_FIRST_WORD,
    LETS_PASS,
    LINT,
    NO_RUN,
    NOT_A_RUN,
    PASSES_WITHOUT,
    SCAN,
    TEST,
    TYPES,
)
from shipworthy.facts.pipeline.values import HOLE
from shipworthy.facts.pipeline.wrappers import is_python, program_of


@dataclass(frozen=True, slots=True)
class Class:
    """A command's kind; `remark` says of a NOTHING why it is no test.

    `needs`: the kind of tests that must be there (see `test_files`), for a runner that passes without any.
    """

    kind: Kind
    remark: str = ""
    needs: str = ""


_GRADLE_TEST = re.compile(
    r"(:?[\w.-]+:)*(test|check|\w*Test|\w*Tests|test(?:Debug|Release)|connectedCheck|build|verify|koverXmlReport)"
)
_MAVEN_PHASES = {"test", "package", "verify", "install", "deploy", "integration-test"}
_BAZEL = {"bazel", "bazelisk", "buck", "buck2", "pants", "plz"}


def _first(words: Sequence[str]) -> str:
    return next((word for word in words[1:] if not word.startswith(("-", "+"))), "")


def _maven(words: Sequence[str]) -> Class | None:
    goals = {word.rsplit(":", 1)[-1] for word in words[1:] if not word.startswith("-")}
    if not goals & _MAVEN_PHASES:
        return None
    for word in words:
        if re.fullmatch(r"-D(skipTests|maven\.test\.skip)(=true)?", word):
            return Class(Kind.NOTHING, f"`{word}` skips the tests") if "test" in goals else Class(Kind.BUILD)
    return Class(Kind.TEST, needs="jvm")


def _gradle(words: Sequence[str]) -> Class | None:
    tasks = [word for word in words[1:] if not word.startswith("-")]
    skipped = {words[at + 1] for at, word in enumerate(words[:-1]) if word in ("-x", "--exclude-task")}
    run = [task for task in tasks if _GRADLE_TEST.fullmatch(task) and task not in skipped]
    if "--dry-run" in words or "-m" in words:
        return None
    if "test" in skipped and not [task for task in run if task not in ("check", "build")]:
        return Class(Kind.NOTHING, "`-x test` skips the tests") if run else None
    if run:
        return Class(Kind.TEST, needs="jvm")
    return Class(Kind.BUILD) if tasks else None


def _manage(words: Sequence[str]) -> Class | None:
    if len(words) < 2:
        return None
    return {"test": Class(Kind.TEST, needs="python"), "check": Class(Kind.LINT)}.get(words[1])


def _node(words: Sequence[str]) -> Class | None:
    options = [word for word in words[1:] if word.startswith("-")]
    if "--test" in options:
        return (
            Class(Kind.NOTHING, "it watches instead of running once")
            if "--watch" in options
            else Class(Kind.TEST, needs="js")
        )
    return Class(Kind.LINT) if "--check" in options else None


def _vitest(words: Sequence[str]) -> Class | None:
    first = _first(words)
    if first in ("watch", "dev") or "--watch" in words or "-w" in words or "--ui" in words:
        return Class(Kind.NOTHING, "it watches instead of running once")
    if first in ("list", "bench", "init"):
        return Class(Kind.NOTHING, f"`vitest {first}` runs no test")
    if first == "typecheck" or "--typecheck.only" in words:
        return Class(Kind.TYPES)
    return Class(Kind.TEST, needs="js" if "--passWithNoTests" in words else "")


_RUST = Class(Kind.TEST, needs="rust")


def _cargo(words: Sequence[str]) -> Class | None:
    first = _first(words)
    if first in ("test", "t", "nextest", "tarpaulin", "llvm-cov", "miri", "hack", "mutants"):
        inner = words[words.index(first) + 1 :]
        if first == "nextest" and "run" not in inner:
            return None
        if first in ("miri", "hack") and not {"test", "nextest"} & set(inner):
            return Class(Kind.BUILD)
        return Class(Kind.NOTHING, "`--no-run` only builds them") if "--no-run" in inner else _RUST
    lint = {
        "clippy": Kind.LINT,
        "fmt": Kind.LINT,
        "audit": Kind.SCAN,
        "deny": Kind.SCAN,
        "build": Kind.BUILD,
        "check": Kind.BUILD,
    }
    known = {**lint, "publish": Kind.BUILD, "update": Kind.UPDATE}
    return Class(known[first]) if first in known else None


def _go(words: Sequence[str]) -> Class | None:
    first = _first(words)
    if first == "test":
        if any(word.startswith("-list") or word == "-c" for word in words):
            return Class(Kind.NOTHING, "it lists or builds the tests only")
        at = words.index("-run") + 1 if "-run" in words[:-1] else 0
        if (at and words[at] in ("^$", "NONE", "XXX")) or any(
            word in ("-run=^$", "-run=NONE", "-run=XXX") for word in words
        ):
            return Class(Kind.NOTHING, "`-run` selects no test")
        return Class(Kind.TEST, needs="go")
    if first == "get" and "-u" in words:
        return Class(Kind.UPDATE)
    return {"vet": Class(Kind.LINT), "build": Class(Kind.BUILD)}.get(first)


def _playwright(words: Sequence[str]) -> Class | None:
    if _first(words) != "test":
        return None
    return Class(Kind.NOTHING, "`--list` only lists the tests") if "--list" in words else Class(Kind.TEST)


def _ng(words: Sequence[str]) -> Class | None:
    first = _first(words)
    return {
        "test": Class(Kind.TEST),
        "e2e": Class(Kind.TEST),
        "lint": Class(Kind.LINT),
        "build": Class(Kind.BUILD),
    }.get(first)


def _tsc(words: Sequence[str]) -> Class | None:
    return None if {"--init", "--watch", "-w", "--showConfig"} & set(words) else Class(Kind.TYPES)


def _prettier(words: Sequence[str]) -> Class | None:
    return Class(Kind.LINT) if {"--check", "-c", "--list-different", "-l"} & set(words) else None


def _updates(words: Sequence[str]) -> Class | None:
    """Tools that lock versions, where they are told to raise them."""
    first = _first(words)
    raised = {"--upgrade", "-U", "-u", "--update", "--upgrade-package"} & set(words)
    if program_of(words[0]) == "uv" and first not in ("lock", "sync"):
        other = BY_FIRST_WORD.get(("uv", first))
        return Class(other) if other else None
    return Class(Kind.UPDATE) if raised else None


def _julia(words: Sequence[str]) -> Class | None:
    return Class(Kind.TEST) if any("Pkg.test" in word for word in words) else None


def _r(words: Sequence[str]) -> Class | None:
    text = " ".join(words)
    tested = re.search(r"CMD\s+check|testthat::|devtools::(test|check)|rcmdcheck", text)
    return Class(Kind.TEST) if tested else None


_SPECIAL: dict[str, Callable[[Sequence[str]], Class | None]] = {
    "mvn": _maven, "mvnw": _maven, "mvnd": _maven, "gradle": _gradle, "gradlew": _gradle, "manage.py": _manage,
    "django-admin": _manage, "node": _node, "tsx": _node, "vitest": _vitest, "cargo": _cargo, "cross": _cargo,
    "go": _go, "richgo": _go,
    "playwright": _playwright, "ng": _ng, "tsc": _tsc, "tsgo": _tsc, "vue-tsc": _tsc,
    "prettier": _prettier, "julia": _julia, "R": _r, "Rscript": _r, "uv": _updates,
    "pip-compile": _updates, "ncu": _updates, "npm-check-updates": _updates, "taze": _updates,
}  # fmt: skip


_BEHIND = {"artisan", "rails", "rake", "rspec", "phpunit", "simple-phpunit", "pest", "codecept", "behat"}
"""Programs that an interpreter is given, or that Laravel's Sail runs inside its container."""


def classify(words: Sequence[str]) -> Class | None:
    """What a command does; None where it is none of the kinds or not known.

    `words` are without wrappers (see `wrappers.strip`).
    """
    if not words or HOLE in program_of(words[0]):
        return None
    name = program_of(words[0])
    rest = words[1:]
    asked = any(word in NO_RUN for word in rest)
    if is_python(name) and rest:
        inside = program_of(rest[0])
        if inside == "manage.py":
            return _manage(rest)
        if inside == "setup.py":
            first = _first(rest)
            return {"test": Class(Kind.TEST, needs="python"), "pytest": Class(Kind.TEST)}.get(first)
        return None
    if rest and (name in ("php", "ruby", "sail")) and program_of(rest[0]) in _BEHIND:
        return classify((program_of(rest[0]), *rest[1:]))
    if name in _SPECIAL:
        found = _SPECIAL[name](words)
        if asked and found is not None and found.kind is Kind.TEST:
            return Class(Kind.NOTHING, "it only prints something about itself")
        return found
    first = _first(words)
    if name in _BAZEL:
        return Class(Kind.TEST) if first in ("test", "coverage") else None
    if name in TEST:
        needed = TEST[name]
        if needed and first not in needed:
            other = BY_FIRST_WORD.get((name, first))
            return Class(other) if other else None
        stopped = next((word for word in rest if word.removesuffix("=true") in NOT_A_RUN), None)
        if asked or stopped:
            return Class(
                Kind.NOTHING,
                f"`{stopped or 'it'}` runs no test" if stopped else "it only prints something about itself",
            )
        quiet = next((word for word in rest if word in LETS_PASS), None)
        if quiet or "--failure-exit-code 0" in " ".join(rest):
            return Class(Kind.NOTHING, f"`{quiet or '--failure-exit-code 0'}` lets it pass")
        if name == "jest" and {"-o", "--onlyChanged"} & set(rest):
            return Class(Kind.NOTHING, "it runs only what is not committed, and here everything is")
        if "--passWithNoTests" in rest or "--pass-with-no-tests" in rest:
            return Class(Kind.TEST, needs="js")
        return Class(Kind.TEST, needs=PASSES_WITHOUT.get(name, ""))
    if asked:
        return None
    if (name, first) in BY_FIRST_WORD:
        return Class(BY_FIRST_WORD[name, first])
    for table, kind in ((LINT, Kind.LINT), (TYPES, Kind.TYPES), (SCAN, Kind.SCAN), (BUILD, Kind.BUILD)):
        if name in table:
            return Class(kind)
    return None


def is_known(name: str) -> bool:
    """Whether a program is in the tables at all, so that what it does is known with any arguments."""
    programs = {program for program, _ in BY_FIRST_WORD}
    return name in TEST or name in _SPECIAL or name in programs or name in LINT | TYPES | SCAN | BUILD
