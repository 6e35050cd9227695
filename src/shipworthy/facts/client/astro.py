"""Finds a server's setting that a page of Astro reads in its frontmatter and writes out or hands to an island.

Source: Astro's documentation, "Template expressions", "Framework components" (`client:*`), `define:vars` and "Using
environment variables" (`astro:env/server`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from shipworthy.facts.client.names import Meant, meant
from shipworthy.facts.client.parts import FRONTMATTER

_READ = re.compile(
    r"\b(?:const|let|var)\s+([A-Za-z_$][\w$]*)(?:\s*:\s*[\w ]{1,40})?\s*=\s*(?:await\s+)?"
    r"(?:(?:import\.meta|process)\.env\??(?:\.|\[['\"])|(?:getSecret|getEnv)\(\s*['\"])([A-Za-z_]\w{2,99})"
    r"(?:['\"][\])])?!?[ \t]*(?:(?:\?\?|\|\|)[ \t]*[^\n;]{0,200})?(?:as[ \t]+\w+)?[ \t]*(?:;|$)",
    re.M,
)
_OF_ENV = re.compile(r"\bimport\s*\{([^{}]{1,2000})\}\s*from\s*['\"]astro:env/server['\"]")
_TAG = re.compile(
    r"<([A-Za-z][\w.-]*)((?:\{(?:[^{}]|\{[^{}]{0,500}\}){0,1000}\}|\"[^\"]{0,2000}\"|'[^']{0,2000}'|[^<>{}\"'])*)>"
)
_SCRIPT = re.compile(r"(?is)(<script\b[^>]*>).*?</script\s*>")
_MOST = 200


def carried(text: str) -> list[list[object]]:
    """Rows of `carried.carried` for one page."""
    front = FRONTMATTER.search(text)
    if front is None:
        return []
    settings = {name: setting for name, setting in _settings(front[1]) if meant(setting) is Meant.SERVER}
    if not settings:
        return []
    # What a script of the page says is the browser's own; only what stands in its tag is filled in.
    page = _SCRIPT.sub(lambda each: each[1] + re.sub(r"[^\n]", " ", each[0][len(each[1]) :]), text[front.end() :])
    rows: list[list[object]] = []
    first = text.count("\n", 0, front.end()) + 1
    for name, setting in sorted(settings.items()):
        for at, way in _written(page, name):
            rows.append([setting, first + page.count("\n", 0, at), way, ""])
    return rows[:_MOST]


def _settings(code: str) -> Iterator[tuple[str, str]]:
    for match in _READ.finditer(code):
        yield match[1], match[2]
    for listed in _OF_ENV.findall(code):
        for each in listed.split(","):
            own, _, alias = each.strip().partition(" as ")
            if own:
                yield (alias or own).strip(), own.strip()


def _written(page: str, name: str) -> Iterator[tuple[int, str]]:
    """(offset, way) of each place that writes a variable out as it is."""
    word = re.escape(name)
    whole = re.compile(
        rf"\{{\s*{word}\s*(?:(?:\?\?|\|\|)[^{{}}]{{0,200}})?\}}"
        rf"|\{{\s*\{{(?:[^{{}}]{{0,500}}[,\s:])?{word}\s*(?:,[^{{}}]{{0,500}})?\}}\s*\}}|`[^`\n]{{0,500}}\$\{{\s*{word}\s*\}}"
    )
    tags = [(match.start(2), match.end(2), match) for match in _TAG.finditer(page)]
    for found in whole.finditer(page):
        if page[: found.start()].rstrip()[-1:] in ("(", ",", ":", "[", "?", "&", "|"):
            continue  # an argument of a call that runs on the server
        tag = next((match for start, end, match in tags if start <= found.start() < end), None)
        if tag is None or tag[1][:1].islower():
            yield found.start(), "element"
        elif re.search(r"\sclient:(?:load|idle|visible|media|only)\b", tag[2]):
            yield found.start(), "island"
