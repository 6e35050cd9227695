"""What opening the coach may cost, and what a crash may say."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from driving import coach
from fake import FakeEngine, FakeSession
from textual.worker import WorkerFailed

from shipworthy.tui.app import CoachApp

HEAVY = (
    "httpx", "keyring", "tomlkit", "ruamel", "tree_sitter", "cryptography", "safety", "packaging", "jinja2",
    "shipworthy.checks", "shipworthy.facts", "shipworthy.project", "shipworthy.readiness",
    "shipworthy.tui.screens.sign", "shipworthy.tui.screens.decide", "shipworthy.tui.screens.dialogs",
    "shipworthy.tui.screens.help", "shipworthy.tui.screens.key", "shipworthy.tui.palette",
)  # fmt: skip


def test_the_screen_imports_nothing_heavy() -> None:
    code = "import sys, shipworthy.tui.app; print(*sorted(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = done.stdout.split()
    assert [each for each in loaded if any(each == heavy or each.startswith(f"{heavy}.") for heavy in HEAVY)] == []


def test_the_coach_alone_reads_its_rules_with_little(tmp_path: Path) -> None:
    code = (
        "import sys, shipworthy.cli.main, shipworthy.cli.opening, shipworthy.tui.app, shipworthy.assess.client\n"
        "from pathlib import Path; from shipworthy.session import Session\n"
        f"assert Session(Path({str(tmp_path)!r})).assessment().results\n"
        "print(*sorted(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    late = {
        "click", "tomllib", "tree_sitter", "shipworthy.git", "shipworthy.decisions", "shipworthy.assess.events",
        "shipworthy.assess.wire", "shipworthy.project.project", "shipworthy.cli.group",
    }  # fmt: skip
    assert late & set(done.stdout.split()) == set()


def test_a_theme_parses_the_style_sheets_once() -> None:
    app = CoachApp(FakeSession(), FakeEngine(), theme="light")
    assert app.theme == "shipworthy-light"
    assert {"-theme-shipworthy-light", "-light-mode"} <= app.classes
    assert "-dark-mode" not in app.classes
    assert app.stylesheet._variables["background"] == "#FBFAF7"
    # A change of theme would wait here, and parse them a second time.
    assert not app._next_callbacks


def test_the_command_line_imports_no_screen() -> None:
    code = "import sys, shipworthy.cli.coach; print(*sorted(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "textual" not in done.stdout.split()
    assert "shipworthy.tui.app" not in done.stdout.split()


async def test_the_engine_starts_after_the_first_picture() -> None:
    drawn: list[bool] = []

    class Engine(FakeEngine):
        async def start(self) -> None:
            from textual._context import active_app

            strips = active_app.get().screen._compositor.render_strips()
            drawn.append(any("Pipeline and review" in strip.text for strip in strips))
            await super().start()

    async with coach(engine=Engine()):
        assert drawn == [True]


@pytest.mark.parametrize("size", [(80, 24), (140, 40)])
async def test_a_crash_says_where_and_nothing_of_what_was_in_memory(
    size: tuple[int, int], capsys: pytest.CaptureFixture[str]
) -> None:
    secret = "sk_" + "live_" + "abcdefgh"

    class Broken(FakeSession):
        def prompt(self, item: str) -> str:
            local = f"{secret}\x1b[31m"
            raise RuntimeError(f"could not use {local}")

    async def crash() -> None:
        async with coach(Broken(), size=size) as driver:
            driver.main.go_to("secrets-not-in-tree")
            await driver.pilot.press("y")
            await driver.pilot.pause()

    with pytest.raises(WorkerFailed):
        await crash()
    said = capsys.readouterr().err
    assert "shipworthy stopped because of a bug of its own" in said
    assert "test_start.py:" in said
    assert secret not in said
    assert "\x1b" not in said


def test_a_bug_in_taking_results_ends_the_app() -> None:
    class Broken(FakeSession):
        def apply(self, event: object) -> None:
            raise KeyError("not like this")

    app = CoachApp(Broken(), FakeEngine(), ascii_only=False)

    async def run() -> None:
        async with app.run_test() as pilot:
            for _ in range(20):
                await pilot.pause()

    import asyncio

    with pytest.raises(RuntimeError):
        asyncio.run(run())
    assert app.return_code == 1


def test_no_markup_is_ever_built_from_text() -> None:
    """Every text goes through `widgets.safe`; nothing else makes `Content` from a string that is not its own."""
    folder = Path(__file__).parents[2] / "src" / "shipworthy" / "tui"
    for path in folder.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        assert "from_markup" not in text, path
        assert "markup=True" not in text, path
        if path.name != "safe.py":
            assert "Static(" not in text.replace("SafeStatic(", ""), path
            assert "import Label" not in text, path
