"""What the list and the top of the screen say, for every state an item can be in."""

from __future__ import annotations

import pytest
from driving import NARROW, WIDE, coach
from fake import FakeEngine, FakeSession
from made_up import ALL_GOOD, CHECKLIST, COMPONENTS, DECIDED, EXPIRED, OUTCOMES, TODAY, WAIVED

from shipworthy.assess.events import Failed, Judged
from shipworthy.assess.signing import SessionError
from shipworthy.coaching.words import aside, counts, face_of, headline, next_words
from shipworthy.model import Checklist, ComponentOutcome, Finding, Location, Outcome
from shipworthy.tui.widgets.items import ItemList, Listing, entries, spaced


def judged(session: FakeSession, outcomes: dict[str, Outcome] | None = None) -> FakeSession:
    """The session after an examination."""
    for item, outcome in (outcomes or dict(OUTCOMES)).items():
        session.apply(Judged(item=item, outcomes=(ComponentOutcome(component=None, outcome=outcome),), milliseconds=1))
    return session


def rows(session: FakeSession, width: int = 78, **changes: object) -> list[str]:
    """The list's lines."""
    assessment = session.assessment()
    listing = Listing(
        areas=assessment.checklist.areas,
        results=assessment.results,
        today=TODAY,
        several=len(assessment.components) > 1,
        running=frozenset(session.running),
        pending=frozenset(session.pending),
        **changes,  # type: ignore[arg-type]  # passed on as they are
    )
    return [entry.line.at(width).plain.rstrip() for entry in entries(listing)]


def test_the_whole_list() -> None:
    assert rows(judged(FakeSession())) == [
        "Pipeline and review                                                     1 of 2",
        "✔ pass    The pipeline really runs the tests, and they can fail it",
        "✘ fail    The deploy does not wait for the tests                  deploy.yml:9",
        "▸ 2 suggested, 1 optional                                               2 open",
        "Tests                                                                   1 of 2",
        "✔ pass    The test suite exists, runs here and passes                42 passed",
        "? you     Tests prove that strangers are refused  3 of 9 write routes have one",
        "▸ 1 suggested                                                           1 open",
        "Secrets                                                                 1 of 2",
        "✘ fail    A live-looking secret is in the files              settings.py:12 +1",
        "✔ pass    Local secret files cannot be committed or shipped    .env is ignored",
        "▸ 1 optional                                                            1 open",
        "Dependencies                                                            1 of 2",
        "✔ pass    Exact dependency versions are committed                      uv.lock",
        "! unknown No dependency has a known vulnerability  the advisory data is 40 da…",
        "Access and routes                                                       1 of 2",
        "✘ fail    Routes that write are open to strangers                 api.py:77 +2",
        "– n/a     Debug pages and admin tools are off in production    no debug routes",
        "Operations                                                              1 of 2",
        "? you     A backup was restored once",
        "~ waived  Someone is alerted on errors                               to 20 Dec",
    ]


def checking(session: FakeSession, *items: str) -> FakeSession:
    """The session while these are checked again."""
    session.running = set(items)
    return session


def test_running_and_waiting_items_are_never_shown_as_judged() -> None:
    session = judged(FakeSession())
    session.running, session.pending = {"ci-runs-tests"}, {"deploy-gated"}
    shown = rows(session)
    assert shown[1].startswith("… running The pipeline really")
    # Its old failure is not its title while nobody knows.
    assert shown[2].startswith("… waiting Nothing is deployed unless")


@pytest.mark.parametrize("width", [10, 24, 40, 60, 78, 138])
def test_every_line_is_exactly_as_wide_as_asked(width: int) -> None:
    session = judged(FakeSession(components=COMPONENTS))
    assessment = session.assessment()
    listing = Listing(areas=assessment.checklist.areas, results=assessment.results, today=TODAY, several=True)
    assert {entry.line.at(width).cell_length for entry in entries(listing)} == {width}


def test_areas_are_set_apart_only_where_there_is_room() -> None:
    session = judged(FakeSession())
    assessment = session.assessment()
    found = entries(Listing(areas=assessment.checklist.areas, results=assessment.results, today=TODAY, several=False))
    assert spaced(found, len(found) + 4) == found
    assert len(spaced(found, len(found) + 5)) == len(found) + 5


def test_a_decision_that_no_longer_counts_says_why() -> None:
    session = judged(FakeSession(decisions={EXPIRED.item: EXPIRED}))
    assert "? you     A backup was restored once                     expired on 2026-11-01" in rows(session)


def test_components_are_named_where_there_are_several() -> None:
    session = FakeSession(components=COMPONENTS)
    outcome = OUTCOMES["deploy-gated"]
    session.apply(
        Judged(item="deploy-gated", outcomes=(ComponentOutcome(component="web", outcome=outcome),), milliseconds=1)
    )
    result = next(each for each in session.assessment().results if each.item.id == "deploy-gated")
    assert aside(result, TODAY, True) == "web: deploy.yml:9"
    assert aside(result, TODAY, False) == "deploy.yml:9"


def test_a_long_place_keeps_its_line() -> None:
    where = Location(path=".github/workflows/create-draft-release.yml", line=50)
    finding = Finding.at(where, "deploy-gated/x", "It waits for nothing.", anchor="x")
    session = judged(FakeSession(), {**OUTCOMES, "deploy-gated": Outcome.failed("x", [finding])})
    assert "✘ fail    The deploy does not wait for the tests   create-draft-release.yml:50" in rows(session)
    assert "✘ fail    The deploy does not wait for …  …raft-release.yml:50" in rows(session, width=62)


@pytest.mark.parametrize(
    ("words", "items"),
    [
        ("fail", ["deploy-gated", "lint-types-in-ci", "secrets-not-in-tree", "write-routes-need-login"]),
        ("SECRETS pass", ["env-files-ignored"]),
        ("deploy.yml", ["deploy-gated"]),
        ("known-vulns", ["known-vulns"]),
        ("optional", ["lint-types-in-ci", "secret-store"]),
        ("needs you required", ["authz-negative-tests", "backup-restored"]),
        ("[nothing", []),
    ],
)
def test_filter(words: str, items: list[str]) -> None:
    session = judged(FakeSession())
    assessment = session.assessment()
    listing = Listing(
        areas=assessment.checklist.areas, results=assessment.results, today=TODAY, several=False, words=words
    )
    assert [each.key[5:] for each in entries(listing) if each.key.startswith("item:")] == items


# state of the session -> the verdict and its counts
VERDICTS = {
    "nothing judged": (
        FakeSession(pending={each.id for each in CHECKLIST.items}, decisions={}),
        "CHECKING",
        "0 of 12 settled · 12 to check",
    ),
    "one failed, others to come": (
        judged(FakeSession(pending={"lockfile"}), {"deploy-gated": OUTCOMES["deploy-gated"]}),
        "NOT READY",
        "1 blocks · 9 need you · 1 of 12 settled · 1 to check",
    ),
    "all judged": (judged(FakeSession()), "NOT READY", "3 block · 2 need you · 1 unknown · 6 of 12 settled"),
    "all settled": (judged(FakeSession(decisions=dict(DECIDED)), dict(ALL_GOOD)), "READY", "12 of 12 settled"),
    "all settled but one is checked again": (
        checking(judged(FakeSession(decisions=dict(DECIDED)), dict(ALL_GOOD)), "lockfile"),
        "CHECKING",
        "11 of 12 settled · 1 to check",
    ),
    "nothing required": (FakeSession(profile="worker"), "NOT READY", "0 of 0 settled"),
}


@pytest.mark.parametrize("name", VERDICTS)
def test_verdict(name: str) -> None:
    session, verdict, said = VERDICTS[name]
    assessment = session.assessment()
    assert headline(assessment, session.running, session.pending, planned=True).words == verdict
    assert counts(assessment, session.running, session.pending) == said


def test_before_anything_is_planned_there_is_no_verdict() -> None:
    assert headline(FakeSession().assessment(), set(), set(), planned=False).words == "CHECKING"


@pytest.mark.parametrize(
    ("item", "words"),
    [
        ("deploy-gated", "The deploy does not wait for the tests (deploy.yml:9)."),
        ("known-vulns", "Could not check: No dependency has a known vulnerability."),
        ("backup-restored", "Only you can say: A backup was restored once."),
    ],
)
def test_next_step(item: str, words: str) -> None:
    results = {each.item.id: each for each in judged(FakeSession()).assessment().results}
    assert next_words(results[item]) == words


def test_every_status_has_a_glyph_and_a_word() -> None:
    session = judged(FakeSession(decisions=dict(DECIDED)))
    faces = {face_of(each, set(), set()) for each in session.assessment().results}
    assert {(each.glyph, each.word) for each in faces} == {
        ("✔", "pass"), ("✔", "said"), ("✘", "fail"), ("?", "you"), ("!", "unknown"), ("–", "n/a"), ("~", "waived"),
    }  # fmt: skip


async def test_the_top_at_both_sizes() -> None:
    for size in (NARROW, WIDE):
        async with coach(size=size) as driver:
            assert driver.lines[0].startswith("  NOT READY   3 block · 2 need you · 1 unknown · 6 of 12 settled")
            # Where both do not fit, the counts stay and the commit goes.
            assert ("todo-app*" if size == NARROW else "todo-app @ 4f2a91c") in driver.lines[0]
            assert driver.lines[1].startswith(" Next  A live-looking secret is in the files (settings.py:12).")
            assert "about 10 min" in driver.lines[1]
            assert "Profile solo: one author in the git history" in driver.lines[2]
            assert "checked 16 items in 3.2 s" in driver.lines[2]


async def test_several_components_are_named_at_the_top() -> None:
    async with coach(FakeSession(components=COMPONENTS), FakeEngine(components=COMPONENTS), size=WIDE) as driver:
        assert "2 components: api (service), web (site)" in driver.lines[2]


async def test_results_stream_in_under_the_cursor() -> None:
    async with coach(engine=FakeEngine(hold=6)) as driver:
        await driver.until("… running Tests prove that strangers are refused")
        assert "to check" in driver.lines[0]
        await driver.press("j")
        items = driver.main.query_one(ItemList)
        was = items.current
        driver.engine.hold = None
        await driver.press("R")
        await driver.until("checked 16 items")
        assert items.current == was


async def test_the_cursor_starts_where_it_matters_most() -> None:
    async with coach() as driver:
        assert driver.main.query_one(ItemList).current == "secrets-not-in-tree"


async def test_first_run_hint_goes_once_it_was_read() -> None:
    async with coach(first_time=True) as driver:
        assert "First time here?" in driver.text
        await driver.press("n")
        assert "First time here?" not in driver.text
    async with coach() as driver:
        assert "First time here?" not in driver.text


async def test_a_failed_examination_says_what_to_do_and_can_be_repeated() -> None:
    failed = Failed(message="git said no.", diagnostics="Install git.\nThen try again.")
    for size in (NARROW, WIDE):
        async with coach(engine=FakeEngine(failed=failed), size=size) as driver:
            assert "COULD NOT EXAMINE" in driver.lines[0]
            assert "git said no." in driver.text
            assert "Then try again." in driver.text
            assert "NOT READY" not in driver.text
            assert "settled" not in driver.text
            driver.engine.failed = None
            await driver.press("R")
            await driver.until("checked 16 items")
            assert "NOT READY" in driver.text


@pytest.mark.parametrize("error", [OSError("no more processes"), SessionError("no more processes", "End some.")])
async def test_an_engine_that_does_not_start(error: Exception) -> None:
    async with coach(engine=FakeEngine(error=error)) as driver:
        await driver.until("The examination could not start: no more processes")
        driver.engine.error = None
        await driver.press("R")
        await driver.until("checked 16 items")
        assert driver.engine.calls.count(("start",)) == 2


async def test_an_engine_that_dies() -> None:
    async with coach() as driver:
        driver.engine.end()
        await driver.until("The examination ended by itself")
        await driver.press("R")
        await driver.until("checked 16 items")


async def test_the_engine_is_stopped_on_leaving() -> None:
    async with coach() as driver:
        engine = driver.engine
    assert ("stop",) in engine.calls


async def test_a_checklist_without_items() -> None:
    empty = Checklist(name="none", version="1", title="None", areas=(), items=(), digest="0" * 64)
    async with coach(FakeSession(checklist=empty), FakeEngine(items=())) as driver:
        assert "The checklist asks nothing of this repository." in driver.text
        assert "NOT READY" in driver.text
        await driver.press("n", "enter", "a", "w", "r", "y", "e", "f", "j", "right_square_bracket", "pagedown")
        assert "NOT READY" in driver.text


async def test_a_filter_without_a_hit() -> None:
    async with coach() as driver:
        await driver.press("slash")
        await driver.type("zzz")
        assert "No item has these words." in driver.text
        await driver.press("escape")
        assert "Pipeline and review" in driver.text


async def test_too_small() -> None:
    async with coach(size=(40, 12)) as driver:
        assert "Too small to show the coach" in driver.text
        assert "40x12" in driver.text
        for size in ((40, 12), (1, 1), (59, 40), (140, 13)):
            await driver.pilot.resize_terminal(*size)
            await driver.press("n", "enter", "w", "escape", "question_mark", "escape")
            assert "Pipeline" not in driver.text
            await driver.pilot.resize_terminal(*NARROW)
            await driver.until("NOT READY")
            assert "Too small" not in driver.text


async def test_resizing_moves_between_one_pane_and_two() -> None:
    async with coach() as driver:
        assert "A Stripe key for real payments" not in driver.text
        await driver.pilot.resize_terminal(*WIDE)
        await driver.until("A Stripe key for real payments")
        assert "Pipeline and review" in driver.text


def test_waived_item_keeps_its_end_date_with_the_year_of_another_year() -> None:
    session = judged(FakeSession(decisions=dict(DECIDED)))
    result = next(each for each in session.assessment().results if each.item.id == "backup-restored")
    assert aside(result, TODAY, False) == "to 16 Feb 2027"
    assert WAIVED.expires is not None
