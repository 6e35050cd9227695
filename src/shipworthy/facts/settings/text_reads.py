"""Finds settings by text: in languages without a grammar here, and what a broken file still says."""

from __future__ import annotations

import re

from shipworthy.facts.settings.defaults import of_text
from shipworthy.facts.settings.model import Default
from shipworthy.facts.settings.row import Row, Rows

_Q = r"[\"'`]([A-Za-z_][A-Za-z0-9_]{1,99})[\"'`]"
_BY_SUFFIX: dict[str, tuple[tuple[str, str], ...]] = {
    ".go": (("os.Getenv", rf"\bos\.(?:Getenv|LookupEnv)\(\s*{_Q}"), ("viper", rf"\bviper\.BindEnv\([^)\n]*?{_Q}\s*\)")),
    ".rb": (("ENV[]", rf"\bENV\[\s*{_Q}"), ("ENV.fetch", rf"\bENV\.fetch\(\s*{_Q}(?:\s*,\s*[\"']([^\"']*)[\"'])?")),
    ".php": (
        ("env()", rf"\b(?:env|getenv)\(\s*{_Q}(?:\s*,\s*[\"']([^\"']*)[\"'])?"),
        ("$_ENV", rf"\$_(?:ENV|SERVER)\[\s*{_Q}"),
    ),
    ".java": (("System.getenv", rf"\bSystem\.getenv\(\s*{_Q}"),),
    ".rs": (("env::var", rf"\b(?:env::var(?:_os)?|env!|option_env!|dotenv::var)\(\s*{_Q}"),),
    ".cs": (("GetEnvironmentVariable", rf"\bGetEnvironmentVariable\(\s*{_Q}"),),
    ".ex": (("System.get_env", rf"\bSystem\.(?:get_env|fetch_env!?)\(\s*{_Q}(?:\s*,\s*\"([^\"]*)\")?"),),
    ".py": (("os.environ", rf"\bos\.(?:environ\[|environ\.get\(|getenv\()\s*{_Q}"),),
    ".js": (("process.env", r"\b(?:process|import\.meta)\.env\.([A-Z][A-Z0-9_]{1,99})\b"),),
}
_SAME = {
    ".kt": ".java", ".scala": ".java", ".exs": ".ex", ".vb": ".cs", ".fs": ".cs", ".ts": ".js", ".tsx": ".js",
    ".jsx": ".js", ".mjs": ".js", ".cjs": ".js", ".mts": ".js", ".cts": ".js", ".vue": ".js", ".svelte": ".js",
    ".astro": ".js", ".erb": ".rb", ".rake": ".rb",
}  # fmt: skip
SUFFIXES = frozenset(_BY_SUFFIX) | frozenset(_SAME)
_COMPILED = {suffix: tuple((how, re.compile(pattern)) for how, pattern in rows) for suffix, rows in _BY_SUFFIX.items()}
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
            rows.reads.append(Row(name, text.count("\n", 0, match.start()) + 1, how, default))


def read_loads(text: str, rows: Rows) -> None:
    """Add the first line that loads a .env file."""
    found = _LOADS.search(text)
    if found:
        rows.loads.append(text.count("\n", 0, found.start()) + 1)
