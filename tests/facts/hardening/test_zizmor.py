"""zizmor as a second opinion: what is believed of its answers, and that no failure of it counts as an answer."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests.facts.hardening.hardening_reading import CI, PIN, READ, read, steps

from shipworthy.facts.hardening import zizmor

CLEAN = steps(f"uses: acme/a@{PIN} # v1.2", "run: make", "run: echo ${{ steps.a.outputs.b }}")


def finding(ident: str = "obfuscation", line: int = 7, **changes: Any) -> dict[str, Any]:
    levels = {"confidence": "High", "severity": "High", "persona": "Regular", **changes.pop("levels", {})}
    point = {"location": {"start_point": {"row": line - 1, "column": 6}}, "feature": changes.pop("feature", "uses: a")}
    place = {"symbolic": {"key": {"Local": {"verbatim_path": f"./{CI}"}}, "annotation": "is odd", "kind": "Primary"}}
    return {
        "ident": ident,
        "desc": "d",
        "determinations": levels,
        "locations": [{**place, "concrete": point}],
        **changes,
    }


@pytest.fixture
def program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder on PATH; `install` puts a program of this name there."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    return folder


def install(folder: Path, answer: str, version: str = "zizmor 1.32.0", then: str = "") -> None:
    (folder / "answer").write_text(answer)
    script = f'#!/bin/sh\n[ "$1" = --version ] && {{ echo "{version}"; exit 0; }}\n{then}\ncat {folder}/answer\n'
    (folder / "zizmor").write_text(script)
    (folder / "zizmor").chmod(0o700)


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (finding(), "zizmor-obfuscation danger 7"),
        (finding(levels={"severity": "Medium"}), "zizmor-obfuscation weak 7"),
        (finding(levels={"confidence": "Low"}), "zizmor-obfuscation remark 7"),
        (finding(levels={"severity": "Low"}), ""),
        (finding(levels={"persona": "Pedantic"}), ""),
        (finding("template-injection", 9), "pasted-value ask 9"),
        (finding("artipacked"), "left-token remark 7"),
        (finding("dangerous-triggers", 1), "open-trigger remark 1"),
        (finding("secrets-inherit", feature="./.github/workflows/a.yml"), ""),
    ],
)
def test_what_it_adds(tmp_path: Path, program: Path, row: dict[str, Any], expected: str) -> None:
    install(program, json.dumps([row]))
    found = read(tmp_path / "app", {CI: CLEAN})
    assert found.engine is not None
    assert (found.engine.version, found.engine.said) == ("1.32.0", "")
    assert [f"{each.rule} {each.degree} {each.line}" for each in found.weaknesses] == ([expected] if expected else [])


def test_what_both_find_keeps_our_degree(tmp_path: Path, program: Path) -> None:
    install(program, json.dumps([finding("unpinned-uses", 6), finding("excessive-permissions", 2)]))
    found = read(tmp_path / "app", {CI: steps("uses: actions/checkout@v4", top="")})
    assert [(each.rule, str(each.degree), each.engine) for each in found.weaknesses] == [
        ("no-permissions", "weak", ""),
        ("own-by-tag", "remark", ""),
    ]


@pytest.mark.parametrize(
    ("answer", "version", "then", "said"),
    [
        ("[]", "zizmor 2.0.0", "", "is version 2.0.0"),
        ("[]", "zizmor 1.4.0", "", "is version 1.4.0"),
        ("[]", "something", "", "does not tell its version"),
        ("{}", "zizmor 1.32.0", "", "a form that is not known"),
        ('[{"ident": "x"}]', "zizmor 1.32.0", "", "a form that is not known"),
        (json.dumps([finding(levels={"severity": "Huge"})]), "zizmor 1.32.0", "", "a form that is not known"),
        (json.dumps([finding()]).replace(CI, "other.yml"), "zizmor 1.32.0", "", "a form that is not known"),
        (json.dumps([finding(locations=[])]), "zizmor 1.32.0", "", "a form that is not known"),
        ("not json", "zizmor 1.32.0", "", "is not JSON"),
        ("[" * 5000, "zizmor 1.32.0", "", "is not JSON"),
        ("", "zizmor 1.32.0", "", "is not JSON"),
        ("[]", "zizmor 1.32.0", "exit 3", "exit code 3"),
    ],
)
def test_what_does_not_count(tmp_path: Path, program: Path, answer: str, version: str, then: str, said: str) -> None:
    install(program, answer, version, then)
    found = read(tmp_path / "app", {CI: steps("uses: acme/a@v1")})
    assert found.engine is not None
    assert (found.engine.version, said in found.engine.said) == ("", True), found.engine
    assert [each.rule for each in found.weaknesses] == ["unpinned-action"]


def test_it_is_given_copies_and_nothing_of_the_user(
    tmp_path: Path, program: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GH_TOKEN", "x")
    log = program / "log"
    install(program, "[]", then=f"{{ env; pwd; find . -type f; echo $*; }} > {log}")
    read(tmp_path / "app", {CI: CLEAN, ".github/zizmor.yml": "rules: {}\n", "zizmor.yml": "rules: {}\n", "a.py": ""})
    told = log.read_text()
    assert "GH_TOKEN" not in told
    assert str(tmp_path / "app") not in told
    assert "zizmor.yml" not in told
    assert f"./{CI}" in told
    for option in ("--offline", "--no-config", "--no-ignores", "--persona=regular"):
        assert option in told


def test_one_in_the_repository_is_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "app" / "bin"
    folder.mkdir(parents=True)
    install(folder, "[]", then=f"touch {tmp_path}/ran")
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    found = read(tmp_path / "app", {CI: f"on: push\n{READ}jobs: {{a: {{runs-on: x, steps: []}}}}\n"})
    assert found.engine is not None
    assert found.engine.said == "is not installed"
    assert not (tmp_path / "ran").exists()


def test_one_that_never_answers(tmp_path: Path, program: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zizmor, "SECONDS", 0.3)
    install(program, "[]", then="exec sleep 20")
    found = read(tmp_path / "app", {CI: CLEAN})
    assert found.engine is not None
    assert "no answer within" in found.engine.said
