"""Whether what a linter or type checker finds can fail its command, and which other commands lint or check types too.

Sources: the tools' own manuals, on exit codes and on options that fix, write or tolerate.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping, Sequence

from shipworthy.facts.pipeline.fact import YES, Kind, Said, no, unsure
from shipworthy.facts.pipeline.tree import Tree
from shipworthy.facts.pipeline.words import words as _words
from shipworthy.facts.pipeline.wrappers import option, program_of

_FIXES = _words(
    "--fix --fix-type --apply --apply-unsafe --write --unsafe-fixes --autocorrect --auto-correct --autocorrect-all "
    "--auto-correct-all --auto-fix --autofix --alter"
)
_SHORT_FIXES: Mapping[str, frozenset[str]] = {
    "rubocop": frozenset({"-a", "-A", "-x"}),
    "standardrb": frozenset({"-a"}),
    "ktlint": frozenset({"-F", "--format"}),
    "codespell": frozenset({"-w", "--write-changes"}),
    "typos": frozenset({"-w", "--write-changes"}),
    "gofmt": frozenset({"-w"}),
    "gofumpt": frozenset({"-w"}),
}
_TOLERANT = _words("--exit-zero --no-fail --issues-exit-code=0")
# Formatters rewrite unless they are asked not to: by any of these. The first word is the sub-command, if they have one.
_ASKED: Mapping[tuple[str, str], frozenset[str]] = {
    ("ruff", "format"): frozenset({"--check", "--diff"}),
    ("black", ""): frozenset({"--check"}),
    ("blue", ""): frozenset({"--check"}),
    ("isort", ""): frozenset({"--check", "--check-only", "-c"}),
    ("autopep8", ""): frozenset({"--exit-code"}),
    ("yapf", ""): frozenset({"--diff", "-d", "--quiet", "-q"}),
    ("docformatter", ""): frozenset({"--check", "-c"}),
    ("pyproject-fmt", ""): frozenset({"--check"}),
    ("cargo", "fmt"): frozenset({"--check"}),
    ("rustfmt", ""): frozenset({"--check"}),
    ("dotnet", "format"): frozenset({"--verify-no-changes"}),
    ("terraform", "fmt"): frozenset({"-check", "--check"}),
    ("tofu", "fmt"): frozenset({"-check", "--check"}),
    ("deno", "fmt"): frozenset({"--check"}),
    ("mix", "format"): frozenset({"--check-formatted"}),
    ("dart", "format"): frozenset({"--set-exit-if-changed"}),
    ("php-cs-fixer", "fix"): frozenset({"--dry-run"}),
    ("pint", ""): frozenset({"--test"}),
    ("rector", "process"): frozenset({"--dry-run", "-n"}),
    ("clang-format", ""): frozenset({"-Werror", "--Werror"}),
    ("taplo", "fmt"): frozenset({"--check"}),
    ("taplo", "format"): frozenset({"--check"}),
    ("golangci-lint", "fmt"): frozenset({"--diff", "-d"}),
    ("swiftformat", ""): frozenset({"--lint", "--dryrun"}),
    ("djlint", ""): frozenset({"--check", "--lint"}),
    ("oxfmt", ""): frozenset({"--check", "--list-different"}),
    ("scalafmt", ""): frozenset({"--check", "--test", "--list"}),
}
_WITH_SUB = frozenset(name for name, sub in _ASKED if sub)
_NEVER = {"dprint": "fmt", "sqlfluff": "fix", "shfmt": "-w"}
_LISTS = frozenset({"gofmt", "gofumpt", "goimports"})
_GRADLE_LINT = re.compile(
    r"(:?[\w.-]+:)*(ktlintCheck|ktlint|detekt\w*|spotlessCheck|checkstyle\w*|pmd\w*|spotbugs\w*|lint\w*|check)"
)
_MAVEN_LINT = re.compile(
    r"(checkstyle|spotless|pmd|spotbugs|ktlint|detekt|fmt|formatter)[\w-]*(:[\d.]+)?:(check|validate|lint)"
)
_NEXT_CONFIG = ("next.config.js", "next.config.mjs", "next.config.ts", "next.config.cjs")


def softened(words: Sequence[str]) -> Said:
    """Whether findings of this linter or type checker make the command fail."""
    name = program_of(words[0])
    rest = [word.partition("=")[0] if word.startswith("--") else word for word in words[1:]]
    first = next((word for word in words[1:] if not word.startswith(("-", "+"))), "")
    tolerant = next((word for word in words[1:] if word in _TOLERANT or (name == "tflint" and word == "--force")), None)
    if tolerant is None and option(words, "--issues-exit-code", "--severity-exit-code") == "0":
        tolerant = "--issues-exit-code=0"
    if tolerant is not None:
        return no(f"with `{tolerant}` {name} ends well whatever it finds")
    if name in _LISTS:
        return no(f"`{name}` only lists what it finds, and ends well")
    asked = _ASKED.get((name, first if name in _WITH_SUB else ""))
    if asked is not None and not asked & set(rest):
        shown = f"{name} {first}" if name in _WITH_SUB else name
        return no(f"`{shown}` without `{min(asked)}` rewrites the files and ends well")
    if name in _NEVER and _NEVER[name] in words[1:3]:
        return no(f"`{name} {_NEVER[name]}` rewrites the files and ends well")
    if name == "biome" and first == "format" and "--write" in rest:
        return no("`biome format --write` rewrites the files and ends well")
    if name == "tsc" and "--noCheck" in rest:
        return no("with `--noCheck` the compiler checks no types")
    fix = next((word for word in rest if word in _FIXES or word in _SHORT_FIXES.get(name, ())), None)
    if fix is not None and not {"--exit-non-zero-on-fix", "--fix-dry-run"} & set(rest):
        return unsure(f"`{fix}` repairs what it can and goes on, so only the rest can fail it")
    return YES


def also(words: Sequence[str], folder: str | None, tree: Tree) -> Kind | None:
    """LINT or TYPES for a build command that does that too, as its manual says; None for any other."""
    name = program_of(words[0])
    plain = [word for word in words[1:] if not word.startswith("-")]
    first = plain[0] if plain else ""
    if name in ("gradle", "gradlew"):
        return Kind.LINT if any(_GRADLE_LINT.fullmatch(task) and task != "check" for task in plain) else None
    if name in ("mvn", "mvnw", "mvnd"):
        return Kind.LINT if any(_MAVEN_LINT.match(goal) for goal in plain) else None
    if name == "sbt":
        return Kind.LINT if any(re.match(r"scalafmt(Sbt)?Check|scalafix.*--check", task) for task in plain) else None
    if (name, first) in (("ng", "build"), ("react-scripts", "build"), ("nest", "build")):
        return Kind.TYPES
    if (name, first) == ("next", "build"):
        return Kind.TYPES if _next_checks(folder, tree) else None
    return None


def _next_checks(folder: str | None, tree: Tree) -> bool:
    """Whether the project's configuration leaves Next.js' own type check on."""
    if folder is None:
        return False
    for name in _NEXT_CONFIG:
        path = posixpath.normpath(f"{folder}/{name}")
        if tree.is_file(path):
            text = tree.text(path)
            return text is not None and "ignoreBuildErrors" not in text
    return True
