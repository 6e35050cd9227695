"""Which text of strangers an expression `${{ … }}` of GitHub Actions may put where it stands.

Sources: the code host's "Contexts", "Evaluate expressions" and "Security hardening: understanding the risk of script
injections". A comparison gives true or false, and of `a && b` only `b` can be a text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

MAX_NESTING = 40
_HOLE = re.compile(r"\$\{\{(.*?)\}\}", re.S)
_TOKEN = re.compile(
    r"\s*(?:(?P<text>'(?:[^']|'')*')|(?P<number>[+-]?(?:0x[0-9a-fA-F]+|\d+\.?\d*(?:[eE][+-]?\d+)?))"
    r"|(?P<name>[A-Za-z_][\w-]*)|(?P<sign>&&|\|\||==|!=|<=|>=|[!<>().,\[\]*]))"
)
_YES_OR_NO = {
    "contains", "startswith", "endswith", "success", "failure", "always", "cancelled", "hashfiles",
}  # fmt: skip
_PERSON = r"(author|committer)\.(name|email)"
# Fields that whoever opens an issue or a pull request, comments, or writes a commit or a page chooses.
_FOREIGN = re.compile(
    r"""github\.(
      head_ref
    | event\.(
        (issue|discussion)\.(title|body)
      | pull_request\.(title|body|head\.(ref|label)|head\.repo\.(description|homepage|default_branch))
      | (comment|review|review_comment)\.body
      | pages\.[^.]+\.page_name
      | (commits\.[^.]+|head_commit)\.(message|PERSON)
      | changes\.(title|body|head\.ref)\.from
      | workflow_run\.(
            head_branch|display_title|head_repository\.(description|homepage)
          | head_commit\.(message|PERSON)|pull_requests\.[^.]+\.head\.ref
        )
      | merge_group\.head_commit\.(message|PERSON)
      )
    )""".replace("PERSON", _PERSON),
    re.X,
)
# Objects that hold such fields, where they are written out as a whole.
_WHOLE = re.compile(
    r"github(\.event(\.(issue|discussion|pull_request(\.head(\.repo)?)?|comment|review|review_comment|pages(\.[^.]+)?"
    r"|commits(\.[^.]+)?|head_commit|changes(\.[^.]+)?|workflow_run(\.head_commit|\.head_repository)?))?)?"
)
_WRITTEN_OUT = "tojson:"
_INSIDERS = re.compile(
    r"""inputs\..+|github\.(
      ref|ref_name|base_ref|actor|triggering_actor|workflow_ref
    | event\.(inputs\..+|client_payload(\..+)?|ref|base_ref|release\..+|pull_request\.(base\.(ref|label)|user\.login)
        |label\.name|milestone\.title|sender\.login|issue\.user\.login|comment\.user\.login)
    )""",
    re.X,
)


def is_foreign(path: str) -> bool:
    """Whether a path of the contexts, in the form `Flow.paths` has, is text that a stranger may choose."""
    return bool(_FOREIGN.fullmatch(path) or path.startswith(_WRITTEN_OUT))


def is_insiders(path: str) -> bool:
    """Whether a path is text that only people with a right to write choose, or that has no room for a command."""
    return bool(_INSIDERS.fullmatch(path))


@dataclass(frozen=True, slots=True)
class Flow:
    """One expression: how it is written, and the context paths whose text may come out of it.

    Paths are in lower case, with dots for every index: "github.event.commits.*.message".
    """

    text: str
    """With its `${{ }}`."""
    paths: tuple[str, ...]


def flows(text: str) -> Iterator[Flow]:
    """Every expression of a text."""
    for match in _HOLE.finditer(text):
        yield Flow(match[0], tuple(dict.fromkeys(_Parser(match[1]).all())))


def bare(text: str) -> Flow:
    """A text that is an expression without its braces, as `if:` has."""
    return Flow(text, tuple(dict.fromkeys(_Parser(text).all())))


class _Bad(Exception):
    pass


class _Parser:
    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens: list[tuple[str, str]] = []
        self._at = 0
        self._deep = 0

    def all(self) -> list[str]:
        """What comes out; every path that is named where it cannot be parsed."""
        try:
            self._split()
            found = self._either()
            if self._at < len(self._tokens):
                raise _Bad
        except _Bad:
            named = re.findall(r"[A-Za-z_][\w-]*(?:\.[\w*-]+|\[[^\]\n]{1,80}\])+", self._text)
            plain = [re.sub(r"\[['\"]?([^\]'\"]*)['\"]?\]", r".\1", each).lower() for each in named]
            return _written_out(plain) if "tojson" in self._text.lower() else plain
        return found

    def _split(self) -> None:
        at = 0
        text = self._text.strip()
        while at < len(text):
            match = _TOKEN.match(text, at)
            if match is None or match.end() == at:
                raise _Bad
            kind = match.lastgroup or ""
            self._tokens.append((kind, match[kind]))
            at = match.end()

    def _peek(self, *signs: str) -> bool:
        return self._at < len(self._tokens) and self._tokens[self._at] in [("sign", sign) for sign in signs]

    def _take(self, sign: str) -> None:
        if not self._peek(sign):
            raise _Bad
        self._at += 1

    def _either(self) -> list[str]:
        self._deep += 1
        if self._deep > MAX_NESTING:
            raise _Bad
        found = self._both()
        while self._peek("||"):
            self._at += 1
            found = found + self._both()
        self._deep -= 1
        return found

    def _both(self) -> list[str]:
        found = self._compared()
        while self._peek("&&"):
            self._at += 1
            found = self._compared()
        return found

    def _compared(self) -> list[str]:
        found = self._one()
        while self._peek("==", "!=", "<", ">", "<=", ">="):
            self._at += 1
            self._one()
            found = []
        return found

    def _one(self) -> list[str]:
        negated = False
        while self._peek("!"):
            self._at += 1
            negated = True
        if self._peek("("):
            self._at += 1
            found = self._either()
            self._take(")")
            found = self._index(found)
        elif self._at >= len(self._tokens):
            raise _Bad
        else:
            kind, text = self._tokens[self._at]
            self._at += 1
            if kind in ("text", "number"):
                found = []
            elif kind == "name":
                found = self._call(text.lower()) if self._peek("(") else self._index([text.lower()])
            else:
                raise _Bad
        return [] if negated else found

    def _call(self, name: str) -> list[str]:
        self._take("(")
        found: list[str] = []
        while not self._peek(")"):
            found += self._either()
            if not self._peek(")"):
                self._take(",")
        self._take(")")
        found = self._index(_written_out(found) if name == "tojson" else found)
        return [] if name in _YES_OR_NO else found

    def _index(self, found: list[str]) -> list[str]:
        """The paths with what is taken out of them by `.name`, `.*` or `[…]`."""
        while self._peek(".", "["):
            sign = self._tokens[self._at][1]
            self._at += 1
            if self._at >= len(self._tokens):
                raise _Bad
            kind, text = self._tokens[self._at]
            if sign == ".":
                if kind != "name" and text != "*":
                    raise _Bad
                self._at += 1
            elif (kind in ("text", "number") or text == "*") and self._tokens[self._at + 1 :][:1] == [("sign", "]")]:
                self._at += 2
            else:
                # Which one is taken is worked out when it runs: any of them.
                self._either()
                self._take("]")
                text = "*"
            found = [f"{path}.{text.strip(chr(39)).lower()}" for path in found]
        return found


def _written_out(paths: list[str]) -> list[str]:
    """Paths inside `toJSON(…)`: of an object all fields come out, where it alone would give the word “Object”."""
    return [_WRITTEN_OUT + path if _WHOLE.fullmatch(path) else path for path in paths]


def resolved(flow: Flow, known: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """The paths of a flow, with `env.x` and `inputs.x` replaced by the paths of what was put there, where known."""
    found: dict[str, None] = {}
    for path in flow.paths:
        for each in known.get(path, (path,)):
            found[each] = None
    return tuple(found)
