"""Reads the result files a run left: pytest's and node's JUnit XML, vitest's and jest's JSON, ours, and TAP of ava."""

from __future__ import annotations

import json
import os
import re
import stat
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from shipworthy.facts.tests.kinds import Failure
from shipworthy.facts.tests.quote import masked

MAX_BYTES = 48 * 1024 * 1024
MAX_FILES = 500
MAX_FAILURES = 50
MAX_SKIPPED = 200

_MISSING = re.compile(
    r"No module named '([\w.]+)'|Cannot find (?:module|package) '([^'\n]{1,200})'|"
    r"Failed to resolve import \"([^\"\n]{1,200})\"|ImportError: cannot import name .{0,100} from '([\w.]+)'"
)
# What clients say when a database, a cache or the world outside is not there.
_UNREACHABLE = re.compile(
    r"ECONNREFUSED|ENETUNREACH|EAI_AGAIN|ENOTFOUND|EHOSTUNREACH|ConnectionRefusedError|Connection refused|"
    r"Network is unreachable|Name or service not known|Temporary failure in name resolution|"
    r"nodename nor servname|could not translate host name|could not connect to server|Can't connect to .{0,40}server|"
    r"ServerSelectionTimeout|MongooseServerSelectionError|No route to host|ConnectTimeout|NewConnectionError|"
    r"Can't reach database server|connection to server at|fetch failed|ClientConnectorError|APIConnectionError|"
    r"shipworthy runs tests without network",
    re.I,
)
_HEADING = re.compile(r"^(●|FAIL\b|Error: *$|Traceback |\^+$|-+$)")


@dataclass(slots=True)
class Results:
    """Counts of one run, all files together."""

    passed: int = 0
    failed: int = 0
    errors: int = 0
    skipped: int = 0
    files: int = 0
    failures: list[Failure] = field(default_factory=list)
    skipped_names: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    """Result files that could not be read, and why."""

    @property
    def total(self) -> int:
        return self.passed + self.failed + self.errors + self.skipped

    def fails(self, name: str, message: str, file: str = "", *, error: bool = False) -> None:
        if error:
            self.errors += 1
        else:
            self.failed += 1
        if len(self.failures) < MAX_FAILURES:
            self.failures.append(failure(name, message, file))

    def skips(self, name: str) -> None:
        self.skipped += 1
        if len(self.skipped_names) < MAX_SKIPPED:
            self.skipped_names.append(masked(name, 160))


def failure(name: str, message: str, file: str = "") -> Failure:
    """A failure with its first telling line, masked and bounded."""
    message = re.sub(r"\x1b\[[0-9;]*m", "", message[:8_000])
    lines = [line.strip() for line in message.splitlines() if line.strip()]
    missing = _MISSING.search(message)
    lines = [line for line in lines if not _HEADING.match(line)] or lines
    telling = next(
        (line for line in lines if _MISSING.search(line) or _UNREACHABLE.search(line)), lines[0] if lines else ""
    )
    return Failure(
        name=masked(name, 160),
        message=masked(telling, 200),
        file=masked(file, 200) if file else "",
        missing_module=next((each for each in missing.groups() if each), "") if missing else "",
        unreachable=bool(_UNREACHABLE.search(message)) and not missing,
    )


def read(folder: Path) -> Results:
    """All results in a folder that the run could write to: anything may lie there, so only plain files are opened."""
    results = Results()
    try:
        names = sorted(entry.name for entry in os.scandir(folder))
    except OSError as error:
        results.problems.append(f"results could not be listed: {error.strerror}")
        return results
    if len(names) > MAX_FILES:
        results.problems.append(f"more than {MAX_FILES} result files")
    for name in names[:MAX_FILES]:
        data = _plain_file(folder / name, results)
        if data is None:
            continue
        try:
            if name.endswith(".xml"):
                _junit(data, results)
            elif name.endswith(".json"):
                _json(json.loads(data), results)
            elif name.endswith(".tap"):
                _tap(data.decode("utf-8", "replace"), results)
            else:
                continue
            results.files += 1
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError, ElementTree.ParseError) as error:
            results.problems.append(f"a result file could not be understood ({type(error).__name__})")
    return results


def _plain_file(path: Path, results: Results) -> bytes | None:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        results.problems.append("a result file could not be opened")
        return None
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        results.problems.append("a result file is not a regular file")
        return None
    with os.fdopen(descriptor, "rb") as stream:
        data = stream.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        results.problems.append(f"a result file is larger than {MAX_BYTES >> 20} MiB")
        return None
    return data


def _junit(data: bytes, results: Results) -> None:
    if b"<!DOCTYPE" in data[:4096] or b"<!ENTITY" in data:
        raise ValueError("a document type")
    root = ElementTree.fromstring(data)  # noqa: S314 - entities are refused above, size is bounded
    for case in root.iter("testcase"):
        name = "::".join(part for part in (case.get("classname", ""), case.get("name", "")) if part)
        file = case.get("file", "")
        children = {child.tag: child for child in case}
        broken = children.get("error")
        if broken is None:
            broken = children.get("failure")
        if broken is not None:
            message = f"{broken.get('message', '')}\n{(broken.text or '')[-4_000:]}"
            results.fails(name, message, file, error=broken.tag == "error")
        elif "skipped" in children:
            results.skips(name)
        else:
            results.passed += 1


def _json(found: dict[str, Any], results: Results) -> None:
    kind = found.get("shipworthy")
    if kind == "unittest":
        _unittest(found, results)
    elif kind == "mocha":
        results.passed += int(found["passed"])
        for row in found["failed"]:
            results.fails(row["name"], row["message"], row.get("file", ""), error=bool(row.get("hook")))
        for name in found["skipped"]:
            results.skips(name)
    else:
        _jest(found, results)


def _unittest(found: dict[str, Any], results: Results) -> None:
    for row in found["failed"]:
        results.fails(row["name"], row["message"])
    for row in found["errors"]:
        results.fails(row["name"], row["message"], error=True)
    for name in found["unexpected"]:
        results.fails(name, "passed although it is marked as an expected failure")
    for name in found["skipped"]:
        results.skips(name)
    results.failed += int(found["failed_count"]) - len(found["failed"])
    results.errors += int(found["error_count"]) - len(found["errors"])
    results.skipped += int(found["skipped_count"]) - len(found["skipped"]) + int(found["expected"])
    # A module that cannot be imported counts as one run and one error, a broken class fixture as no run at all.
    done = int(found["failed_count"]) + int(found["error_count"]) + len(found["unexpected"])
    results.passed += max(int(found["run"]) - done - int(found["skipped_count"]) - int(found["expected"]), 0)


def _jest(found: dict[str, Any], results: Results) -> None:
    """The shape jest and vitest share: https://jestjs.io/docs/cli#--json."""
    for file in found["testResults"]:
        name = str(file.get("name", ""))
        cases = file.get("assertionResults", [])
        for case in cases:
            status = case.get("status")
            if status == "passed":
                results.passed += 1
            elif status == "failed":
                results.fails(
                    str(case.get("fullName", "")), "\n".join(map(str, case.get("failureMessages") or [])), name
                )
            else:
                results.skips(str(case.get("fullName", "")))
        if file.get("status") == "failed" and not any(case.get("status") == "failed" for case in cases):
            results.fails(name.rpartition("/")[2], str(file.get("message", "")), name, error=True)


def _tap(text: str, results: Results) -> None:
    lines = text.splitlines()[:200_000]
    for number, line in enumerate(lines):
        found = re.match(r"(not )?ok \d+ ?-? ?(.*)", line[:2_000])
        if not found:
            continue
        name, directive = re.split(r"#\s*(?=(?:SKIP|TODO)\b)", found[2] + "#", maxsplit=1, flags=re.I)[0], found[2]
        if re.search(r"#\s*(SKIP|TODO)\b", directive, re.I):
            results.skips(name.rstrip("#"))
        elif found[1]:
            said = [each.strip() for each in lines[number + 1 : number + 40] if each.startswith("  ")]
            message = next((each.partition(":")[2] for each in said if each.startswith("message:")), " ".join(said[:3]))
            results.fails(name.rstrip("#"), message.strip(" '\""))
        else:
            results.passed += 1
