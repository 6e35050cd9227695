"""Makes HTML that cannot be broken into: text becomes HTML in one function, and nothing here loads or runs anything."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from html import escape

from shipworthy.advice.quote import quoted
from shipworthy.text import MAX_CHARACTERS, visible

_NAMES = frozenset({"class", "id", "href", "scope", "open", "datetime", "aria-label", "aria-labelledby", "aria-hidden"})
_FRAGMENT = re.compile(r"#[a-z0-9-]+")
_WORD = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_CODE = re.compile(r"(?<!`)`([^`]+)`(?!`)")
_VOID = ("br", "hr")


class Html(str):
    """Text that is HTML already; everything else is escaped on its way in."""

    __slots__ = ()


Inside = Html | str | None
"""What an element holds: HTML, text of any origin, or nothing."""


def text(words: str, limit: int = MAX_CHARACTERS) -> Html:
    """Text of any origin as HTML: secrets masked, made visible, cut, escaped for content and for quoted attributes."""
    return Html(escape(quoted(words, limit)))


def prose(words: str, limit: int = MAX_CHARACTERS) -> Html:
    """Like `text`, with what stands between single backticks set as code."""
    return Html(_CODE.sub(r"<code>\1</code>", text(words, limit)))


def code(line: str, limit: int = MAX_CHARACTERS) -> Html:
    """A line of an excerpt as HTML. It comes masked, by rules that saw the whole file (`assess.excerpts`)."""
    return Html(escape(visible(line, limit)))


def el(tag: str, *inside: Inside, **attributes: str | bool | int | None) -> Html:
    """An element. Names are written `class_`, `aria_label`; None and False leave an attribute out.

    Raises ValueError for an attribute that could load or run something, and for a link that leaves the page.
    """
    written = "".join(_attribute(name, value) for name, value in attributes.items())
    if tag in _VOID:
        return Html(f"<{tag}{written}>")
    return Html(f"<{tag}{written}>{joined(inside)}</{tag}>")


def joined(parts: Iterable[Inside], between: str = "") -> Html:
    """Parts behind one another; text among them is escaped."""
    return Html(Html(escape(between)).join(each if isinstance(each, Html) else text(each) for each in parts if each))


def _attribute(name: str, value: str | bool | int | None) -> str:
    name = name.rstrip("_").replace("_", "-")
    if name not in _NAMES:
        raise ValueError(f"the attribute {name} has no place in a report")
    if value is None or value is False:
        return ""
    if value is True:
        return f" {name}"
    if name == "href" and not _FRAGMENT.fullmatch(str(value)):
        raise ValueError("a report links to its own parts only")
    return f' {name}="{text(str(value))}"'


def table(caption: str, heads: Sequence[str], rows: Iterable[Sequence[Html]]) -> Html:
    """A table whose first column names its rows. Each cell repeats its column's name for narrow screens, where cells
    stand below one another (`.label` in page.css); a row is a `<th>` and its `<td>`s as `cell` makes them.
    """
    head = el("thead", el("tr", *(el("th", each, scope="col") for each in heads)))
    body = el("tbody", *(el("tr", *row) for row in rows))
    return el("div", el("table", el("caption", caption), head, body), class_="wide")


def cell(head: str, *inside: Inside, class_: str | None = None) -> Html:
    """One cell of a `table`, below the column `head`."""
    return el("td", el("span", f"{head}: ", class_="label", aria_hidden="true"), *inside, class_=class_)


def anchor(kind: str, name: str) -> str:
    """An id for `kind` and a name of any form: the name itself where it is plain, else 12 digits of its sha256."""
    if not _WORD.fullmatch(name) or len(name) > 80:
        name = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:12]
    return f"{kind}-{name}"
