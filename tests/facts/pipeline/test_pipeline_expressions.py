"""GitHub expressions with values that may be unknown."""

from __future__ import annotations

from typing import Any

import pytest

from shipworthy.facts.pipeline.expressions import condition, evaluate, fill, uses_status
from shipworthy.facts.pipeline.matrix import combinations
from shipworthy.facts.pipeline.values import HOLE, OneOf, Open, Ordinary, OrdinaryList, Unknown, truth

MAIN = OneOf("default", ("main", "master"))
CONTEXT: dict[str, Any] = {
    "github": Open(
        "github",
        {
            "event_name": "pull_request",
            "ref": Ordinary("ref", "refs/pull/"),
            "base_ref": MAIN,
            "actor": Ordinary("actor"),
            "event": Open(
                "event", {"pull_request": {"labels": OrdinaryList("labels"), "draft": False}, "inputs": None}
            ),
        },
    ),
    "matrix": {"os": "ubuntu-latest", "n": 3, "rows": [{"id": "a"}, {"id": "b"}]},
    "needs": Open("needs"),
    "always()": lambda args: True,
}


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("github.event_name == 'pull_request'", True),
        ("github.event_name == 'PULL_REQUEST'", True),
        ("github['event_name'] != 'push'", True),
        ('contains(fromJSON(\'["push", "pull_request"]\'), github.event_name)', True),
        ("github.ref == 'refs/heads/main'", False),
        ("github.ref != 'refs/heads/main'", True),
        ("startsWith(github.ref, 'refs/tags/')", False),
        ("startsWith(github.ref, 'refs/pull')", True),
        ("github.base_ref == 'main'", True),
        ("github.base_ref == 'release'", False),
        ("github.actor == 'dependabot[bot]'", False),
        ("github.actor != 'dependabot[bot]'", True),
        ("contains(github.event.pull_request.labels.*.name, 'skip')", False),
        ("!github.event.pull_request.draft", True),
        ("github.event.inputs.run", False),
        ("needs.changes.outputs.src == 'true'", None),
        ("needs.changes.outputs.src == 'true' || true", True),
        ("needs.changes.outputs.src == 'true' && false", False),
        ("!(needs.a.outputs.b)", None),
        ("matrix.os == 'ubuntu-latest' && matrix.n >= 3", True),
        ("matrix.missing", False),
        ("contains(matrix.os, 'ubuntu')", True),
        ("contains(matrix.rows.*.id, 'b')", True),
        ("endsWith(matrix.os, 'latest') == true", True),
        ("format('{0}-{1}', 'a', matrix.n) == 'a-3'", True),
        ("join(fromJSON('[1, 2]'), '-') == '1-2'", True),
        ("always() && false", False),
        ("0 == ''", True),
        ("null == ''", True),
        ("'' || 'x'", True),
        ("1 <", None),
        ("a b", None),
        ("unheard()", None),
        ("(" * 500, None),
        ("!" * 5_000 + "true", True),
        ("'" * 9_001, None),
    ],
)
def test_a_condition_holds_does_not_or_is_not_known(text: str, holds: bool | None) -> None:
    assert truth(evaluate(text, CONTEXT)) is holds


def test_a_condition_with_text_around_is_not_trusted() -> None:
    assert truth(condition("${{ false }} && true", CONTEXT)) is None
    assert condition("${{ false }}", CONTEXT) is False


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("run ${{ matrix.os }}!", "run ubuntu-latest!"),
        ("${{ matrix.n }}", 3),
        ("a ${{ 'x}}y' }} b", "a x}}y b"),
        ("a ${{ needs.x }} b", f"a {HOLE} b"),
        ("${{ never closed", "${{ never closed"),
        ("plain", "plain"),
    ],
)
def test_texts_are_filled(text: str, filled: object) -> None:
    assert fill(text, CONTEXT) == filled


def test_status_functions_are_seen() -> None:
    assert uses_status("always() || x")
    assert uses_status("!cancelled ()")
    assert not uses_status("steps.success.outputs.x")


@pytest.mark.parametrize(
    ("matrix", "expected"),
    [
        (None, [{}]),
        ({"os": ["a", "b"], "v": [1]}, [{"os": "a", "v": 1}, {"os": "b", "v": 1}]),
        ({"os": ["a", "b"], "exclude": [{"os": "b"}]}, [{"os": "a"}]),
        ({"os": ["a"], "include": [{"os": "a", "x": 1}, {"os": "c"}]}, [{"os": "a", "x": 1}, {"os": "c"}]),
        ({"include": [{"cmd": "pytest"}, {"cmd": "ruff"}]}, [{"cmd": "pytest"}, {"cmd": "ruff"}]),
        ({"v": "${{ fromJSON('[1, 2]') }}"}, [{"v": 1}, {"v": 2}]),
        ({"v": "${{ fromJSON(needs.x.outputs.y) }}"}, [{"v": Unknown("matrix.v")}]),
        ("${{ needs.x.outputs.y }}", [{}]),
        ({"a": list(range(100)), "b": list(range(100))}, [{}]),
    ],
)
def test_matrices(matrix: Any, expected: list[dict[str, Any]]) -> None:
    found = combinations({"matrix": matrix} if matrix is not None else None, CONTEXT)
    assert [dict(each) for each in found] == expected
