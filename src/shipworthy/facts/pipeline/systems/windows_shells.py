"""Reads scripts for PowerShell and for cmd as far as plain command lines go, with what decides their exit codes.

Source: the shells' own manuals. PowerShell: a failing program does not stop the script, and the code of the last one
is the result. cmd: likewise; and a batch file that is started without `call` never comes back, so that nothing after it
runs. npm, yarn, mvn and other tools are batch files on Windows.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from shipworthy.facts.pipeline.fact import YES, Said, no, unsure, weakest
from shipworthy.facts.pipeline.systems.plan import Script
from shipworthy.facts.pipeline.values import HOLE
from shipworthy.facts.pipeline.words import words as _words

_BATCH = _words(
    "npm npx yarn pnpm tsc ng gulp grunt jest mocha eslint mvn gradle gradlew bower lerna nx turbo vsce webpack rollup "
    "cypress playwright karma prettier sls serverless firebase vercel netlify cdk code-push electron-builder tox "
    "conda activate vcvarsall rush expo az"
)
_CMD_QUIET = re.compile(r"(echo|rem|set|title|cls|color|pause|setlocal|endlocal|type|goto)\b|::|:\w|@echo", re.I)
_CMD_CHECK = re.compile(r"if\s+(not\s+)?(errorlevel\s+1|\"?%errorlevel%\"?\s*(neq|geq|gtr|==|equ)).*\bexit\b", re.I)
_TERM = r'("[^"]*"|[^\s"()]+)'
_CMD_ELSE = re.compile(r"\)?\s*else\s*\(?\s*", re.I)
_CMD_IF = re.compile(
    rf"if\s+(/i\s+)?(not\s+)?((exist|defined|errorlevel)\s+{_TERM}|{_TERM}\s*(==|\s(equ|neq|lss|leq|gtr|geq)\s)\s*{_TERM})"
    r"\s*\(?\s*",
    re.I,
)
_CMD_FOR = re.compile(r"for\s[^()]{1,200}\([^()]{0,400}\)\s+do\s*\(?\s*", re.I)
_POWER_CHECK = re.compile(r"(if\s*\(\s*(\$LASTEXITCODE\b|-not\s+\$\?|!\s*\$\?)[^)]*\)|exit\s+\$LASTEXITCODE)", re.I)
_CMDLET = re.compile(r"[A-Za-z]+-[A-Z]\w+")
_QUIET = re.compile(
    r"(\$|\[|#|[\"'@]|function\b|param\b|return\b|throw\b|import-module\b|using\b|set-strictmode\b)", re.I
)
_BLOCK = re.compile(
    r"(if|else|elseif|foreach|for|while|do|switch|try|catch|finally|function|filter|process|begin)\b", re.I
)
_GIVES_UP = re.compile(r".*\b(exit\b(?!\s+0\b)|throw\b|write-error\b)", re.I)
_LATER = "in {shell} the last program decides the result"


@dataclass(frozen=True, slots=True)
class Line:
    """One command line, written as a Bourne shell would take it; `folder` instead where it changes the folder."""

    text: str
    row: int
    runs: Said = YES
    fails: Said = YES
    folder: str | None = None


def _slashes(text: str) -> str:
    """Backslashes of paths turned, those before a quote kept."""
    return re.sub(r"\\(?![\"'])", "/", text)


def cmd_lines(script: Script) -> list[Line]:
    """The command lines of a batch script."""
    found: list[Line] = []
    gone: Said = YES
    depth = 0
    for row, raw in _joined(script.text.split("\n"), "^"):
        line = raw.strip().lstrip("@").strip()
        if not line or re.match(r"(rem\b|::|:\w)", line, re.I):
            continue
        if _CMD_CHECK.match(line):
            _unmask(found)
            continue
        if re.match(r"exit(\s+/b)?\s+%?errorlevel%?|exit(\s+/b)?\s*$", line, re.I):
            _unmask(found)
            break
        if re.match(r"exit(\s+/b)?\s+0\b", line, re.I):
            found = [replace(each, fails=no("`exit 0` follows")) for each in found]
            break
        moved = re.match(r"(cd|chdir|pushd)\s+(/d\s+)?(.+)", line, re.I)
        if moved and "&" not in line:
            found.append(Line("", row, folder=_slashes(moved[3].strip().strip("\"'"))))
            continue
        block = re.match(r"(if|for)\b|[()]", line, re.I) is not None
        if block or depth:
            depth = max(0, depth + line.count("(") - line.count(")"))
            inner = _inside(line)
            if inner and not _CMD_QUIET.match(inner):
                found.append(Line(_bourne(inner), row, weakest(gone, unsure("in an `if` or loop"))))
            continue
        if _CMD_QUIET.match(line) and "&" not in line:
            continue
        called = re.match(r"call\s+", line, re.I)
        text = _bourne(line[called.end() :] if called else line)
        found.append(Line(text, row, gone))
        name = (text.split() or [""])[0].rpartition("/")[2].lower()
        first = re.sub(r"\.(cmd|bat)$", "", name)
        batch = first in _BATCH or first != name
        if batch and not called and "&" not in line:
            gone = no(f"on Windows `{first}` is a batch file, and without `call` nothing after it runs")
    return _masked([each for each in found if not each.runs.no or each.text], "cmd")


def _inside(line: str) -> str:
    """The command behind an `if` or `for`, or on a line of its body; "" where there is none."""
    for pattern in (_CMD_ELSE, _CMD_IF, _CMD_FOR):
        match = pattern.match(line)
        line = line[match.end() :] if match else line
    line = line.strip("() \t")
    return "" if re.match(r"(if|for|else|exit|shift)\b", line, re.I) else re.sub(r"^call\s+", "", line, flags=re.I)


def _bourne(line: str) -> str:
    line = re.sub(r"%(\w+)%", r"${\1}", line)
    line = re.sub(r"\bexit\s+/b\b", "exit", line, flags=re.I)
    line = re.sub(r"(?<!&)&(?!&)", ";", line)
    line = re.sub(r"(&&|\|\||;)\s*call\s+", r"\1 ", line, flags=re.I)
    return _slashes(line).replace(">nul", "> /dev/null")


def power_lines(script: Script) -> list[Line]:
    """The command lines of a PowerShell script."""
    found: list[Line] = []
    depth, strict, comment, asking = 0, False, False, False
    for row, raw in _joined(script.text.split("\n"), "`"):
        line = raw.strip()
        if line.startswith("<#"):
            comment = True
        if comment:
            comment = "#>" not in line
            continue
        line = re.sub(r"\s#.*$", "", line).rstrip(";").strip()
        if not line or line.startswith("#"):
            continue
        if re.match(r"\$PSNativeCommandUseErrorActionPreference\s*=\s*\$true", line, re.I):
            strict = True
            continue
        if _POWER_CHECK.match(line):
            if not depth and (line.lower().startswith("exit") or _GIVES_UP.search(line)):
                _unmask(found)
            asking = not depth and line.endswith("{")
            depth += line.count("{") - line.count("}")
            asking = asking or (not depth and bool(line.endswith(")")))
            continue
        if asking and _GIVES_UP.match(line):
            _unmask(found)
        if re.match(r"exit\s+0\b", line, re.I) and not depth:
            found = [replace(each, fails=no("`exit 0` follows")) for each in found]
            break
        moved = re.match(r"(cd|chdir|set-location|push-location|sl)\s+(-path\s+)?([^|;]+)$", line, re.I)
        if moved and not depth:
            found.append(Line("", row, folder=_slashes(moved[3].strip().strip("\"'"))))
            continue
        opens, closes = line.count("{"), line.count("}")
        if depth or _BLOCK.match(line) or line[0] in "{}":
            inner = re.sub(r"^[^{]*\{|^\}.*\{|\}$", "", line).strip() if opens or closes else line
            if inner and not any(each.match(inner) for each in (_QUIET, _BLOCK, _GIVES_UP, _CMDLET)):
                found.append(Line(_unixed(inner), row, unsure("in a block of PowerShell")))
            depth = max(0, depth + opens - closes)
            asking = asking and (depth > 0 or line == "{")
            continue
        text = _unixed(line)
        if _QUIET.match(line) or (_CMDLET.match(line) and not line.lower().startswith("invoke-pester")):
            called = re.search(r"=\s*&?\s*(\S.*)", line)
            if called and re.match(r"\$\w+\s*=", line) and not _QUIET.match(called[1]) and called[1][0] not in "\"'@(":
                found.append(Line(_unixed(called[1]), row))
            elif re.match(r"(Invoke-Expression|iex)\b", line, re.I):
                found.append(Line(text, row, fails=unsure("its exit code may be lost")))
            continue
        found.append(Line(text, row))
    return _masked(found, "PowerShell") if not strict else found


def _unixed(line: str) -> str:
    line = re.sub(r"^&\s*", "", line)
    line = re.sub(r"\$\{?env:(\w+)\}?", r"${\1}", line, flags=re.I)
    # What it prints goes on through the pipe; the code of the program stays the one that counts.
    line = re.split(r"(?<!\|)\|(?!\|)", line)[0].strip()
    return _slashes(re.sub(r"\$\((\$?[\w.]+)\)", HOLE, line))


def _joined(rows: list[str], sign: str) -> Iterator[tuple[int, str]]:
    """Lines with those that go on after `sign` at their end put together, each with the row it starts at."""
    held, start = "", 0
    for row, line in enumerate(rows):
        start = start if held else row
        if line.rstrip().endswith(sign):
            held += line.rstrip()[:-1] + " "
            continue
        yield start, held + line
        held = ""
    if held:
        yield start, held


def _unmask(found: list[Line]) -> None:
    """What comes next asks for the code of the command before it."""
    for at in range(len(found) - 1, -1, -1):
        if found[at].text and found[at].folder is None:
            found[at] = replace(found[at], fails=_ASKED)
            return


_ASKED = replace(YES, why="its code is asked for")


def _masked(found: list[Line], shell: str) -> list[Line]:
    """Every program's failure is lost but the last one's and those that are asked for."""
    ran = [at for at, each in enumerate(found) if each.text and not each.runs.no]
    last = ran[-1] if ran else -1
    why = no(_LATER.format(shell=shell))
    return [
        each
        if at == last or not each.text or each.fails.why == _ASKED.why
        else replace(each, fails=weakest(each.fails, why))
        for at, each in enumerate(found)
    ]
