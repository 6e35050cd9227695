"""Runs the suites after the user's yes, and says what came of each; without a yes nothing of the project is started."""

from __future__ import annotations

import sys
import time
from typing import ClassVar

from shipworthy.facts.base import FactReader, Facts, View
from shipworthy.facts.tests import consent
from shipworthy.facts.tests.kinds import Suite, SuiteRun, TestRun, TestSuites
from shipworthy.facts.tests.quote import masked
from shipworthy.facts.tests.running import one, sandbox
from shipworthy.facts.tests.running.environment import Found
from shipworthy.facts.tests.running.sandbox import Limits
from shipworthy.facts.tests.running.tree_copy import TooLarge

LIMITS = Limits()
"""For all suites of a repository together."""


class RunReader(FactReader[TestRun]):
    """Each runnable suite: is everything there, does the user agree, what do the results say."""

    needs = (TestSuites,)
    seconds: ClassVar[float | None] = LIMITS.seconds + 180
    """Beside the run itself: copying the tree, and ending what hangs."""

    def read(self, view: View, facts: Facts) -> TestRun:
        rows: list[SuiteRun] = []
        ready: list[tuple[Suite, Found]] = []
        refused = sandbox.unavailable() if facts[TestSuites].runnable else ""
        for suite in facts[TestSuites].runnable:
            found = (
                one.find(view, suite) if sys.platform != "win32" else Found(problem="tests are not run on Windows yet")
            )
            if found.problem:
                rows.append(SuiteRun(suite=suite, state="cannot-run", note=found.problem, remedy=found.remedy))
            elif self._consent(view, suite, found, refused):
                ready.append((suite, found))
            else:
                rows.append(SuiteRun(suite=suite, state="no-consent", ask=consent.ask_of(view.project, suite)))
        tree = ""
        if ready:
            done, tree = self._run(view, ready, isolate=not refused)
            rows += done
        order = {id(suite): number for number, suite in enumerate(facts[TestSuites].suites)}
        rows.sort(key=lambda row: order[id(row.suite)])
        return TestRun(runs=tuple(rows), tree=tree, read=tuple(view.seen), gaps=tuple(view.gaps))

    def _consent(self, view: View, suite: Suite, found: Found, refused: str) -> bool:
        context = view.context
        remembered = consent.recorded(context.state_dir, consent.key_of(view.project, suite))
        if remembered is not None:
            return remembered == "always"
        if context.run_consent is None:
            return False
        return context.run_consent(consent.command_text(suite), _why(suite, found, refused)) is True

    def _run(self, view: View, ready: list[tuple[Suite, Found]], *, isolate: bool) -> tuple[list[SuiteRun], str]:
        environments = sorted({each for _, found in ready for each in found.environments})
        rows: list[SuiteRun] = []
        deadline = time.monotonic() + LIMITS.seconds
        try:
            with one.workshop(view, environments, isolate=isolate) as shop:
                for suite, found in ready:
                    left = deadline - time.monotonic()
                    if left < 1:
                        note = f"not reached within {LIMITS.seconds:g} s"
                        rows.append(SuiteRun(suite=suite, state="stopped", note=note))
                        continue
                    limits = Limits(seconds=left, memory=sandbox.memory_allowance())
                    rows.append(one.run_suite(view, suite, found, shop, limits))
                return rows, shop.copied.digest
        except (TooLarge, OSError) as error:
            note = (
                str(error) if isinstance(error, TooLarge) else f"the copy could not be made: {error.strerror or error}"
            )
            done = {id(row.suite) for row in rows}
            rows += [SuiteRun(suite=s, state="cannot-run", note=note) for s, _ in ready if id(s) not in done]
            return rows, ""


def _why(suite: Suite, found: Found, refused: str) -> str:
    """What the user is asked to agree to, in plain words."""
    through = f" ({'; '.join(masked(each, 600) for each in suite.script)})" if suite.script else ""
    kept = (
        "in a copy of the tree, without network, with your files read-only and your home hidden"
        if not refused
        else f"in a copy of the tree; this system offers no full sandbox ({refused}), so a guard inside the test "
        "process refuses network connections, and nothing else keeps the tests from your files"
    )
    return (
        f"Runs the project's own tests{through} with {masked(found.shown, 600)}, {kept}. "
        f"None of your environment variables is passed on. At most {LIMITS.seconds / 60:g} minutes."
    )
