"""Finds the env files, and keys of service accounts, that code and compose files load by a name of their own.

Sources: the documentation of dotenv (Node), python-dotenv, pydantic-settings, godotenv and Node itself, the compose
specification, Google's pages on keys of service accounts and Firebase's on its Admin SDK. A name made of anything but
literals and folders is left out: nobody knows where it leads.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

_CALL = re.compile(
    r"(?:\bload_dotenv|\bdotenv_values|\bread_env|\bdotenv[\"']?\)?\.config|\bloadEnvFile|\bgodotenv\.(?:Load|Overload))\("
    r"|\b_?env_file\s*=\s*"
)
_KEY_CALL = re.compile(
    r"(?:\brequire|\bfrom_service_account_(?:file|json|info)|\bfrom_json_keyfile_name|\bcredentials\.Certificate"
    r"|\bcredential\.cert|\bcert|\bservice_account|\boption\.WithCredentialsFile|\bread_?[fF]ile(?:Sync)?|\bopen)\("
    r"|\bkey(?:File(?:name)?|_filename)?[ \t]*:[ \t]*|\bGOOGLE_APPLICATION_CREDENTIALS[\"']?\]?[ \t]*=[ \t]*"
    r"|\bimport[ \t]+\w{1,60}[ \t]+from[ \t]+"
)
_KEY_NAME = re.compile(r"(?i)(?=[\w.-]*\.json$)(?:[\w-]*service[_-]?account[\w.-]*|[\w.-]*-adminsdk-[\w.-]*)")
_KEY_WORDS = re.compile(rb"(?i)service[_-]?account[\w.-]{0,40}\.json|-adminsdk-[\w.-]{0,40}\.json")
_WORDS = (b"dotenv", b"read_env", b"env_file", b"loadEnvFile")
_LITERAL = re.compile(r"[\"'`]([^\"'`\n]{0,200})[\"'`]")
_PLAIN = re.compile(r"[\w./-]+")
_PATH_OPTION = re.compile(r"\b(?:path|dotenv_path|filename)\s*[:=](?!=)\s*")
_NEXT_OPTION = re.compile(r",\s*[A-Za-z_]\w*\s*[:=]")
_KNOWN = frozenset({
    "path", "join", "resolve", "os", "Path", "pathlib", "__dirname", "__file__", "process", "cwd", "parent", "dirname",
    "abspath", "realpath", "str",
})  # fmt: skip
"""Words around the literals of a name that do not make it another one."""
_NAME = re.compile(r"^(?:\.env(?:\.[\w.-]+)?|[\w.-]*\.env)$")
_NO_SECRETS = re.compile(
    r"(?i)(?:^|[._-])(?:test|tests|testing|ci|example|sample|template|dist|defaults?|public)(?:[._-]|$)"
)
_COMPOSE = re.compile(r"^([ \t]*)env_file:[ \t]*(.*)$")
_ITEM = re.compile(r"^([ \t]*)-[ \t]*(?:path:[ \t]*)?(.+)$")
_LONGEST = 300
_MOST = 20
_MOST_KEYS = 500


def may_name(data: bytes) -> bool:
    """Whether `named_in` could find anything in a file."""
    return any(word in data for word in _WORDS) or (b".json" in data and bool(_KEY_WORDS.search(data)))


def named_in(text: str) -> Iterator[tuple[str, int, int | None]]:
    """(name, line, folders above the file's own that it starts from, None: from where the program is started)."""
    for match in list(_CALL.finditer(text))[:_MOST]:
        given = _given(text[match.end() : match.end() + _LONGEST], called=match[0].endswith("("))
        line = text.count("\n", 0, match.start()) + 1
        for name, above in _names(given):
            if secret_file(name):
                yield name, line, above
    if _KEY_WORDS.search(text.encode("utf-8", "replace")):
        for match in list(_KEY_CALL.finditer(text))[:_MOST_KEYS]:
            given = _given(text[match.end() : match.end() + _LONGEST], called=match[0].endswith("("))
            line = text.count("\n", 0, match.start()) + 1
            # A module is named from its own folder, whatever the program is started from.
            module = match[0].startswith(("require", "import"))
            for name, above in _names(given.partition(";")[0]):
                last = name.rpartition("/")[2]
                if _KEY_NAME.fullmatch(last) and not _NO_SECRETS.search(last) and not name.startswith(("/", "~")):
                    yield name, line, 0 if module and name.startswith(".") else above


def _given(text: str, *, called: bool) -> str:
    """The arguments of a call, or one value; "" where its end is too far away."""
    depth, quote = int(called), ""
    for at, character in enumerate(text):
        if quote:
            quote = "" if character == quote else quote
        elif character in "\"'`":
            quote = character
        elif character in "([{":
            depth += 1
        elif character in ")]}":
            depth -= 1
            if depth <= 0:
                return text[: at + (depth == 0 and not called)]
        elif depth == 0 and character in ",\n":
            return text[:at]
    return text if depth == 0 else ""


def _names(given: str) -> Iterator[tuple[str, int | None]]:
    option = _PATH_OPTION.search(given)
    rest = given[option.end() :] if option else given
    following = _NEXT_OPTION.search(rest)
    rest = rest[: following.start()] if following else rest
    words = set(re.findall(r"[A-Za-z_]\w*", _LITERAL.sub("", rest)))
    parts: list[str] = _LITERAL.findall(rest)
    if not words <= _KNOWN or not parts or not all(_PLAIN.fullmatch(part) for part in parts):
        return
    beside = bool(words & {"__dirname", "__file__"})
    joined = beside or bool(words & {"join", "resolve"}) or "/" in _LITERAL.sub("", rest)
    above = max(rest.count(".parent"), rest.count("dirname(")) - 1 if "__file__" in words else 0
    for name in ["/".join(parts)] if joined else parts:
        yield name, max(above, 0) if beside else None


def secret_file(name: str) -> bool:
    """Whether a path is that of an env file which its name does not call an example or one for tests."""
    last = name.rpartition("/")[2]
    return bool(_NAME.match(last)) and not _NO_SECRETS.search(last) and not name.startswith(("/", "~"))


def named_in_compose(text: str) -> Iterator[tuple[str, int]]:
    """(name, line) of each `env_file` of a compose file; names start from its folder."""
    inside = -1
    for number, line in enumerate(text.split("\n"), 1):
        opened = _COMPOSE.match(line[:_LONGEST])
        item = _ITEM.match(line[:_LONGEST])
        if opened:
            value = opened[2].partition(" #")[0].strip()
            inside = len(opened[1]) if not value else -1
            given = value.strip("[]").split(",") if value else []
        elif inside >= 0 and item and len(item[1]) >= inside:
            given = [item[2].partition(" #")[0]]
        else:
            if inside >= 0 and line.strip() and len(line) - len(line.lstrip()) <= inside:
                inside = -1
            continue
        for each in given:
            name = each.strip().strip("\"'")
            if _PLAIN.fullmatch(name) and secret_file(name):
                yield name, number


def within(folder: str, name: str, above: int = 0) -> str | None:
    """A path from the root of the repository; None where it leads out of it."""
    path = posixpath.normpath(posixpath.join(folder, *[".."] * above, name))
    return None if path.startswith(("..", "/")) else path
