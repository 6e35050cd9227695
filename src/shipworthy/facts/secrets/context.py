"""What kind of file a value stands in, and what text around it: that raises or lowers how sure a finding is."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass
from functools import lru_cache

from shipworthy.project.files import FileKind, is_test_path, kind_of

_ENV = re.compile(r"^(?:\.env(?:\.[\w.-]+)?|[\w.-]+\.env|\.envrc|\.flaskenv|\.dev\.vars|env)$")
_EXAMPLE = re.compile(r"(?:[._-]|^)(?:example|sample|template|tmpl|tpl|dist|defaults?|skel|stub)s?(?:[._-]|$)", re.I)
_SAMPLES = re.compile(r"(?:[._-]|^)(?:examples|samples)\.(?:json|jsonl|ndjson|ya?ml|xml|py|[cm]?[jt]s)$", re.I)
"""Many of something for readers and tests; one example is what people copy, and fill in by mistake."""
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
_DOCS = re.compile(
    r"(?:^|/)(?:(?:api-?)?docs?|documentation|examples?|samples?|tutorials?|demos?|blog|posts|_posts)/", re.I
)
_DOC_SUFFIX = {".md", ".mdx", ".rst", ".adoc", ".markdown", ".1", ".pod"}
_EXPORTED = re.compile(r"\.postman_(?:collection|environment|globals)\.json$")
"""What a tool writes with the values in use, though people keep it beside what they write for readers."""
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
    # A name that begins with its only dot is that of some program's settings: `.npmrc`, `.pgpass`, `.credentials`.
    r"^(?:Dockerfile.*|.*\.Dockerfile|\.my\.cnf|[\w-]+\.rc|\.[\w-]+|[^.]+)$"
)
_PLAIN_BEGIN = (".", "Dockerfile")
_SECRET_TEST = re.compile(
    r"(?:^|/)(?:testdata|test[-_](?:data|resources?|files?|assets?|certs?|keys?|configs?)|mocks?|__snapshots__"
    r"|\.snapshots|cassettes|stubs?|spec_helper|t|testutils?|Tests?)(?:/|$)"
    r"|(?:^|/)(?:tests?|testing)\.(?:py|[cm]?[jt]s|json|ya?ml|env|toml|ini|cfg)$|(?:^|/)\.env\.(?:tests?|testing|ci)(?:\.|$)"
    r"|\.stories\.[cm]?[jt]sx?$|_test\.(?:go|exs?|rb|dart)$|_spec\.rb$|(?:Test|Tests|IT|Spec)\.(?:java|kt|cs|scala|php|swift)$"
    # Folders of .NET, Swift, Gradle and Elixir.
    r"|[a-z0-9.]Tests/|(?:^|/)src/[a-z]\w*Test/"
    r"|(?:^|/)(?:unit|integration|functional|acceptance|e2e|system|smoke|regression)[_-]?tests?/"
    r"|(?:^|/)(?:config|configuration|settings)[._-](?:tests?|testing)\.\w{1,5}$|(?:^|/)tests?[._-][\w.-]*\.env$"
    r"|\.(?:client|server|unit|int|integration|browser|node)[-_]?tests?\.[cm]?[jt]sx?$"
    r"|(?:^|/)phpunit(?:\.\w{1,12})?\.xml(?:\.dist)?$"
    r"|(?:^|/)(?:docker-)?compose[._-](?:[\w-]{1,20}[._-])?(?:tests?|testing|ci|e2e|cypress|playwright)\.ya?ml$"
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


@lru_cache(maxsize=4_096)
def _roles(folder: str) -> tuple[bool, bool, bool]:
    """Whether everything below a folder (which ends in "/", or is "") is a test, a locale, or documentation."""
    test = is_test_path(folder) or _SECRET_TEST.search(folder) is not None
    return test, _LOCALE.search(folder) is not None, _DOCS.search(folder) is not None


@lru_cache(maxsize=65_536)
def context_of(path: str, minified: bool = False) -> FileContext:
    """The context of a path; `minified` when its content says so."""
    name = path[path.rfind("/") + 1 :]
    # Every expression looks at folders or at the name, and thousands of files share the folders.
    tests, locales, docs = _roles(path[: -len(name)] if name else path)
    dot = name.rfind(".")
    suffix = name[dot:].lower() if 0 < dot < len(name) - 1 else ""
    plain = suffix in _PLAIN_SUFFIX or bool(_ENV.match(name)) or bool(_PLAIN_NAME.match(name))
    if _LOCK.match(name):
        role = "lock"
    elif minified or kind_of(path) is not FileKind.SOURCE:
        role = "bundled"
    elif tests or is_test_path(name) or _SECRET_TEST.search(name):
        role = "test"
    elif locales or _LOCALE.search(name):
        role = "locale"
    elif suffix == ".sql":
        role = "statements"
    elif suffix in _DATA_SUFFIX:
        role = "data"
    elif suffix in _DOC_SUFFIX or (docs and not _EXPORTED.search(name)) or _SAMPLES.search(name):
        role = "docs"
    elif _ENV.match(name):
        role = "example" if _EXAMPLE.search(name) else "env"
    elif _EXAMPLE.search(name) and not _CLOUD_TEMPLATE.match(name):
        role = "example"
    else:
        role = "config" if plain else "code"
    return FileContext(role, plain, suffix in _SIGNING_SUFFIX)


_COMMENT = re.compile(rb"[ \t]*(?:#|//(?![\w.-]+[:/])|/?\*|--(?!-)|;)")
"""How a comment begins; not the address without a scheme that settings of npm begin with."""
_FOR_SHOW = re.compile(rb"\bexamples?\b|\be\.g\.", re.I)
_SHOWN = re.compile(rb"#[ \t]*=> |[@/.]example\.(?:com|org|net)\b")
"""What a line of example code gives, or an address that nobody has (RFC 2606)."""
_PROMPT = re.compile(rb"[ \t]*(?:\*[ \t]*)?(?:iex(?:\(\d+\))?>|>>> |irb(?:\([^()\n]{0,20}\))?[^\n>]{0,20}> )")
_DOC_OPENS = re.compile(rb"(?:@(?:module|type)?doc[ \t]+(?:~[sS])?|\b(?:def|class) [^\n]{1,200}:[ \t]*\n[ \t]*[rR]?)\Z")
"""What stands before the quotes of a text that documents code, in Elixir and in Python."""
_API = re.compile(rb"^[ \t{]{0,4}[\"']?(?:openapi|swagger)[\"']?[ \t]*:[ \t]*[\"']?[23]\.", re.M)
_API_SUFFIX = (".yaml", ".yml", ".json")
_API_BEGINS = 2_000
_DOC_BEGINS = 20_000
_ABOVE, _BELOW, _ROW = 40, 12, 400


def for_show(path: str, data: bytes, start: int) -> bool:
    """Whether what stands around says that a value shows how something is written.

    So says a comment that speaks of an example, a text that documents code, a prompt, and the description of an API.
    """
    line = data.rfind(b"\n", 0, start) + 1
    if _PROMPT.match(data, line, start):
        return True
    if in_comment(data, start) and _example_around(data, line, start):
        return True
    if path.endswith(_API_SUFFIX) and _API.search(data, 0, _API_BEGINS):
        return True
    opens = data.rfind(b'"""', max(0, start - _DOC_BEGINS), start)
    return opens >= 0 and bool(_DOC_OPENS.search(data, max(0, opens - 300), opens))


def in_comment(data: bytes, start: int) -> bool:
    """Whether the line is a comment and nothing else."""
    return bool(_COMMENT.match(data, data.rfind(b"\n", 0, start) + 1, start))


def _example_around(data: bytes, line: int, start: int) -> bool:
    """Whether the comment that a line is of speaks of an example above its value, or shows what comes of it."""
    first = line
    for _ in range(_ABOVE):
        above = data.rfind(b"\n", max(0, first - _ROW), max(0, first - 1)) + 1
        if first == 0 or (above == 0 and first > _ROW) or not _COMMENT.match(data, above, first):
            break
        first = above
    last = data.find(b"\n", start)
    for _ in range(_BELOW):
        if last < 0 or not _COMMENT.match(data, last + 1, last + _ROW):
            break
        last = data.find(b"\n", last + 1)
    last = len(data) if last < 0 else last
    return bool(_FOR_SHOW.search(data, first, start) or _SHOWN.search(data, first, last))


_TEST_RUN = re.compile(
    rb"[\"' \t-]*(?:export )?(?:NODE|RAILS|RACK|APP|MIX|FLASK|DJANGO)_ENV[\"']?"
    rb"[ \t]{0,4}[:=][ \t]{0,4}[\"']?test(?:ing)?\b"
)


def of_tests(data: bytes, start: int) -> bool:
    """Whether a setting stands in one block with the one that says that the app runs its tests."""
    line = data.rfind(b"\n", 0, start) + 1
    depth = _indentation(data, line)
    row = line
    for _ in range(_ABOVE):
        if _indentation(data, row) != depth or not data[row : row + _ROW].partition(b"\n")[0].strip():
            break
        if _TEST_RUN.match(data, row):
            return True
        if row == 0:
            break
        row = data.rfind(b"\n", 0, row - 1) + 1
    row = data.find(b"\n", start) + 1
    for _ in range(_ABOVE):
        if row <= 0 or _indentation(data, row) != depth or not data[row : row + _ROW].partition(b"\n")[0].strip():
            break
        if _TEST_RUN.match(data, row):
            return True
        row = data.find(b"\n", row) + 1
    return False


_GIVEN_TO = re.compile(
    rb"(?<!\w)(?P<name>[A-Za-z_]\w{2,80}+)[\"'\]]{0,2}[ \t]{0,4}(?::[ \t]{0,4}[\w&'.<>\[\]]{1,40}[ \t]{0,4})?"
    rb"(?:=>?|:=|:)[^\n=]{0,20}\Z"
)


def name_before(data: bytes, start: int) -> str:
    """The name that a key in PEM, whose body begins here, is given to on its first line; empty for none."""
    before = data[max(0, start - 200) : start]
    match = _GIVEN_TO.search(before[: max(0, before.rfind(b"-----BEGIN"))])
    return match["name"].decode("ascii") if match else ""


_WORKFLOWS = (".github/workflows/", ".gitea/workflows/", ".forgejo/workflows/")
_SERVICES = re.compile(rb"^( +)services[ \t]*:[ \t]*\r?\n((?:\1 [^\n]*\n|[ \t\r]*\n)*+)", re.M)
_MOST_SERVICES = 20


def services_of_runs(path: str, data: bytes) -> list[tuple[int, int]]:
    """Where a workflow sets up services of its own: containers that live as long as a run. None elsewhere."""
    if not path.startswith(_WORKFLOWS):
        return []
    return [match.span(2) for match in itertools.islice(_SERVICES.finditer(data + b"\n"), _MOST_SERVICES)]


def _indentation(data: bytes, line: int) -> int:
    end = line
    while data[end : end + 1] == b" ":
        end += 1
    return end - line
