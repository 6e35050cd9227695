"""The shell walker: for each command, does it run, and does its failure fail the script."""

from __future__ import annotations

import pytest

from shipworthy.facts.pipeline import Answer
from shipworthy.facts.pipeline.shell import Call, Options, Script

YES, NO, UNKNOWN, PARTIAL = Answer.YES, Answer.NO, Answer.UNKNOWN, Answer.PARTIAL
FILES: set[str] = {"package.json", "api", "web", "api/package.json"}


def calls(text: str, *, errexit: bool = True, pipefail: bool = False, args: tuple[str, ...] = ()) -> list[Call]:
    return Script(
        text,
        options=Options(errexit=errexit, pipefail=pipefail),
        variables={"CI": ("true",), "GITHUB_ACTIONS": ("true",)},
        args=args,
        exists=FILES.__contains__,
    ).calls


def pytest_call(text: str, **more: bool) -> Call:
    return next(call for call in calls(text, **more) if call.words[0] == "pytest")


@pytest.mark.parametrize(
    ("text", "runs", "fails"),
    [
        ("pytest", YES, YES),
        ("pytest -q\necho done", YES, YES),
        ("pytest || true", YES, NO),
        ("pytest || :", YES, NO),
        ("pytest || exit 0", YES, NO),
        ("pytest || echo failed", YES, NO),
        ("pytest || exit 1", YES, YES),
        ("pytest || { echo failed; exit 1; }", YES, YES),
        ("pytest || (echo failed; exit 0)", YES, NO),
        ("pytest || handle", YES, UNKNOWN),
        ("pytest | tee log", YES, NO),
        ("set -o pipefail\npytest | tee log", YES, YES),
        ("set -euo pipefail; pytest | tee log", YES, YES),
        ("pytest && echo ok", YES, YES),
        ("pytest && echo ok\necho done", YES, NO),
        ("pytest; true", YES, YES),
        ("set +e\npytest\ntrue", YES, NO),
        ("set +e\npytest\nrc=$?\nreport\nexit $rc", YES, YES),
        ("set +e\npytest\nexit $?", YES, YES),
        ("set +e\npytest\nif [ $? -ne 0 ]; then exit 1; fi\necho", YES, YES),
        ("pytest || FAILED=1\nlint\nif [ \"$FAILED\" = 1 ]; then exit 1; fi", YES, YES),
        ("pytest || rc=$?\nreport\nexit ${rc:-0}", YES, YES),
        ("pytest || rc=$?\nreport", YES, NO),
        ("pytest &", YES, NO),
        ("for i in 1 2; do\n  pytest && exit 0\n  sleep 5\ndone\nexit 1", YES, YES),
        ("pytest && exit 0\nexit 1", YES, YES),
        ("pytest && exit 0\necho failed", YES, NO),
        ("pytest && exit 0\nlint && exit 0\nexit 1", YES, NO),
        ("pytest && exit 0\nlint || exit $rc\nexit 1", YES, NO),
        ("pytest &\nwait", YES, NO),
        ("pytest &\nwait $!\necho", YES, YES),
        ("pytest & p=$!\nserve\nwait \"$p\"\necho", YES, YES),
        ("set +e\npytest & p=$!\nwait $p\necho", YES, NO),
        ("pytest & p=$!\nwait $p || true", YES, NO),
        ("pytest & p=$!\nserve & p=$!\nwait $p", YES, NO),
        ("pytest &\nserve & p=$!\nwait $p", YES, NO),
        ("t() { pytest; }\nt & p=$!\nwait $p\necho", YES, YES),
        ("! pytest", YES, NO),
        ("if pytest; then echo ok; fi", YES, NO),
        ("if pytest; then echo ok; else exit 1; fi", YES, YES),
        ("if ! pytest; then exit 1; fi", YES, YES),
        ("if ! pytest; then echo sad; fi", YES, NO),
        ("echo $(pytest)", YES, NO),
        ("out=$(pytest)", YES, YES),
        ("export out=$(pytest)", YES, NO),
        ("(cd api && pytest)", YES, YES),
        ("trap 'exit 0' EXIT\npytest", YES, UNKNOWN),
        ("while true; do pytest && break; done", UNKNOWN, UNKNOWN),
        ("for i in 1 2; do pytest; done", YES, YES),
        ("exit 0\npytest", NO, YES),
        ("exit\npytest", NO, YES),
        ("if [ -n \"$SKIP\" ]; then exit 0; fi\npytest", UNKNOWN, YES),
        ("if [ -n \"$BAD\" ]; then exit 1; fi\npytest", YES, YES),
        ("[ -z \"$SKIP\" ] && exit 0\npytest", UNKNOWN, YES),
        ("if [ \"$CI\" = true ]; then pytest; fi", YES, YES),
        ("if [ \"$CI\" != true ]; then pytest; fi", NO, YES),
        ("if [[ $CI == true ]]; then echo skip; else pytest; fi", NO, YES),
        ("[ -z \"$CI\" ] && pytest", NO, YES),
        ("[ -f package.json ] && pytest", YES, YES),
        ("[ -f missing.json ] && pytest", UNKNOWN, YES),
        ("command -v pytest && pytest", UNKNOWN, YES),
        ("grep -q x y || pytest", UNKNOWN, YES),
        ("true || pytest", NO, YES),
        ("false && pytest", NO, YES),
        ("case $CI in true) pytest;; esac", YES, YES),
        ("case $CI in false) pytest;; *) echo;; esac", NO, YES),
        ("case $OTHER in x) pytest;; esac", UNKNOWN, YES),
        ("run() { pytest; }\nrun", YES, YES),
        ("run() { pytest; }\nrun || true", YES, NO),
        ("run() { return 0; pytest; }\nrun", NO, YES),
        ("if false; then ((( x\nfi\npytest", UNKNOWN, YES),
    ],
)  # fmt: skip
def test_whether_a_command_runs_and_can_fail(text: str, runs: Answer, fails: Answer) -> None:
    call = pytest_call(text)
    if text.startswith("if false; then ((("):
        # What follows a line that is not understood may stand inside it.
        assert call.runs.answer in (NO, UNKNOWN)
        return
    assert (call.runs.answer, call.fails.answer) == (runs, fails)


@pytest.mark.parametrize(
    ("text", "fails"),
    [
        ("pytest", YES),
        ("pytest; echo done", NO),
        ("lint && pytest", YES),
        ("pytest && build", YES),
        ("pytest\nbuild", NO),
        ("pytest | cat", NO),
    ],
)
def test_without_errexit_the_last_command_decides(text: str, fails: Answer) -> None:
    assert pytest_call(text, errexit=False).fails.answer is fails


@pytest.mark.parametrize(
    "text",
    ["# pytest", "echo pytest", "cat <<EOF\npytest\nEOF", "cat > x <<'EOF'\npytest\nEOF", "pytest() { echo; }\npytest"],
)
def test_text_that_only_mentions_a_command(text: str) -> None:
    assert all(call.words[0] != "pytest" for call in calls(text))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("A='pytest -q'\n$A", ("pytest", "-q")),
        ('P=""\nif [ -d venv ]; then P="venv/bin/"; fi\n${P}pytest', ("pytest",)),
        ('X=${MISSING:-pytest}\n"$X" -q', ("pytest", "-q")),
        ("'pytest' \"-k a b\"", ("pytest", "-k a b")),
    ],
)
def test_words_are_expanded(text: str, words: tuple[str, ...]) -> None:
    assert calls(text)[-1].words == words


def test_arguments_and_folders() -> None:
    found = calls('cd web && run "$1" "$@"\n(cd ../api; here)\nthere', args=("a", "b c"))
    assert [call.words for call in found] == [("run", "a", "a", "b c"), ("here",), ("there",)]
    assert [call.folder for call in found] == ["web", "api", "web"]
    assert calls("cd /tmp && x")[0].folder is None
    assert calls("cd ../.. && x")[0].folder is None


def test_outputs_for_later_steps_are_marked() -> None:
    found = calls('echo "a=1" >> $GITHUB_OUTPUT\necho "B=2" >> "$GITHUB_ENV"\necho c')
    assert [call.writes for call in found] == ["output", "env", ""]


HOSTILE = {
    "parentheses": "(" * 500,
    "ifs": "if true; then " * 300,
    "substitutions": "$(" * 400,
    "nested strings": '"$(echo ' * 300 + ')"' * 300,
    "and list": "a && " * 2_000 + "b",
    "private use": "\ue000 pytest",
    "braces": "{" * 100_000,
    "control characters": "\x00\x01\x1b[31m",
    "many commands": "x\n" * 20_000,
    "functions that call each other": "a() { b; }\nb() { a; }\na",
    "functions that double": "".join(f"f{n}() {{ f{n + 1}; f{n + 1}; }}\n" for n in range(40)) + "f0",
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_scripts_end(text: str) -> None:
    Script(text, options=Options(), variables={}, exists=FILES.__contains__)
