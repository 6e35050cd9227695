"""Finds settings by text: in languages without a grammar here, and what a broken file still says."""

from __future__ import annotations

import re

from shipworthy.facts.settings.defaults import of_text
from shipworthy.facts.settings.model import Default
from shipworthy.facts.settings.row import Row, Rows

_Q = r"[\"'`]([A-Za-z_][A-Za-z0-9_]{1,99})[\"'`]"
_KEYED, _CONNECTION, _DOTTED = "IConfiguration", "GetConnectionString", "@Value, relaxed"
"""Keys that a file of the project or the environment gives; nothing says that the environment has to."""
_TAG_DEFAULT = r"\b(?:envDefault|default):\"([^\"\n]*)\")?"
_BY_SUFFIX: dict[str, tuple[tuple[str, str], ...]] = {
    ".go": (
        ("os.Getenv", rf"\b(?:os|syscall)\.(?:Getenv|LookupEnv)\(\s*{_Q}"),
        ("viper", rf"\bviper\.BindEnv\([^)\n]{{0,200}}?{_Q}\s*\)"),
        (
            "struct tag",
            r"`[^`\n]{0,300}?\benv(?:config)?:\"([A-Z][A-Z0-9_]{1,99})(?:,[a-zA-Z,]*)?\"(?:[^`\n]{0,200}?"
            + _TAG_DEFAULT,
        ),
    ),
    ".rb": (("ENV[]", rf"\bENV\[\s*{_Q}"), ("ENV.fetch", rf"\bENV\.fetch\(\s*{_Q}(?:\s*,\s*[\"']([^\"']*)[\"'])?")),
    ".php": (
        ("env()", rf"\b(?:env|getenv)\(\s*{_Q}(?:\s*,\s*[\"']([^\"']*)[\"'])?"),
        ("$_ENV", rf"\$_(?:ENV|SERVER)\[\s*{_Q}"),
    ),
    ".java": (
        ("System.getenv", rf"\bSystem\.getenv\(\s*{_Q}"),
        ("@Value", r"@Value\(\s*\"\\?\$\{([A-Z][A-Z0-9_]{1,99})(?::([^}\"\n]*))?\}"),
        (_DOTTED, r"@Value\(\s*\"\\?\$\{([a-z][\w.-]{1,99})(?::([^}\"\n]*))?\}"),
    ),
    ".swift": (("ProcessInfo", rf"\benvironment\[\s*{_Q}"), ("Environment.get", rf"\bEnvironment\.get\(\s*{_Q}")),
    ".dart": (
        ("Platform.environment", rf"\b(?:Platform\.environment|dotenv(?:\.env)?)\[\s*{_Q}"),
        ("fromEnvironment", rf"\.fromEnvironment\(\s*{_Q}"),
    ),
    ".c": (("getenv", rf"\b(?:secure_)?getenv\(\s*{_Q}"),),
    ".lua": (("os.getenv", rf"\bos\.getenv\(\s*{_Q}"),),
    ".pl": (("%ENV", r"\$ENV\{\s*[\"']?([A-Za-z_][A-Za-z0-9_]{1,99})[\"']?\s*\}"),),
    ".clj": (("System/getenv", rf"\bSystem/getenv\s+{_Q}"), ("environ", r"\(env\s+:([a-z][a-z0-9-]{1,99})")),
    ".r": (("Sys.getenv", rf"\bSys\.getenv\(\s*{_Q}"),),
    ".cr": (("ENV[]", rf"\bENV(?:\.fetch\(|\[)\s*{_Q}"),),
    ".nim": (("getEnv", rf"\bgetEnv\(\s*{_Q}"),),
    ".zig": (("getEnvVarOwned", rf"\bgetEnvVarOwned\([^,\n]{{0,80}},\s*{_Q}"),),
    ".groovy": (("System.getenv", rf"\bSystem\.getenv\(\s*{_Q}"), ("env.", r"\benv\.([A-Z][A-Z0-9_]{1,99})\b")),
    ".rs": (("env::var", rf"\b(?:env::var(?:_os)?|env!|option_env!|dotenv::var)\(\s*{_Q}"),),
    ".cs": (
        ("GetEnvironmentVariable", rf"\bGetEnvironmentVariable\(\s*{_Q}"),
        (_KEYED, r"(?i)\bconfig(?:uration)?\[\s*\"([A-Za-z][\w:.]{1,99})\"\s*\]"),
        (_KEYED, r"\.GetValue<[^<>\n]{1,60}>\(\s*\"([A-Za-z][\w:.]{1,99})\""),
        (_CONNECTION, rf"\bGetConnectionString\(\s*{_Q}"),
    ),
    ".ex": (("System.get_env", rf"\bSystem\.(?:get_env|fetch_env!?)\(\s*{_Q}(?:\s*,\s*\"([^\"]*)\")?"),),
    ".py": (("os.environ", rf"\bos\.(?:environ\[|environ\.get\(|getenv\()\s*{_Q}"),),
    # Source lines stand in JSON, where a double quote is escaped.
    ".ipynb": (
        (
            "os.environ",
            r"\b(?:environ\[|environ\.get\(|getenv\(|userdata\.get\()\s*(?:\\\"|')([A-Za-z_][A-Za-z0-9_]{1,99})(?:\\\"|')",
        ),
    ),
    ".js": (("process.env", r"\b(?:process|import\.meta)\.env\.([A-Z][A-Z0-9_]{1,99})\b"),),
}
_SAME = {
    ".kt": ".java", ".scala": ".java", ".exs": ".ex", ".vb": ".cs", ".fs": ".cs", ".ts": ".js", ".tsx": ".js",
    ".jsx": ".js", ".mjs": ".js", ".cjs": ".js", ".mts": ".js", ".cts": ".js", ".vue": ".js", ".svelte": ".js",
    ".astro": ".js", ".erb": ".rb", ".rake": ".rb", ".cpp": ".c", ".cc": ".c", ".m": ".c", ".mm": ".c", ".kts": ".java",
    ".pm": ".pl", ".cljs": ".clj", ".cljc": ".clj", ".eex": ".ex", ".heex": ".ex",
}  # fmt: skip
# A name that is no literal; the parameter of a function makes that function a way to read settings.
_ARGUMENT = r"\s*&?(\$?[A-Za-z_]\w{0,99})\s*([^\s,)\]]?)"
_COMPUTED = {
    ".go": ("os.Getenv", re.compile(r"\bos\.(?:Getenv|LookupEnv)\(" + _ARGUMENT)),
    ".rb": ("ENV[]", re.compile(r"\bENV(?:\.fetch\(|\[)" + _ARGUMENT)),
    ".php": ("getenv", re.compile(r"\b(?:env|getenv)\((?=\s*\$)" + _ARGUMENT)),
    ".java": ("System.getenv", re.compile(r"\bSystem\.getenv\(" + _ARGUMENT)),
    ".rs": ("env::var", re.compile(r"\benv::var(?:_os)?\(" + _ARGUMENT)),
    ".cs": ("GetEnvironmentVariable", re.compile(r"\bGetEnvironmentVariable\(" + _ARGUMENT)),
    ".ex": ("System.get_env", re.compile(r"\bSystem\.(?:get_env|fetch_env!?)\(" + _ARGUMENT)),
}
_FUNCTION = re.compile(
    r"\b(?:func|function|def|defp|fn|fun)\s+(?:\([^()\n]{0,80}\)\s*)?([A-Za-z_]\w{0,99}[?!]?)\s*[(<]([^\n]{0,300})"
    r"|\b(?:static|private|public|internal|protected)\b[^\n(;={]{1,100}?\b([A-Za-z_]\w{0,99})\(([^\n]{0,300})"
)
_CONSTANT = r"(?:\bconst\b|\bfinal\b|^)[^\n=]{0,80}\b%s\b[^\n=]{0,40}=\s*[\"'`]([A-Za-z_][A-Za-z0-9_]{1,99})[\"'`]"
_CALLED = re.compile(
    r"\b([A-Za-z_]\w{0,99})\(\s*[\"'`]([A-Z][A-Z0-9_]{1,99})[\"'`](?:\s*,\s*[\"'`]([^\"'`\n]*)[\"'`])?"
)
_WRAPPER = re.compile(r"(?i)env|setting|config|secret|require|conf$")
SUFFIXES = frozenset(_BY_SUFFIX) | frozenset(_SAME)
_COMPILED = {suffix: tuple((how, re.compile(pattern)) for how, pattern in rows) for suffix, rows in _BY_SUFFIX.items()}
_MOST = 60
"""Computed names looked at in one file."""
_LOADS = re.compile(
    r"\bload_dotenv\(|\bdotenv_values\(|\bread_env\(|\bfind_dotenv\(|\benv_file\s*="
    r"|dotenv[\"']?\)?\.config\(|[\"']dotenv/config[\"']"
    r"|from [\"']dotenv[\"']|require\([\"']dotenv|godotenv\.|Dotenv\.|dotenvy?::"
    r"|Config\([\"']\.env|loadEnvConfig\(|\bloadEnv\("
)
# Every alternative above holds one of these; to look for words is far cheaper than to try a pattern everywhere.
_LOAD_WORDS = (b"dotenv", b"Dotenv", b"read_env", b"env_file", b'".env', b"'.env", b"loadEnv")


def may_load(data: bytes) -> bool:
    """Whether `read_loads` could find anything in a file."""
    return any(word in data for word in _LOAD_WORDS)


def read_text(suffix: str, text: str, rows: Rows, *, known: frozenset[str] = frozenset()) -> None:
    """Add what the patterns find, but names in `known`."""
    for how, pattern in _COMPILED[_SAME.get(suffix, suffix)]:
        for match in pattern.finditer(text):
            name = match[1]
            if name in known:
                continue
            fallback = match[2] if match.re.groups > 1 else None
            default = of_text(fallback) if fallback is not None else Default.NONE
            if how in ("environ", _DOTTED):
                name = re.sub(r"[.-]", "_", name).upper()
            elif how in (_KEYED, _CONNECTION):
                name = ("ConnectionStrings__" if how == _CONNECTION else "") + name.replace(":", "__")
            if default is Default.NONE and how in (_KEYED, _CONNECTION, _DOTTED):
                default = Default.EMPTY
            rows.reads.append(Row(name, text.count("\n", 0, match.start()) + 1, how, default))
    computed = _COMPUTED.get(_SAME.get(suffix, suffix))
    if computed is not None:
        _read_computed(text, rows, *computed)


def _read_computed(text: str, rows: Rows, how: str, pattern: re.Pattern[str]) -> None:
    """Names that are no literal: a constant of this file, the parameter of a wrapper, or else computed."""
    functions = [(match.start(), match[1] or match[3], match[2] or match[4]) for match in _FUNCTION.finditer(text)]
    constants: dict[str, re.Match[str] | None] = {}
    for match in list(pattern.finditer(text))[:_MOST]:
        line = text.count("\n", 0, match.start()) + 1
        if match[1] not in constants and not match[2]:
            constants[match[1]] = re.search(_CONSTANT % re.escape(match[1]), text, re.M)
        constant = None if match[2] else constants[match[1]]
        around = next((each for each in reversed(functions) if each[0] < match.start()), None)
        if constant:
            rows.reads.append(Row(constant[1], line, how, Default.NONE))
        elif not match[2] and around is not None and re.search(rf"(?<!\w){re.escape(match[1])}\b", around[2]):
            rows.wrappers.append(around[1])
        else:
            rows.reads.append(Row(None, line, how, Default.NONE))
    for match in _CALLED.finditer(text):
        if _WRAPPER.search(match[1]):
            default = of_text(match[3]) if match[3] is not None else Default.NONE
            rows.calls.append((match[1], Row(match[2], text.count("\n", 0, match.start()) + 1, match[1], default)))


def read_loads(text: str, rows: Rows) -> None:
    """Add the first line that loads a .env file."""
    found = _LOADS.search(text)
    if found:
        rows.loads.append(text.count("\n", 0, found.start()) + 1)
