"""An Assessment with one text in every place a repository or a person can write to, in every state."""

from __future__ import annotations

from datetime import UTC, date, datetime
from html.parser import HTMLParser

from shipworthy.model import (
    Area,
    Assessment,
    Checklist,
    Component,
    ComponentKind,
    ComponentOutcome,
    Decides,
    Decision,
    DecisionKind,
    Excerpt,
    Finding,
    Item,
    Level,
    Location,
    Outcome,
    Result,
    Risk,
    Status,
)
from shipworthy.report.page import Made, render
from shipworthy.report.page_signed import SignatureState, Worth

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
COMMIT = "4f2a91c0" * 5

PAYLOADS = {
    "escape": "a\x1b[31mred\x1b[2J",
    "title": "\x1b]0;pwned\x07",
    "clipboard": "\x1b]52;c;cHduZWQ=\x1b\\",
    "c1": "\x9b31m\x9d0;pwned\x9c\x85",
    "bidi": "user\u202etxt.exe\u2066\u200b\u2069\ufeff",
    "controls": "".join(map(chr, range(32))) + "\x7f",
    "script": "<script>alert(1)</script>",
    "closing": "</style></title></main></article></body></html><img src=x onerror=alert(1)>",
    "image": "<img src=https://evil.example/x.png>",
    "breakout": '" onmouseover="alert(1)" x=\'',
    "single": "' onmouseover='alert(1)",
    "comment": "--><!-- <![CDATA[ <?php",
    "entity": "&lt;script&gt; &#60;b&#62; &amp",
    "markup": "[@click=app.quit]click[/] [link=https://evil.example]x[/link]",
    "markdown": "[x](javascript:alert(1)) ![y](https://evil.example/y.png)",
    "meta": '<meta http-equiv="refresh" content="0;url=https://evil.example">',
    "base": '<base href="https://evil.example/"><link rel=stylesheet href=//evil.example/a.css>',
    "css": "}</style><style>@import url(https://evil.example/a.css);*{display:none}",
    "frame": "<iframe srcdoc='<script>alert(1)</script>'></iframe><svg onload=alert(1)>",
    "surrogate": "caf\udce9",
    "lines": "one\ntwo\r\nthree\u2028four",
    "null": "a\x00b",
    "wide": "漢字" * 30,
    "huge": "x" * 100_000,
    "huge markup": "<b>" * 40_000,
    "template": "${x} {{ 7*7 }} {0} %s",
}


def item(number: int, words: str, decides: Decides = Decides.MACHINE, level: Level = Level.REQUIRED) -> Item:
    return Item(
        id=f"item-{number}",
        area="area-a",
        title=words,
        failing_title=words,
        why=words,
        fix=(words, words),
        decides=decides,
        attest=words,
        not_applicable=words,
        references=(words,),
        profiles={"solo": level},
        risk=Risk.HIGH,
        minutes=10,
        check=None if decides is Decides.PERSON else "x",
    )


def finding(words: str, number: int = 1) -> Finding:
    return Finding(
        rule="rule",
        message=words,
        location=Location(path=words, line=number),
        fingerprint=f"{number:016x}",
        remedy=words,
        related=(Location(path=words, line=1),),
        excerpt=Excerpt(first=number, lines=(words, words)),
    )


def decision(words: str, kind: DecisionKind = DecisionKind.WAIVED) -> Decision:
    return Decision(
        item="x",
        kind=kind,
        by=words,
        at=NOW,
        reason=words,
        evidence=words,
        expires=date(2026, 12, 20),
        findings=("0" * 16,),
        subjects={words: "0" * 64},
    )


def assessment(words: str, *, ready: bool = False) -> Assessment:
    """One item in each state, every text of which is `words`."""

    def result(number: int, status: Status, outcome: Outcome | None, **more: object) -> Result:
        decides = Decides.PERSON if outcome is None else Decides.MACHINE
        outcomes = () if outcome is None else (ComponentOutcome(component=words, outcome=outcome),)
        return Result(
            item=item(number, words, decides),
            level=Level.REQUIRED,
            status=status,
            outcomes=outcomes,
            **more,  # type: ignore[arg-type]
        )

    found = [finding(words), Finding.at(Location(commit=words), "x", words, anchor="c")]
    passed = Outcome.passed(words, [words], [finding(words)])
    settled = (
        result(1, Status.PASS, passed),
        result(2, Status.NOT_APPLICABLE, Outcome.not_applicable(words, [words])),
        result(3, Status.WAIVED, Outcome.failed(words, found), decision=decision(words)),
        result(4, Status.ATTESTED, None, decision=decision(words, DecisionKind.ATTESTED)),
    )
    unsettled = (
        result(5, Status.FAIL, Outcome.failed(words, found, [words])),
        result(6, Status.UNKNOWN, Outcome.unknown(words)),
        result(7, Status.NEEDS_YOU, Outcome.needs_you(words, found)),
        result(8, Status.NEEDS_YOU, None, note=words),
    )
    results = settled if ready else (*unsettled, *settled)
    return Assessment(
        name=words,
        commit=COMMIT,
        branch=words,
        dirty=() if ready else (words,),
        checklist=Checklist(
            name=words,
            version=words,
            title=words,
            areas=(Area(id="area-a", title=words),),
            items=(*(each.item for each in results), item(99, words, level=Level.NONE)),
            digest="c" * 64,
        ),
        profile="solo",
        profile_reason=words,
        components=(
            Component(root=words, kind=ComponentKind.SERVICE, languages=(words,), frameworks=(words,)),
            Component(root=".", kind=ComponentKind.SITE),
        ),
        results=results,
        advisories="2024-10-10",
    )


def page(words: str, **more: bool) -> str:
    signature = SignatureState(
        environment=words, worth=Worth.REFUSED, words=words, remedy=words, rows=(("Author", words),)
    )
    return render(assessment(words, **more), Made(at=NOW, version="0.1.0", signatures=(signature,)))


class Tags(HTMLParser):
    """Start tags in order, attributes, and the text outside of style."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str, str | None]] = []
        self.other: list[str] = []
        self._text: list[str] = []
        self._in: list[str] = []
        self.feed(html)
        self.close()
        self.text = "".join(self._text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self._in.append(tag)
        self.attributes += [(tag, name, value) for name, value in attrs]

    def handle_endtag(self, tag: str) -> None:
        self.tags.append(f"/{tag}")
        self._in.append(f"/{tag}")

    def handle_data(self, data: str) -> None:
        if self._in and self._in[-1] == "style":
            return
        self._text.append(data)

    def handle_comment(self, data: str) -> None:
        self.other.append(data)

    def handle_pi(self, data: str) -> None:
        self.other.append(data)

    def unknown_decl(self, data: str) -> None:
        self.other.append(data)
