"""Cuts the text of a Jenkinsfile into words, strings with their `${…}` parts, and signs, in one pass.

Source: the Groovy language's "Syntax" (comments, identifiers, the five kinds of strings, escapes).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

MAX_CHARS = 400_000
MAX_TOKENS = 120_000
MAX_INSIDE = 40
"""How deep braces may stand inside one `${…}`."""
_NAME = re.compile(r"[^\W\d][\w$]*|\$(?!/)[\w$]*")
_NUMBER = re.compile(r"\d[\d_]*(?:\.\d+)?[A-Za-z]?")
_SPACE = re.compile(r"[ \t\f\r\ufeff\u00a0]+|\\\r?\n")
_SIGN = re.compile(r"===|!==|<=>|==~|\*\.|\?\.|\.&|==|!=|<=|>=|&&|\|\||=~|->|\+\+|--|\+=|-=|\*=|/=|\?:|\.\.|<<|.", re.S)
_SIMPLE_HOLE = re.compile(r"\$([^\W\d]\w*(?:\.[^\W\d]\w*)*)")
_BEFORE_REGEX = {
    "(", ",", "=", "[", "{", ":", ";", "!", "&&", "||", "==~", "=~", "==", "!=", "?", "+", "->", "~", "?:",
}  # fmt: skip
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "s": " "}
_SLASH_END = re.compile(r"(?:[^/\\\n]|\\.)*/")


class NotGroovy(ValueError):
    """The text is no Groovy. `line` is 1-based."""

    def __init__(self, reason: str, line: int) -> None:
        super().__init__(reason)
        self.reason = reason
        self.line = line


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a string: its text, or the expression inside `${…}`."""

    text: str
    is_code: bool = False


@dataclass(frozen=True, slots=True)
class Token:
    """`kind` is "name", "number", "text", "sign" or "newline"; a text has `parts` and the line of each of its lines."""

    kind: str
    text: str
    line: int
    parts: tuple[Part, ...] = ()
    rows: tuple[int, ...] = ()


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.line = 1
        self.tokens: list[Token] = []

    def run(self) -> list[Token]:
        text, end = self.text, len(self.text)
        if text.startswith("#!"):
            self.at = (text + "\n").index("\n")
        while self.at < end:
            if len(self.tokens) > MAX_TOKENS:
                raise NotGroovy("it is too long to follow", self.line)
            self._one(text[self.at])
        return self.tokens

    def _one(self, char: str) -> None:
        text = self.text
        if char == "\n":
            self._add("newline", "\n", 1)
        elif space := _SPACE.match(text, self.at):
            self._skip(space.end())
        elif text.startswith("//", self.at):
            end = text.find("\n", self.at)
            self.at = len(text) if end < 0 else end
        elif text.startswith("/*", self.at):
            end = text.find("*/", self.at + 2)
            if end < 0:
                raise NotGroovy("a comment is not closed", self.line)
            self._skip(end + 2)
        elif char in "\"'":
            self._string(char)
        elif text.startswith("$/", self.at):
            end = text.find("/$", self.at + 2)
            if end < 0:
                raise NotGroovy("a string is not closed", self.line)
            self._plain(text[self.at + 2 : end], end + 2)
        elif char == "/" and self._may_be_regex() and (regex := _SLASH_END.match(text, self.at + 1)):
            self._plain(text[self.at + 1 : regex.end() - 1].replace("\\/", "/"), regex.end())
        elif name := _NAME.match(text, self.at):
            self._add("name", name[0], len(name[0]))
        elif number := _NUMBER.match(text, self.at):
            self._add("number", number[0], len(number[0]))
        else:
            sign = _SIGN.match(text, self.at)
            self._add("sign", sign[0] if sign else char, len(sign[0]) if sign else 1)

    def _add(self, kind: str, shown: str, length: int) -> None:
        self.tokens.append(Token(kind, shown, self.line))
        self._skip(self.at + length)

    def _skip(self, end: int) -> None:
        self.line += self.text.count("\n", self.at, end)
        self.at = end

    def _may_be_regex(self) -> bool:
        last = self.tokens[-1] if self.tokens else None
        if last is None or last.kind == "newline":
            return True
        return last.text in _BEFORE_REGEX if last.kind == "sign" else last.text in ("return", "in", "case")

    def _plain(self, inner: str, end: int) -> None:
        rows = tuple(range(self.line, self.line + inner.count("\n") + 1))
        self.tokens.append(Token("text", inner, self.line, (Part(inner),), rows))
        self._skip(end)

    def _string(self, quote: str) -> None:
        """A quoted string, from its first quote to its last."""
        text, start = self.text, self.line
        long = text.startswith(quote * 3, self.at)
        stop = quote * 3 if long else quote
        self.at += len(stop)
        parts: list[Part] = []
        plain: list[str] = []
        rows = [self.line]
        while True:
            if self.at >= len(text):
                raise NotGroovy("a string is not closed", start)
            char = text[self.at]
            if text.startswith(stop, self.at):
                self.at += len(stop)
                break
            if char == "\n":
                if not long:
                    raise NotGroovy("a string is not closed on its line", start)
                self._skip(self.at + 1)
                plain.append("\n")
                rows.append(self.line)
            elif char == "\\":
                self._escape(plain, rows)
            elif char == "$" and quote == '"' and (hole := self._hole()):
                parts += [Part("".join(plain)), Part(hole, is_code=True)]
                plain = []
            else:
                # A run of ordinary characters at once keeps long scripts linear.
                run = re.compile(r"[^\n\\$'\"]+").match(text, self.at)
                plain.append(run[0] if run else char)
                self.at += len(plain[-1])
        parts.append(Part("".join(plain)))
        shown = "".join(part.text for part in parts if not part.is_code)
        self.tokens.append(Token("text", shown, start, tuple(parts), tuple(rows)))

    def _escape(self, plain: list[str], rows: list[int]) -> None:
        after = self.text[self.at + 1 : self.at + 2]
        if after == "\n":
            self._skip(self.at + 2)
            return
        if after == "u" and re.fullmatch(r"[0-9a-fA-F]{4}", self.text[self.at + 2 : self.at + 6]):
            plain.append(chr(int(self.text[self.at + 2 : self.at + 6], 16)))
            self.at += 6
            return
        plain.append(_ESCAPES.get(after, after))
        if plain[-1] == "\n":
            rows.append(self.line)
        self.at += 2

    def _hole(self) -> str | None:
        """The expression of a `${…}` or `$name` here, passed over; None for a plain dollar."""
        simple = _SIMPLE_HOLE.match(self.text, self.at)
        if simple:
            self.at = simple.end()
            return simple[1]
        if not self.text.startswith("${", self.at):
            return None
        depth, at = 0, self.at + 1
        sign = re.compile(r"""[{}]|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'""")
        while True:
            match = sign.search(self.text, at)
            if match is None:
                raise NotGroovy("a `${` is not closed", self.line)
            at = match.end()
            depth += {"{": 1, "}": -1}.get(match[0], 0)
            if depth > MAX_INSIDE:
                raise NotGroovy("a `${` is nested too deep", self.line)
            if depth == 0:
                inner = self.text[self.at + 2 : at - 1]
                self._skip(at)
                return inner.strip() or " "


def tokens_of(text: str) -> list[Token]:
    """The tokens of a Jenkinsfile. Raises NotGroovy where a string, comment or `${` is not closed, or beyond limits."""
    if len(text) > MAX_CHARS:
        raise NotGroovy("it is too long to follow", 1)
    return _Reader(text).run()
