"""What kind of file a value stands in: that raises or lowers how sure a finding is."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from shipworthy.project.files import FileKind, is_test_path, kind_of

_ENV = re.compile(r"^(?:\.env(?:\.[\w.-]+)?|[\w.-]+\.env|\.envrc|\.flaskenv|\.dev\.vars|env)$")
_EXAMPLE = re.compile(r"(?:[._-]|^)(?:example|sample|template|tmpl|tpl|dist|defaults?|skel|stub)s?(?:[._-]|$)", re.I)
_CLOUD_TEMPLATE = re.compile(r"^template\.(?:ya?ml|json)$")
"""What CloudFormation's tools call a stack that is deployed."""
_LOCK = re.compile(
    r"^(?:package-lock\.json|npm-shrinkwrap\.json|yarn\.lock|pnpm-lock\.yaml|bun\.lockb?|poetry\.lock|uv\.lock|pdm\.lock"
    r"|Pipfile\.lock|composer\.lock|Gemfile\.lock|Cargo\.lock|go\.sum|mix\.lock|pubspec\.lock|flake\.lock|deno\.lock"
    r"|Package\.resolved|Podfile\.lock|gradle\.lockfile|packages\.lock\.json"
    r"|conda-lock\.yml|pixi\.lock|requirements.*\.lock"
    r"|.*checksums?.*|sha\d*sums?.*|md5sums?.*|\.terraform\.lock\.hcl|.*\.sum|pylock.*\.toml|\.pnp\.(?:c?js|loader\.mjs|data\.json))$",
    re.I,
)
_DOCS = re.compile(r"(?:^|/)(?:docs?|documentation|examples?|samples?|tutorials?|demos?|blog|posts|_posts)/", re.I)
_DOC_SUFFIX = {".md", ".mdx", ".rst", ".adoc", ".markdown", ".1", ".pod"}
_LOCALE = re.compile(
    r"(?:^|/)(?:locales?|i18n|l10n|lang|langs|languages|translations?)/|\.(?:po|pot|arb|xlf|strings)$", re.I
)
_DATA_SUFFIX = {".css", ".scss", ".sass", ".less", ".svg", ".csv", ".tsv", ".graphql", ".gql", ".proto", ".xsd",
                ".bib", ".tex", ".log", ".diff", ".patch", ".ics", ".geojson"}  # fmt: skip
_PLAIN_SUFFIX = {".yml", ".yaml", ".ini", ".cfg", ".conf", ".cnf", ".config", ".properties", ".sh", ".bash", ".zsh",
                 ".fish", ".csh", ".tcsh", ".bat", ".cmd", ".ps1", ".service", ".txt", ".md", ".mdx", ".rst", ".pp",
                 ".j2", ".tpl", ".envrc", ".xcconfig",
                 ".toml", ".tfvars", ".mk", ".npmrc", ".pypirc", ".gitconfig", ".editorconfig", ".ovpn"}  # fmt: skip
_SIGNING_SUFFIX = {".py", ".js", ".mjs", ".cjs", ".jsx", ".ts", ".mts", ".cts", ".tsx", ".go", ".rb", ".php", ".java",
                    ".kt", ".scala", ".cs", ".rs", ".ex", ".exs", ".vue", ".svelte"}  # fmt: skip
_PLAIN_NAME = re.compile(
    r"^(?:Dockerfile.*|.*\.Dockerfile|Containerfile|Procfile|Makefile|\.npmrc|\.pypirc|\.netrc|_netrc|\.pgpass|\.my\.cnf"
    r"|\.[\w-]+rc|[\w-]+\.rc|credentials|config|\.s3cfg|\.boto|\.git-credentials|\.dockercfg|[^.]+)$"
)
_PLAIN_BEGIN = (".", "Dockerfile")
_SECRET_TEST = re.compile(
    r"(?:^|/)(?:testdata|test[-_]?data|mocks?|__snapshots__|cassettes|stubs|spec_helper|t|testutils?)(?:/|$)"
    r"|(?:^|/)(?:tests?|testing)\.(?:py|[cm]?[jt]s|json|ya?ml|env|toml|ini|cfg)$|(?:^|/)\.env\.(?:tests?|testing|ci)(?:\.|$)"
    r"|\.stories\.[cm]?[jt]sx?$|_test\.(?:go|exs?|rb|dart)$|_spec\.rb$|(?:Test|Tests|IT|Spec)\.(?:java|kt|cs|scala|php|swift)$"
)


@dataclass(frozen=True, slots=True)
class FileContext:
    """How a file is treated.

    `role` is one of code, env, config, docs, test, example, locale, lock, statements (SQL), data, bundled.
    """

    role: str
    plain: bool
    """`NAME=value` without quotes is an assignment here."""
    source: bool = False
    """Code in a language that signs with a key it is given, by its ending."""

    @property
    def generic(self) -> bool:
        """Whether assignments are looked at, or only what carries a form of its own."""
        return self.role not in ("locale", "lock", "statements", "data", "bundled")

    @property
    def signs(self) -> bool:
        """Whether signing secrets are looked for."""
        return self.source and self.role == "code"

    @property
    def doubtful(self) -> bool:
        """What anybody can make is a stand-in more often than not here, so it is for review."""
        return self.role in ("test", "docs", "locale", "lock", "data", "bundled")


def may_sign(name: str) -> bool:
    """Whether the context of a file with this name may be one that signs, told for less than the context."""
    return name[name.rfind(".") :].lower() in _SIGNING_SUFFIX


def may_be_plain(name: str) -> bool:
    """Whether the context of a file with this name may be a plain one, told for less than the context."""
    # A name that ends as code does is plain for how it begins alone.
    return not may_sign(name) or name.startswith(_PLAIN_BEGIN)


@lru_cache(maxsize=65_536)
def context_of(path: str, minified: bool = False) -> FileContext:
    """The context of a path; `minified` when its content says so."""
    name = path.rpartition("/")[2]
    dot = name.rfind(".")
    suffix = name[dot:].lower() if 0 < dot < len(name) - 1 else ""
    plain = suffix in _PLAIN_SUFFIX or bool(_ENV.match(name)) or bool(_PLAIN_NAME.match(name))
    if _LOCK.match(name):
        role = "lock"
    elif minified or kind_of(path) is not FileKind.SOURCE:
        role = "bundled"
    elif is_test_path(path) or _SECRET_TEST.search(path):
        role = "test"
    elif _LOCALE.search(path):
        role = "locale"
    elif suffix == ".sql":
        role = "statements"
    elif suffix in _DATA_SUFFIX:
        role = "data"
    elif suffix in _DOC_SUFFIX or _DOCS.search(path):
        role = "docs"
    elif _ENV.match(name):
        role = "example" if _EXAMPLE.search(name) else "env"
    elif _EXAMPLE.search(name) and not _CLOUD_TEMPLATE.match(name):
        role = "example"
    else:
        role = "config" if plain else "code"
    return FileContext(role, plain, suffix in _SIGNING_SUFFIX)
