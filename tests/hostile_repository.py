"""A real repository whose every text attacks the terminal that shows it, and a reader of what a terminal was sent."""

from __future__ import annotations

import functools
import json
import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path

from shipworthy.demo.make import make_demo
from tests.fixed_demo import fixed_demo
from tests.support import git, outcome_of, template, write

REST = (
    "T\x07\x1b[5;53m\x1b]52;c;UFdO\x1b\\\x1bPq\x1b\\\x1bc\x9d2;T\x9c\x9b9m\u202e\u2066\u200b\u2028\ufeff\U000e0041"
    "\b\r\n\t\x0b\x0e\x7f\udce9[@click=app.quit]q[/][/nope][red][link=https://evil.example]l[/link][$x [b"
)
ALONE = {
    "title": "\x1b]0;T\x07",
    "style": "\x1b[5;53m\x1b[2J\x1b[H\x1bc",
    "link": "\x1b]8;;https://evil.example\x1b\\x\x1b]8;;\x1b\\",
    "clipboard": "\x1b]52;c;UFdO\x1b\\",
    "device": "\x1bPq#0\x1b\\\x1b^x\x1b\\\x1b_x\x1b\\\x1bXx\x1b\\\x1b[>c\x1b[6n\x05",
    "c1": "\x9d0;T\x9c\x9b5;53m\x90q\x9c\x85\x84",
    "bidi": "a\u202eb\u2066c\u2069\u061c\u200f",
    "hidden": "a\u200bb\u2060c\ufeff\u00ad\U000e0041\u2028\u2029",
    "controls": "".join(map(chr, range(1, 32))) + "\x7f",
    "click": "[@click=app.quit]click[/] \\[@click=app.quit]click[/] [@click='app.bell']b",
    "markup": "[red]x[/red] [link=https://evil.example]x[/link] [$primary]y [on red blink]z",
    "unclosed": "[/nope] [/] [bold [ \\[ [[b]] \\",
    "bytes": "\udc9b5m\udcff\udcc2",
    "accents": "e" + "\u0301" * 40 + "\ufe0f\u20e3" * 5,
    "long": "x" * 100_000,
}
"""One kind each, where `REST` is all that matter in one."""
HARMLESS = "harmless"


def attack(mark: str, kind: str = "") -> str:
    """Hostile text that can be told from every other by its mark, which begins it."""
    if kind == HARMLESS:
        return f"{mark}<U+202E> is plain"
    return f"{mark}\u202e\x1b]0;{ALONE[kind] if kind else REST}"


MARKS = {
    name: f"Q{number}Z"
    for number, name in enumerate(
        (
            "folder", "file", "marked line", "line beside", "long line", "dependency", "package", "workflow key",
            "workflow value", "branch", "message", "author", "waiver", "evidence", "says", "title", "failing", "why",
            "fix", "attest", "excuse", "reference", "untracked", "package test", "area", "root",
        ),
        10,
    )
}  # fmt: skip
"""What stands in which place."""


MAIL = "ada@example.org"


def name_of(text: str) -> str:
    """As much of it as a file can be called."""
    raw = text.encode("utf-8", "surrogateescape").replace(b"\0", b"").replace(b"//", b"/")
    return b"/".join(part[:180] for part in raw.split(b"/") if part).decode("utf-8", "surrogateescape")


def secret(number: int) -> str:
    return "sk_" + "live_" + f"51Hq8sZ{number}" + "LmXw3TpR9vBn2Yc7Ud"


def _toml(text: str) -> str:
    return json.dumps(_utf8(text), ensure_ascii=False)


_WORDS = {"waiver": 110, "evidence": 110, "says": 110, "title": 60, "failing": 60, "why": 110, "fix": 110}
_WORDS |= {"attest": 110, "excuse": 110, "reference": 110, "area": 60}
"""Places where control characters are refused, and how many characters they take at least."""


def texts(kind: str = "") -> dict[str, str]:
    """The text of every place, as that place can hold it."""
    found = {place: attack(mark, kind) for place, mark in MARKS.items()}
    for place, most in _WORDS.items():
        found[place] = re.sub("[\x00-\x1f\x7f-\x9f\u2028\u2029\udc80-\udcff]", "", found[place])[:most]
    for place in ("marked line", "line beside", "dependency", "author"):
        found[place] = re.sub("[\n\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]", "", found[place])
    found["branch"] = re.sub(r"[\x00-\x20\x7f~^:?*\[\\/.\udc80-\udcff]", "", found["branch"])[:60]
    found["author"] = _utf8(found["author"])[:200]
    found["message"] = _utf8(found["message"])
    return found


def _utf8(text: str) -> str:
    return text.encode("utf-8", "replace").decode()


def hostile_repository(parent: Path, kind: str = "", *, ready: bool = False) -> Path:
    """The demo with hostile text in every place that takes text; with `ready`, only a person's word is missing."""
    text = texts(kind)
    folder = parent / name_of(text["root"].replace("/", ""))
    (fixed_demo if ready else make_demo)(folder)
    files: dict[str, str | bytes] = {
        "package.json": json.dumps({"name": _utf8(text["package"]), "private": True}, ensure_ascii=False),
        ".shipworthy/checklist.toml": _checklist(text),
        ".shipworthy/decisions.toml": _decisions(text, MAIL if ready else text["says"]),
    }
    if not ready:
        requirements = f"urllib3==2.0.4\n{text['dependency']}\n{MARKS['dependency']}[@click=app.quit]>=1\n"
        files |= {
            name_of(f"{text['folder']}/config.py"): _code(text, 1),
            name_of(f"app/{text['file']}") + ".py": _code(text, 2),
            "requirements.txt": requirements,
            "package.json": json.dumps(
                {
                    "name": "shop",
                    "dependencies": {_utf8(text["package"]): "^1", f"{MARKS['package']}[@click=app.quit]x[/]": "*"},
                    "scripts": {"test": _utf8(text["package test"])},
                },
                ensure_ascii=False,
            ),
            ".github/workflows/ci.yml": _workflow(text),
        }
    for name, content in files.items():
        write(folder, {name: content if isinstance(content, bytes) else content.encode("utf-8", "surrogateescape")})
    git(folder, "config", "--local", "user.name", text["author"])
    git(folder, "config", "--local", "user.email", MAIL)
    git(folder, "checkout", "-q", "-b", text["branch"])
    git(folder, "add", "-A", *([] if ready else ["-f"]))
    git(folder, "-c", f"user.name={text['author']}", "commit", "-q", "-m", text["message"])
    if not ready:
        write(folder, {name_of(text["untracked"]): b""})
    return folder


def _code(text: dict[str, str], number: int) -> str:
    return (
        f"# {text['line beside']}\nx = '{'x' * 100_000}{MARKS['long line']}'\n"
        f'TOKEN = "{secret(number)}"  # {text["marked line"]}\ny = 1  # {text["line beside"]}\n'
    )


def _workflow(text: dict[str, str]) -> str:
    key, value = (_yaml(text[f"workflow {each}"]) for each in ("key", "value"))
    return (
        f"name: {value}\non: push\njobs:\n  {key}:\n    name: {value}\n    runs-on: {value}\n    {key}: {value}\n"
        f"    steps:\n      - name: {value}\n        run: {value}\n        continue-on-error: true\n"
        f"      - name: {value}\n        uses: {value}\n      - name: {value}\n        run: pytest || true\n"
    )


def _yaml(text: str) -> str:
    """Quoted, with only those characters escaped that may not stand there as they are."""
    quoted = json.dumps(_utf8(text), ensure_ascii=False)
    return re.sub("[\x7f-\x9f\u2028\u2029\ufeff\U000e0041]", lambda found: f"\\U{ord(found[0]):08X}", quoted)


def _checklist(text: dict[str, str]) -> str:
    return f"""\
schema = 1
extends = "demo"

[[area]]
id = "ours"
title = {_toml(text["area"])}

[[item]]
id = "our-own"
area = "ours"
title = {_toml(text["title"])}
failing_title = {_toml(text["failing"])}
why = {_toml(text["why"])}
fix = [{_toml(text["fix"])}]
decides = "person"
attest = {_toml(text["attest"])}
not_applicable = {_toml(text["excuse"])}
risk = "critical"
minutes = 1
references = [{_toml(text["reference"])}]
profiles = {{ solo = "required" }}
"""


def _decisions(text: dict[str, str], by: str) -> str:
    return f"""\
[items.spend-alert]
decision = "attested"
by = {_toml(by)}
at = 2026-11-20T12:00:00Z
reason = {_toml(text["waiver"])}
evidence = {_toml(text["evidence"])}
expires = 2027-01-20
findings = ["{_asked()}"]
"""


@functools.cache
def _asked() -> str:
    """What is open about the item in every copy of the demo: nobody filled its form."""
    return outcome_of("spend-alert", make_demo(template() / "demo")).findings[0].fingerprint


# What a terminal was sent

_SEQUENCE = re.compile(
    r"\x1b\[(?P<csi>[0-?]*[ -/]*[@-~])"
    r"|\x1b(?P<string>[\]PX^_])(?P<body>[^\x07\x1b]*)(?P<end>\x07|\x1b\\)?"
    r"|\x1b(?P<other>[ -/]*[0-~])?"
)
SHAPES = frozenset(
    {
        "CSI H", "CSI m", "CSI >u", "CSI <u", "CSI ?1049h", "CSI ?1049l", "CSI ?25l", "CSI ?25h", "CSI ?1004h",
        "CSI ?1004l", "CSI ?2026$p", "CSI ?2048$p", "CSI ?2004h", "CSI ?2004l",
        "CSI ?7l", "CSI ?7h", "CSI ?1000h", "CSI ?1003h", "CSI ?1015h", "CSI ?1006h", "CSI ?1000l", "CSI ?1003l",
        "CSI ?1015l", "CSI ?1006l", "ESC ] 22;default", "\\n", "\\r",
    }
)  # fmt: skip
"""Every kind of sequence that the coach's own driver writes."""
_STYLES = frozenset({"", "0", "1", "2", "3", "4", "7", "9"})
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def shapes(sent: bytes) -> Iterator[str]:
    """Every sequence and every character that draws nothing, by kind, in the order they were sent."""
    text, at = sent.decode("utf-8", "surrogateescape"), 0
    for found in _SEQUENCE.finditer(text):
        yield from _characters(text[at : found.start()])
        at = found.end()
        if found["csi"] is not None:
            yield _csi(found["csi"])
        elif found["string"] is not None:
            yield f"ESC {found['string']} {found['body']}"
        else:
            yield f"ESC {found['other']}"
    yield from _characters(text[at:])


def _characters(text: str) -> Iterator[str]:
    for each in text:
        if unicodedata.category(each) in _UNSEEN:
            yield {"\n": "\\n", "\r": "\\r"}.get(each, f"U+{ord(each):04X}")


def _csi(body: str) -> str:
    parameters, final = body[:-1], body[-1]
    if final == "m":
        plain = re.sub(r"(?:^|;)[34]8;(?:2;\d+;\d+;\d+|5;\d+)(?=;|$)", "", parameters).strip(";")
        return "CSI m" if set(plain.split(";")) <= _STYLES else f"CSI {parameters}m"
    if final == "H":
        return "CSI H" if re.fullmatch(r"\d*;?\d*", parameters) else f"CSI {body}"
    if final == "u":
        return f"CSI {parameters[:1]}u"
    return f"CSI {body}"
