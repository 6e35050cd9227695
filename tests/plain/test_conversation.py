"""The line mode: every command, every refusal, every way to answer and to leave."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from fake import OFFER, FakeEngine, FakeSession
from made_up import COMPONENTS, EXPIRED, OUTCOMES, WAIVED
from talking import INTERRUPT, talk

from shipworthy.assess.events import Failed
from shipworthy.assess.signing import SessionError
from shipworthy.model import Outcome

NO, YES = "1", "2"


def test_it_opens_with_the_verdict_the_next_step_and_what_is_open() -> None:
    said = talk()
    lines = said.text.splitlines()
    assert lines[:3] == ["Checking. Nothing leaves this machine.", "Checked 16 items in 3.2 s.", ""]
    assert lines[3].startswith(
        "NOT READY. 3 block, 2 need you, 1 could not be checked, 6 of 12 settled. todo-app at 4f2"
    )
    assert lines[4].startswith("Next: item 9. A live-looking secret is in the files (app/settings.py:12). About 10 min")
    assert lines[5] == "Profile solo: one author in the git history."
    rows = [line for line in lines if line[:1].isdigit()]
    assert rows == [
        "2. FAIL. The deploy does not wait for the tests. deploy.yml:9.",
        "7. NEEDS YOU. Tests prove that strangers are refused. 3 of 9 write routes have one.",
        "9. FAIL. A live-looking secret is in the files. settings.py:12 and 1 more.",
        "13. COULD NOT CHECK. No dependency has a known vulnerability. the advisory data is 40 days old.",
        "14. FAIL. Routes that write are open to strangers. api.py:77 and 2 more.",
        "16. NEEDS YOU. A backup was restored once.",
    ]
    assert (said.code, said.looked) == (0, [None])
    assert lines[-1] == "Left. Everything decided is already written down."


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        pytest.param(["9"], "Item 9, FAIL, required. A live-looking secret", id="by number"),
        pytest.param([""], "Item 9, FAIL, required. A live-looking secret", id="Enter goes to the next step"),
        pytest.param(["n", "n"], "Item 2, FAIL", id="next, next"),
        pytest.param(["n"] * 7, "Item 16, NEEDS YOU", id="round once"),
        pytest.param(["next open item"], "Item 9, FAIL", id="by the words of the menu"),
        pytest.param(["secrets-not-in-tree"], "Item 9, FAIL", id="by id"),
        pytest.param(["9", "item 14"], "Item 14, FAIL", id="from an item to another"),
        pytest.param(["9", "#14"], "Item 14, FAIL", id="with a hash"),
        pytest.param(["9", "14"], "'14' is no answer here. Possible: a number from 1 to 10", id="out of range"),
        pytest.param(["9", "14"], "type: item 14", id="and how to say an item's"),
        pytest.param(["9", "2", "secrets"], "Open, 6 items by number:", id="a numbered answer"),
        pytest.param(["99"], "'99' is no answer here. Possible: an item's number, or n, l", id="no such item"),
        pytest.param(["jump"], "'jump' is no answer here. Possible: an item's number", id="no such word"),
        pytest.param(["²"], "'²' is no answer here.", id="a digit that is no number"),
        pytest.param(["9" * 5000], "is no answer here.", id="a very long number"),
        pytest.param(["\x1b[A"], "a character that cannot be seen, an arrow key perhaps", id="an arrow key"),
        pytest.param(["r"], "Choose an item first: type its number.", id="no item yet"),
        pytest.param(["9", "]"], "Evidence 2 of 2: web/src/pay.ts, line 3.", id="next evidence"),
        pytest.param(["9", "["], "Evidence 2 of 2: web/src/pay.ts, line 3.", id="evidence before"),
        pytest.param(["16", "]"], "This item has no more evidence.", id="no evidence"),
        pytest.param(["f"], "6. PASS. The test suite exists, runs here and passes. 42 passed.", id="everything"),
        pytest.param(["f"], "5. FAIL, optional. Not so: Linter", id="everything says the level"),
        pytest.param(["/ fail secrets"], "1 item with 'fail secrets':\n9. FAIL.", id="filter"),
        pytest.param(["/", "pay.ts"], "1 item with 'pay.ts':\n9. FAIL.", id="filter, asked"),
        pytest.param(["/nothing like it"], "No item has 'nothing like it'.", id="filter without a match"),
        pytest.param(["/", ""], "Words to look for", id="filter, and none after all"),
        pytest.param(["V"], "as the second person: leave here and type:\nshipworthy review --plain\n", id="review"),
        pytest.param(["D"], "leave here and type:\nshipworthy diff\n", id="changes"),
        pytest.param(["people"], "leave here and type:\nshipworthy key list\n", id="people"),
        pytest.param(["?"], "Enter alone takes the answer in brackets; it never writes anything.", id="help"),
        pytest.param(["?"], "NEEDS YOU: Only you can say; it counts as open until you do.", id="help on states"),
        pytest.param(["9", "m"], "Choose: 1 next open item (n), 2 list of open items (l), 3 re-check (r)", id="menu"),
        pytest.param(["s"], "Only a READY assessment can be signed: settle what is open first.", id="sign too early"),
        pytest.param(["9", "a"], "The machine found a failure, and saying otherwise", id="no attesting"),
        pytest.param(["6", "a"], "The machine settled this item by itself", id="nothing to say"),
        pytest.param(["6", "w"], "The item is settled: there is nothing to waive.", id="nothing to waive"),
        pytest.param(["16", "r"], "No machine checks this item: what you say counts.", id="no machine"),
        pytest.param(["9", "u"], "Nothing was said about this item.", id="nothing to undo"),
        pytest.param(["16", "d"], "No fix by machine: no machine checks this item", id="no fix"),
        pytest.param(["16", "e"], "This item has no file to open.", id="no file"),
        pytest.param(["9", "e"], "is not a plain file in this repository now.", id="file gone"),
    ],
)
def test_an_answer_and_what_it_does(typed: list[str], says: str) -> None:
    said = talk(*typed)
    assert says in said.text, said.text
    assert (said.did, said.left, said.code) == ([], 0, 0)


def test_an_item_is_said_in_full_words_first() -> None:
    lines = talk("9").after("Item 9,").splitlines()
    assert lines[:9] == [
        "Item 9, FAIL, required. A live-looking secret is in the files.",
        "secrets-not-in-tree, a machine decides. Checked in 84 ms.",
        "Evidence 1 of 2: app/settings.py, line 12. critical, certain.",
        "| 10: DEBUG = False",
        "| 11: ",
        lines[5],
        '| 13: ALLOWED_HOSTS = ["*"]',
        "| 14: DATABASES = load_databases()",
        "A Stripe key for real payments is written in this file.",
    ]
    assert lines[5].startswith("| 12, here: STRIPE_KEY = ")
    rest = "\n".join(lines)
    for words in (
        "Why: Anyone who can read",
        "Fix:\n1. Revoke the key at Stripe. Do this first.\n2. ",
        "It passes when: No live",
    ):
        assert words in rest


@pytest.mark.parametrize(
    ("outcomes", "decision", "item", "says"),
    [
        (OUTCOMES, WAIVED, "17", "Waived by Ada Lovelace <ada@example.org> on 20 Nov, until 20 Dec:\n“Launch"),
        (OUTCOMES, replace(WAIVED, not_applicable=True), "17", "Said not to apply by Ada"),
        (OUTCOMES, EXPIRED, "16", "What was said does not count: expired on 2026-11-01. Say it again with a or w"),
        (OUTCOMES, None, "16", "Evidence: No machine can know this. You can: a attests it."),
        (OUTCOMES, None, "16", "Does not apply when: The app keeps no data of its own."),
        (OUTCOMES, None, "16", "Press a if you can say: I restored a backup"),
        (OUTCOMES, None, "6", "Looked at: python -m pytest: 42 passed in 3.1 s."),
        ({**OUTCOMES, "tests-pass": Outcome.unknown("needs a yes")}, None, "6", "it runs `python -m pytest -q`."),
    ],
)  # fmt: skip
def test_what_else_an_item_says(outcomes: dict[str, Outcome], decision: object, item: str, says: str) -> None:
    decisions = {decision.item: decision} if decision else {}  # type: ignore[attr-defined]  # it is a Decision
    said = talk(item, session=FakeSession(decisions=decisions), engine=FakeEngine(outcomes))
    assert says in said.text, said.text


def test_several_components_are_named() -> None:
    said = talk("14", engine=FakeEngine(components=COMPONENTS), session=FakeSession(components=COMPONENTS))
    assert "Components: api (service), web (site)." in said.text
    assert "14. FAIL. Routes that write are open to strangers. web: api.py:77 and 2 more." in said.text


# Checking


def test_what_does_not_count_is_said_once_and_not_as_an_answer() -> None:
    late = replace(EXPIRED, item="authz-negative-tests")
    said = talk("7", "r", session=FakeSession(decisions={late.item: late}))
    words = "Item 7 is now: NEEDS YOU. What was said does not count: expired on 2026-11-01. About 10 min."
    assert said.after("Checking it again.").count("expired on") == 1
    assert words in said.text


def test_checking_again_looks_at_one_item_or_at_all() -> None:
    said = talk("9", "r", "R")
    assert said.looked == [None, ("secrets-not-in-tree",), None]
    assert "Item 9 is now: FAIL. settings.py:12 and 1 more. About 10 min." in said.text


@pytest.mark.parametrize(
    ("answer", "looked", "did", "says"),
    [
        ("", [None], [], "It does not run."),
        (NO, [None], [], "It does not run."),
        ("2", [None, ("tests-pass",)], [], "Checking it again."),
        ("always", [None, ("tests-pass",)], [("remember", "python -m pytest -q")], "Checking it again."),
        ("maybe", [None], [], "'maybe' is no answer here. Possible: 1 no, 2 yes, until I leave, 3 always"),
    ],
)
def test_the_projects_command_runs_only_after_a_yes(
    answer: str, looked: list[object], did: list[object], says: str
) -> None:
    said = talk("6", "r", answer)
    assert "$ python -m pytest -q\nIt runs in a copy of the repository." in said.text
    assert (said.looked, said.did, says in said.text) == (looked, did, True)
    assert said.session.allowed == ({"python -m pytest -q"} if len(looked) > 1 else set())


def test_after_a_failure_only_another_try_is_offered() -> None:
    engine = FakeEngine(failed=Failed(message="policy.toml:3 is broken", diagnostics="Mend line 3."))
    said = talk("n", "9", "a", "R", engine=engine)
    assert "COULD NOT EXAMINE. policy.toml:3 is broken\nMend line 3." in said.text
    assert "Choose: an item's number, R try again, ? help, q leave." in said.text
    assert said.text.count("Nothing could be examined. Press R to try again.") == 2
    assert said.looked == [None, None]
    assert "READY" not in said.text


# Deciding


@pytest.mark.parametrize(
    ("typed", "did", "says"),
    [
        pytest.param(
            ["I restored it.", "", "", "", YES],
            [("attest", "backup-restored", "I restored it.", "", "2027-02-20")], "Item 16 is now: SAID BY A PERSON.",
            id="said",
        ),
        pytest.param(
            ["I restored it.", "2026-11-18", "docs/runbook.md", "30", "yes"],
            [("attest", "backup-restored", "2026-11-18: I restored it.", "docs/runbook.md", "2026-12-22")],
            "until 22 Dec, as Ada Lovelace", id="with a day and a link",
        ),
        pytest.param(
            ["I restored it.", "yesterday", "2027-01-01", "2026-11-01", "", "never", "0", "2026-12-24", "y"],
            [("attest", "backup-restored", "2026-11-01: I restored it.", "", "2026-12-24")],
            "Give the day as 2026-11-18", id="wrong days are asked again",
        ),
        pytest.param([""], [], "Nothing was written.", id="no reason"),
        pytest.param(["q"], [], "Given up. Nothing was written.", id="q for a reason"),
        pytest.param(["I did.", "", "", "q"], [], "Given up. Nothing was written.", id="q for a day"),
        pytest.param(["I did.", "", "", "", "q"], [], "Nothing was written.", id="q at the end"),
        pytest.param(["I did.", "", "", "", ""], [], "Nothing was written.", id="Enter at the end says no"),
        pytest.param(["I did.", "", ""], [], "Left. Everything", id="the input ends before the yes"),
        pytest.param(
            ["I did.", "", "", "9999", YES, ""], [], "It was not written down: At most 365 days.\nChoose an earlier",
            id="refused, and left at that",
        ),
        pytest.param(
            ["I did.", "", "", "9999", YES, YES, "90", YES],
            [("attest", "backup-restored", "I did.", "", "2027-02-20")], "Try again, with another end?",
            id="refused, and another end",
        ),
    ],
)  # fmt: skip
def test_attesting(typed: list[str], did: list[tuple[str, ...]], says: str) -> None:
    said = talk("16", "a", *typed)
    assert [(*each[:4], str(each[4])) for each in said.did] == did
    assert says in said.text, said.text
    assert ("This writes .shipworthy/decisions.toml. Write it down?" in said.text) is (len(typed) > 4)


def test_the_file_a_machine_saw_is_offered_as_evidence() -> None:
    for typed, evidence in (("", "tests/test_api.py"), ("-", ""), ("other.md", "other.md")):
        assert talk("7", "a", "I looked.", "", typed, "", YES).did[0][3] == evidence


@pytest.mark.parametrize(
    ("typed", "did"),
    [
        (["9", "w", "Not real.", "", YES], ("waive", "secrets-not-in-tree", "Not real.", "2026-12-22", False)),
        (["16", "w", "No data.", YES, "10", YES], ("waive", "backup-restored", "No data.", "2026-12-02", True)),
        (["16", "w", "Later.", "", "10", YES], ("waive", "backup-restored", "Later.", "2026-12-02", False)),
        (["9", "w", ""], None),
        (["9", "w", "Not real.", "", NO], None),
    ],
)
def test_waiving(typed: list[str], did: tuple[object, ...] | None) -> None:
    said = talk(*typed)
    assert [(*each[:3], str(each[3]), each[4]) for each in said.did] == ([did] if did else [])
    assert ("It covers" if typed[0] == "9" else "this may not be true: A backup was restored once.") in said.text


def test_the_approver_of_a_waiver_is_asked_for() -> None:
    session = FakeSession(approver_needed=True)
    assert talk("9", "w", "Not real.", "", session=session).did == []
    said = talk("9", "w", "Not real.", "lea@example.org", "", YES, session=session)
    assert said.did[0][-1] == "lea@example.org"
    assert "it counts once they approve" in said.text
    assert "as accepted by lea@example.org." in said.text


@pytest.mark.parametrize(("typed", "kept"), [("", True), ("n", True), ("y", False)])
def test_taking_back_what_was_said(typed: str, kept: bool) -> None:
    said = talk("17", "u", typed)
    assert "“Launch is invite-only, ten people, all in one chat.”" in said.after("This takes back:")
    assert (WAIVED.item in said.session.decisions) is kept
    assert ("It stays." if kept else "Taken back.") in said.text


# Handing over


def test_the_prompt_is_printed_whole() -> None:
    said = talk("9", "y", width=20)
    assert "\n# A live-looking secret is in the files\n" in said.text
    assert "shipworthy prompt secrets-not-in-tree > prompt.txt" in said.text


@pytest.mark.parametrize(
    ("environ", "ended", "says"),
    [
        ({"EDITOR": "/bin/cat"}, 0, "Press r to check this item again."),
        ({"EDITOR": "/bin/cat"}, 3, "/bin/cat ended with 3."),
        (
            {"EDITOR": "/bin/cat"},
            OSError(2, "No such file"),
            "/bin/cat could not start (No such file). Open",
        ),
        ({}, 0, "Set VISUAL or EDITOR to open it from here: web/src/pay.ts:3"),
    ],
)
def test_the_editor_opens_the_evidence_last_shown(
    tmp_path: Path, environ: dict[str, str], ended: int | OSError, says: str
) -> None:
    path = tmp_path / "web/src/pay.ts"
    path.parent.mkdir(parents=True)
    path.write_text("1\n2\n3\n")

    def editor(command: list[str], folder: Path) -> int:
        if isinstance(ended, OSError):
            raise ended
        return ended

    said = talk("9", "]", "e", session=FakeSession(root=tmp_path), environ=environ, editor=editor)
    assert says in said.text, said.text
    assert said.edited == ([["/bin/cat", "+3", str(path)]] if environ else [])


# Fixing


@pytest.mark.parametrize(
    ("typed", "did"),
    [
        (["", "U", YES], ["propose_fix"]),
        ([YES], ["propose_fix", "apply_fix"]),
        ([YES, "U", ""], ["propose_fix", "apply_fix"]),
        ([YES, "U", YES], ["propose_fix", "apply_fix", "undo_fix"]),
    ],
)
def test_a_fix_is_shown_applied_after_a_yes_and_taken_back(typed: list[str], did: list[str]) -> None:
    said = talk("9", "d", *typed)
    assert [each[0] for each in said.did] == did
    assert f"\n{OFFER.diff[5]}\n{OFFER.diff[6]}\n" in said.text
    assert "Note: First replace the secret of app/settings.py:12" in said.text
    assert "This changes 1 file. Apply it? 1 no, 2 yes." in said.text
    assert said.looked == [None] + [("secrets-not-in-tree",)] * (len(did) - 1)
    assert ("app/settings.py:12 is empty now." in said.text) is ("undo_fix" in did)
    assert ("no fix was applied here" in said.text) is (typed == ["", "U", YES])


def test_a_fix_that_is_refused_or_does_not_exist() -> None:
    refused = FakeSession(fix_error=SessionError("app/settings.py changed meanwhile", "Look at it again."))
    said = talk("9", "d", YES, session=refused)
    assert "It was not applied: app/settings.py changed meanwhile\nLook at it again." in said.text
    assert said.looked == [None]
    assert "No fix by machine: it takes judgement." in talk("13", "d").text


# Leaving


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ([], 0), (["q"], 0), (["quit"], 0), (["9", "leave"], 0), ([INTERRUPT], 130), (["16", "a", INTERRUPT], 130),
        (["16", "a", "I did.", "", "", "", INTERRUPT], 130), (["9", "d", INTERRUPT], 130),
    ],
)  # fmt: skip
def test_leaving_at_any_question_loses_and_writes_nothing(typed: list[str], code: int) -> None:
    said = talk(*typed, session=FakeSession())
    assert said.code == code
    assert [each for each in said.did if each[0] != "propose_fix"] == []
    assert said.text.endswith("Left. Everything decided is already written down.\n")
