"""Reads pages and templates: which settings of the server they write out for everybody to see."""

from __future__ import annotations

import re

from shipworthy.facts.client.names import Meant, meant
from shipworthy.project import FileEntry

_PLAIN = {".html", ".htm", ".xhtml"}
_TEMPLATES = {
    ".jinja", ".jinja2", ".j2", ".ejs", ".hbs", ".handlebars", ".mustache", ".njk", ".liquid", ".erb", ".haml", ".slim",
    ".pug", ".jade", ".twig", ".cshtml", ".razor", ".jsp", ".ftl", ".eta", ".gohtml", ".templ", ".heex",
    ".eex", ".leex",
    ".mako", ".phtml", ".tmpl",
}  # fmt: skip
# A manifest or a configuration template is no page.
_NOT_PAGES = re.compile(
    r"(?:^|/)(?:ansible|roles|helm|charts?|k8s|kubernetes|terraform|deploy(?:ment)?s?|cookiecutter[^/]*|plop[^/]*|"
    r"generators?|hygen|_templates)/|\.(?:ya?ml|json|conf|cfg|ini|toml|sh|env|service|md|txt|sql|py|rb|go|ts|js)\.[\w]+$"
)
# What a template language fills in. Each stops at its own end, and none runs over 500 characters.
_FILLED = re.compile(r"\{\{(.{1,500}?)\}\}|<%(?!--)(.{1,500}?)%>|\{!!(.{1,500}?)!!\}|#\{(.{1,500}?)\}", re.S)
_MOST = 200
_PLACEHOLDER = re.compile(r"%((?:VITE|REACT_APP|VUE_APP)_[A-Z0-9_]{2,90})%")
_NAME = re.compile(r"(?<![A-Za-z0-9_$])[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+(?![A-Za-z0-9_(])")
_LARAVEL = re.compile(r"\bconfig\(\s*['\"]([\w.-]{3,100})['\"]")
# Blade's `@json` and `@js`, Razor's `@Configuration`, Spring's `@environment`, what PHP prints, Rails' credentials.
_DIRECTIVE = re.compile(r"@(?:json|js)\(((?:[^()]|\([^()]{0,300}\)){1,500})\)")
_PRINTED = re.compile(r"<\?(?:=|php\s+(?:echo|print)\b)(.{1,500}?)(?:;\s*\?>|\?>|;)", re.S)
_ASKED = re.compile(
    r"@\(?(?:[\w.]{0,60}\.)?[cC]onfig(?:uration)?\[\"([\w:.-]{3,100})\"\]"
    r"|@environment\.getProperty\(\s*['\"]([\w.-]{3,100})['\"]"
    r"|<%[=-](?:(?!%>).){0,200}?\bcredentials((?:\.\w{1,60}|\[:\w{1,60}\]|\(:\w{1,60}(?:,\s*:\w{1,60}){0,5}\)){1,5})",
    re.S,
)
_PAGE = re.compile(r"(?i)<(?:!doctype|html|head|body|script|form|div)\b")
# In PHP words in capitals are as well keys of a translation: only what is asked for as a setting counts.
_READ = re.compile(
    r"(?:^\s*[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\s*$|\b(?:env|getenv|config)\(\s*['\"][\w.]{3,100}['\"]|\$_(?:ENV|SERVER)\[\s*['\"]\w{3,100}['\"])",
    re.A,
)
_TESTS = re.compile(
    r"\?(?![:?.>=])|[!=]==?|\bis(?:\s+not)?\s+(?:none|null|defined|empty)\b|\b(?:empty|isset|filled|blank)\(|\(bool\)|\sif\s"
)
_CHOICE = re.compile(r"\?(?![:?.>=])(.*)", re.S)
_GIVEN_IF = re.compile(r"^(.*?)\sif\s.*?(?:\selse\s(.*))?$", re.S)
_WORD = re.compile(r"[A-Za-z]\w*")
_TAG = re.compile(r"^\s*[-=]?\s*(?:if|elsif|elif|unless|#if|#unless|else|end|/|@if)\b")


def is_markup(entry: FileEntry) -> bool:
    """Whether a path is that of a page or of a template for one."""
    if _NOT_PAGES.search(entry.path):
        return False
    return entry.suffix in _PLAIN or entry.suffix in _TEMPLATES or entry.name.endswith(".blade.php")


def written(text: str) -> list[list[object]]:
    """Rows [name, line] of the server's secrets that a template writes into the page; conditions write nothing."""
    rows: list[list[object]] = []
    for match in _FILLED.finditer(text):
        inside = next(group for group in match.groups() if group is not None)
        if _TAG.search(inside):
            continue
        if match[2] is not None and not inside.startswith(("=", "-")):
            continue  # `<% … %>` runs and writes nothing
        rows += [[name, text.count("\n", 0, match.start()) + 1] for name in _told(inside)]
        if len(rows) > _MOST:
            break
    for pattern in (_DIRECTIVE, _PRINTED):
        for match in pattern.finditer(text):
            inside = (
                " ".join(_READ.findall(match[1])) if pattern is _PRINTED and not _TESTS.search(match[1]) else match[1]
            )
            rows += [[name, text.count("\n", 0, match.start()) + 1] for name in _told(inside)]
    for match in _ASKED.finditer(text):
        name = "_".join(
            each for each in _WORD.findall(match[1] or match[2] or match[3]) if each not in ("dig", "fetch")
        )
        if meant(name) is Meant.SERVER:
            rows.append([name, text.count("\n", 0, match.start()) + 1])
    for match in _PLACEHOLDER.finditer(text):
        if meant(match[1]) is Meant.SERVER:
            rows.append([match[1], text.count("\n", 0, match.start()) + 1])
    return [list(row) for row in dict.fromkeys(map(tuple, rows))][:_MOST]


def _told(inside: str) -> list[str]:
    """The server's secrets that an expression names, by their setting or by Laravel's configuration.

    What it only asks about is not written: of a choice, only what is chosen counts.
    """
    if _TESTS.search(inside):
        chosen = _CHOICE.search(inside)
        given = _GIVEN_IF.search(inside)
        inside = chosen[1] if chosen else f"{given[1]} {given[2] or ''}" if given else ""
    names = _NAME.findall(inside) + [each.replace(".", "_") for each in _LARAVEL.findall(inside)]
    return [name for name in names if meant(name) is Meant.SERVER]


def php_page(text: str) -> bool:
    """Whether a file of PHP is a page: it holds elements of one beside its code."""
    return bool(_PAGE.search(text))
