"""The HTML report: nothing in a repository can add to it, it loads nothing, it hides nothing, and it stays the same."""

from __future__ import annotations

import base64
import hashlib
import re
import unicodedata
from dataclasses import replace
from itertools import pairwise

import pytest
from page_cases import NOW, PAYLOADS, Tags, assessment, decision, finding, item, page

from shipworthy.model import ComponentOutcome, Level, Outcome, Result, Status, Verdict
from shipworthy.report.html import Html, anchor, el, prose, text
from shipworthy.report.page import Made, render
from shipworthy.report.page_items import MAX_FINDINGS, WORDS
from shipworthy.report.words import GLYPHS
from shipworthy.text import visible

MADE = Made(at=NOW, version="0.1.0")
TAGS = {
    "html", "head", "meta", "title", "style", "body", "a", "header", "main", "footer", "section", "article", "h1", "h2",
    "h3", "h4", "p", "span", "strong", "code", "pre", "ul", "ol", "li", "dl", "dt", "dd", "div", "table", "caption",
    "thead", "tbody", "tr", "th", "td", "details", "summary", "blockquote", "q", "time", "br",
}  # fmt: skip
ATTRIBUTES = {
    "class",
    "id",
    "href",
    "scope",
    "open",
    "datetime",
    "lang",
    "aria-label",
    "aria-labelledby",
    "aria-hidden",
}
EACH = pytest.mark.parametrize("payload", PAYLOADS.values(), ids=PAYLOADS.keys())


@EACH
@pytest.mark.parametrize("ready", [False, True], ids=["open", "settled"])
def test_no_text_adds_an_element_or_an_attribute(payload: str, ready: bool) -> None:
    plain, hostile = Tags(page("plain", ready=ready)), Tags(page(payload, ready=ready))
    assert hostile.tags == plain.tags
    assert hostile.other == plain.other == []
    assert [each[:2] for each in hostile.attributes] == [each[:2] for each in plain.attributes]
    assert {each.lstrip("/") for each in hostile.tags} <= TAGS
    meta = {"charset", "http-equiv", "content", "name"}
    for tag, name, value in hostile.attributes:
        assert name in (meta if tag == "meta" else ATTRIBUTES)
        assert tag == "meta" or "evil" not in (value or "")
        assert name != "href" or re.fullmatch(r"#[a-z0-9-]+", value or "")


@EACH
def test_no_raw_control_and_nothing_hidden(payload: str) -> None:
    html = page(payload)
    html.encode("utf-8")
    assert len(html) < 400_000
    odd = {
        each
        for each in html
        if each != "\n" and unicodedata.category(each) in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")
    }
    assert odd == set()


@EACH
def test_it_is_shown_as_it_is(payload: str) -> None:
    start = visible(payload, 100).rstrip("…")
    assert Tags(page(payload)).text.count(start) > 30


def test_words_between_backticks_are_code_and_nothing_else_is() -> None:
    assert prose("run `a <b>` or ``c`` or `d") == "run <code>a &lt;b&gt;</code> or ``c`` or `d"


@pytest.mark.parametrize(
    ("tag", "attributes"),
    [
        ("img", {"src": "x"}),
        ("a", {"href": "https://x.example"}),
        ("a", {"href": "javascript:x"}),
        ("a", {"href": "//x.example"}),
        ("p", {"style": "x"}),
        ("p", {"onclick": "x"}),
        ("form", {"action": "x"}),
    ],
)
def test_what_could_load_or_run_cannot_be_written(tag: str, attributes: dict[str, str]) -> None:
    with pytest.raises(ValueError):
        el(tag, **attributes)


def test_text_is_escaped_wherever_it_stands() -> None:
    assert el("p", '<b>"', Html("<i>"), class_='"><x') == '<p class="&quot;&gt;&lt;x">&lt;b&gt;&quot;<i></p>'
    assert text("a\x1b'\ud800") == "a␛&#x27;?"
    assert anchor("item", "known-vulns") == "item-known-vulns"
    assert re.fullmatch("item-[0-9a-f]{12}", anchor("item", '"><script>'))


def test_the_policy_of_the_page_allows_its_own_style_and_nothing_else() -> None:
    html = page("plain")
    style = re.search(r"<style>(.*?)</style>", html, re.S)
    assert style is not None
    digest = base64.b64encode(hashlib.sha256(style.group(1).encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    assert f'<meta http-equiv="Content-Security-Policy" content="{policy}">' in html
    # Before anything it has to hold for, and no rule of the style may load either.
    assert html.index("Content-Security-Policy") < html.index("<style>")
    assert not re.search(r"url\(|@import|@font-face|image-set|expression", style.group(1))
    assert not re.search(r"https?:|<script|<link|<img|<iframe|<object|<base|<form| on\w+=| style=| src=", html)


def test_landmarks_headings_and_tables_are_named() -> None:
    html = page("plain")
    tags = Tags(html)
    assert html.startswith('<!DOCTYPE html>\n<html lang="en">')
    assert (
        tags.tags.count("title") == tags.tags.count("h1") == tags.tags.count("main") == tags.tags.count("footer") == 1
    )
    levels = [int(tag[1]) for tag in tags.tags if re.fullmatch("h[1-6]", tag)]
    assert all(after <= before + 1 for before, after in pairwise(levels))
    ids = [value for _, name, value in tags.attributes if name == "id"]
    assert len(ids) == len(set(ids))
    named = {value for _, name, value in tags.attributes if name == "aria-labelledby"}
    linked = {(value or "")[1:] for _, name, value in tags.attributes if name == "href"}
    assert named <= set(ids)
    assert linked <= set(ids)
    assert html.count("<th") - html.count("<thead") == html.count('scope="col"') + html.count('scope="row"') > 0
    assert html.count("<table>") == html.count("<caption>")
    assert html.count("<details open>") == html.count("<details") > 0


def test_the_verdict_comes_first_and_each_state_has_glyph_and_word() -> None:
    shown = Tags(page("plain")).text
    body = shown[shown.index("Production readiness") :]
    assert body.index("NOT READY") < body.index("4 of 8 required items settled; 1 fails, 1 could not be checked")
    assert body.index("Next:") < body.index("Summary") < body.index("What is open") < body.index("What was examined")
    for status, word in WORDS.items():
        assert f"{GLYPHS[status]} {word}" in body


def test_what_an_auditor_asks_for_is_there() -> None:
    shown = Tags(page("plain")).text
    for words in (
        "4f2a91c0" * 5, "sha256 " + "c" * 64, "2024-10-10", "shipworthy 0.1.0", "2026-11-22 12:00 UTC",
        "a machine decides", "a person decides", "Waived by plain on 2026-11-22, until 2026-12-20",
        "plain:1", "1 uncommitted change", "Not asked for by the profile solo: item-99.",
        "What was said does not count: plain", "does not hold", "Could not be checked, and not counted as settled",
    ):  # fmt: skip
        assert words in shown


def test_the_same_assessment_at_the_same_time_gives_the_same_bytes() -> None:
    first = page("plain")
    assert first == page("plain")
    later = render(assessment("plain"), replace(MADE, at=NOW.replace(hour=13)))
    assert later != render(assessment("plain"), MADE)


def test_ready_is_ready_only_where_the_assessment_says_so() -> None:
    ready, open_ = assessment("plain", ready=True), assessment("plain")
    assert (ready.verdict, open_.verdict) == (Verdict.READY, Verdict.NOT_READY)
    assert "<title>READY: plain" in render(ready, MADE)
    assert "<title>NOT READY: plain" in render(open_, MADE)
    nothing = replace(ready, results=())
    assert "<title>NOT READY" in render(nothing, MADE)
    assert "nothing to be ready by" in render(nothing, MADE)


def token() -> str:
    return "sk_" + "live_" + "51H8sQ" + "kLm9ZxT4wRb7Nc2Vd"


@pytest.mark.parametrize(
    "around", ["{}", "key={}", 'curl -H "Authorization: Bearer {}"', "a {} b", "x" * 1_990 + " {}"]
)
def test_a_secret_in_any_text_is_masked(around: str) -> None:
    secret = token()
    words = around.format(secret)
    whole = assessment(words)
    # Excerpts come masked from the scanner, which sees the whole file; here they hold no secret to begin with.
    clean = replace(
        whole,
        results=tuple(
            replace(
                each,
                outcomes=tuple(
                    replace(
                        one,
                        outcome=replace(
                            one.outcome, findings=tuple(replace(f, excerpt=None) for f in one.outcome.findings)
                        ),
                    )
                    for one in each.outcomes
                ),
            )
            for each in whole.results
        ),
    )
    html = render(clean, MADE)
    assert secret not in html
    assert secret[8:] not in html
    assert secret[8:20] not in html


def test_findings_beyond_the_limit_are_counted() -> None:
    many = Outcome.failed("many", [finding("plain", number) for number in range(1, MAX_FINDINGS + 8)])
    result = Result(
        item=item(1, "plain"),
        level=Level.REQUIRED,
        status=Status.FAIL,
        outcomes=(ComponentOutcome(component=None, outcome=many),),
    )
    shown = Tags(render(replace(assessment("plain"), results=(result,)), MADE)).text
    assert "And 7 more findings" in shown
    assert f"7 findings beyond the first {MAX_FINDINGS} of an item" in shown


def test_components_are_told_apart() -> None:
    outcomes = (
        ComponentOutcome(component="api", outcome=Outcome.failed("no login", [finding("api/main.py")])),
        ComponentOutcome(component="web", outcome=Outcome.passed("all good", ["web/app.ts"])),
    )
    result = Result(item=item(1, "plain"), level=Level.REQUIRED, status=Status.FAIL, outcomes=outcomes)
    shown = Tags(render(replace(assessment("plain"), results=(result,)), MADE)).text
    assert "✘ fail api: no login" in shown
    assert "✔ pass web: all good" in shown


def test_a_waiver_of_something_not_applicable_says_so() -> None:
    result = Result(
        item=item(1, "plain"),
        level=Level.REQUIRED,
        status=Status.WAIVED,
        decision=replace(decision("plain"), not_applicable=True),
    )
    assert "Waived as not applicable by plain" in Tags(render(replace(assessment("x"), results=(result,)), MADE)).text


def _colours(css: str) -> list[dict[str, str]]:
    return [
        dict(re.findall(r"--([a-z]+): (#[0-9a-f]{6})", block)) for block in re.findall(r":root \{(.*?)\}", css, re.S)
    ]


def _light(colour: str) -> float:
    # Relative luminance and contrast ratio: WCAG 2.2, "relative luminance", "contrast ratio".
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_every_colour_of_text_stands_out_from_every_ground() -> None:
    style = re.search(r"<style>(.*?)</style>", page("plain"), re.S)
    assert style is not None
    schemes = _colours(style.group(1))
    assert len(schemes) == 3  # light, dark, print
    for scheme in schemes:
        grounds = [scheme["page"], scheme["sheet"], scheme["hit"]]
        for name in ("ink", "quiet", "link", "good", "bad", "doubt", "you", "waived"):
            for ground in grounds[: 3 if name in ("ink", "quiet") else 2]:
                dark, light = sorted((_light(scheme[name]), _light(ground)))
                assert (light + 0.05) / (dark + 0.05) >= 4.5, (name, scheme[name], ground)
