"""Which tools lint a language and check its types, and which languages have no such tool or check types by building.

Facts from the tools' own pages. A language that is not listed is asked nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

from shipworthy.facts.pipeline import Leaf
from shipworthy.facts.pipeline.fact import Kind

_ANY = frozenset({"trunk", "super-linter", "megalinter"})
"""Linters of many languages at once. `pre-commit run` is none: each of its hooks has a leaf of its own."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


@dataclass(frozen=True, slots=True)
class Language:
    """One language: its name for people, its linters and type checkers, and what to run to get them."""

    title: str
    linters: frozenset[str]
    advice: str
    types: frozenset[str] = frozenset()
    """Type checkers; empty where there is none to ask for."""
    compiled: bool = False
    """Building is the type check: `types` are then the programs that build or test it."""
    types_advice: str = ""


_JS_LINT = _words(
    "eslint eslint_d oxlint biome standard xo tslint jshint semistandard prettier next ng vue-cli-service deno oxfmt "
    "dprint rslint expo gts wp-scripts kcd-scripts tsdx"
)
_JAVA = _words("mvn mvnw mvnd gradle gradlew ant bazel bazelisk kotlinc javac")
LANGUAGES: dict[str, Language] = {
    "python": Language(
        "Python",
        _words(
            "ruff flake8 pylint black isort pycodestyle pydocstyle pyflakes autopep8 yapf blue pyupgrade vulture "
            "pylama prospector docformatter refurb darker"
        ),
        "`ruff check .`",
        _words("mypy dmypy pyright basedpyright pyre pytype ty pyrefly zuban"),
        types_advice="`mypy .`",
    ),
    "javascript": Language("JavaScript", _JS_LINT, "`npx eslint .`"),
    "typescript": Language(
        "TypeScript",
        _JS_LINT,
        "`npx eslint .`",
        _words(
            "tsc tsgo vue-tsc vue-tsgo svelte-check nuxt nuxi astro deno glint tsd vitest next ng nest react-scripts"
        ),
        types_advice="`npx tsc --noEmit`",
    ),
    "go": Language(
        "Go",
        _words("go golangci-lint staticcheck gofmt gofumpt revive gocritic goimports errcheck ineffassign"),
        "`go vet ./...` or `golangci-lint run`",
        _words("go richgo gotestsum ginkgo golangci-lint staticcheck goreleaser bazel bazelisk"),
        compiled=True,
        types_advice="`go build ./...`",
    ),
    "rust": Language(
        "Rust",
        _words("cargo rustfmt"),
        "`cargo clippy -- -D warnings`",
        _words("cargo cross maturin wasm-pack"),
        compiled=True,
        types_advice="`cargo check --all-targets`",
    ),
    "java": Language(
        "Java",
        _words("checkstyle mvn mvnw mvnd gradle gradlew spotless pmd spotbugs"),
        "`./gradlew check` with Checkstyle, or `mvn checkstyle:check`",
        _JAVA,
        compiled=True,
        types_advice="`./gradlew build` or `mvn verify`",
    ),
    "kotlin": Language(
        "Kotlin",
        _words("ktlint detekt mvn mvnw mvnd gradle gradlew spotless"),
        "`./gradlew ktlintCheck` or `./gradlew detekt`",
        _JAVA,
        compiled=True,
        types_advice="`./gradlew build`",
    ),
    "c#": Language(
        "C#",
        _words("dotnet csharpier jb"),
        "`dotnet format --verify-no-changes`",
        _words("dotnet msbuild"),
        compiled=True,
        types_advice="`dotnet build`",
    ),
    "swift": Language(
        "Swift",
        _words("swiftlint swiftformat swift-format swift"),
        "`swiftlint lint --strict`",
        _words("swift xcodebuild fastlane"),
        compiled=True,
        types_advice="`swift build`",
    ),
    "scala": Language(
        "Scala",
        _words("scalafmt scalafix sbt"),
        "`sbt scalafmtCheckAll`",
        _words("sbt mill mvn gradle gradlew bazel"),
        compiled=True,
        types_advice="`sbt compile`",
    ),
    "dart": Language(
        "Dart",
        _words("dart flutter"),
        "`dart analyze`",
        _words("dart flutter"),
        compiled=True,
        types_advice="`dart analyze`",
    ),
    "ruby": Language("Ruby", _words("rubocop standardrb reek rails_best_practices"), "`bundle exec rubocop`"),
    "php": Language(
        "PHP",
        _words(
            "phpcs php-cs-fixer pint phpstan psalm larastan phpmd ecs phplint parallel-lint phpinsights rector tlint"
        ),
        "`vendor/bin/phpstan analyse`",
    ),
    "elixir": Language("Elixir", _words("mix"), "`mix format --check-formatted` and `mix credo`"),
    "c++": Language("C++", _words("clang-tidy clang-format cpplint cppcheck"), "`clang-tidy`"),
    "c": Language("C", _words("clang-tidy clang-format cpplint cppcheck"), "`clang-tidy`"),
    "clojure": Language("Clojure", _words("clj-kondo"), "`clj-kondo --lint src`"),
}
_ACTIONS = {
    "astral-sh/ruff-action": "ruff", "chartboost/ruff-action": "ruff", "psf/black": "black",
    "rickstaa/action-black": "black",
    "isort/isort-action": "isort", "py-actions/flake8": "flake8", "golangci/golangci-lint-action": "golangci-lint",
    "jakebailey/pyright-action": "pyright", "super-linter/super-linter": "super-linter",
    "github/super-linter": "super-linter", "oxsecurity/megalinter": "megalinter", "trunk-io/trunk-action": "trunk",
}  # fmt: skip
_BESIDE = _words("test tests testing e2e example examples sample samples doc docs fixtures benchmarks playground")
_COMPILES = {Kind.BUILD, Kind.TEST, Kind.LINT, Kind.TYPES}


def program_in(leaf: Leaf) -> str:
    """The program at the end of a leaf, actions by what they run."""
    first = leaf.text.split(" ")[0]
    name = _ACTIONS.get(first.partition("@")[0].lower())
    if name is None:
        own = first.partition("@")[0].lower()
        name = next((tool for action, tool in _ACTIONS.items() if own.startswith(action + "/")), None)
    return name or first.rpartition("/")[2]


def beside_the_product(leaf: Leaf) -> bool:
    """Whether a command stands in a file of tests, examples or documentation, which says nothing of the product."""
    return any(part.lower().strip("._") in _BESIDE for part in leaf.chain[-1].path.split("/")[:-1])


def lints(leaf: Leaf, language: Language) -> bool:
    """Whether a command lints this language. Django's own `check` is none."""
    if leaf.kind not in (Kind.LINT, Kind.TYPES) or beside_the_product(leaf):
        return False
    program = program_in(leaf)
    if leaf.kind is Kind.TYPES and program in language.types and program not in ("phpstan", "psalm", "larastan"):
        return False
    return program in language.linters or program in _ANY


def checks_types(leaf: Leaf, language: Language) -> bool:
    """Whether a command checks this language's types; of a compiled language, whether it compiles it."""
    if beside_the_product(leaf):
        return False
    if language.compiled:
        return leaf.kind in _COMPILES and program_in(leaf) in language.types and "fmt" not in leaf.text.split(" ")[1:2]
    return leaf.kind is Kind.TYPES and program_in(leaf) in language.types
