"""A watching child on a real repository, and what it said."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from tests.facts.secrets.examples import drawn

from shipworthy.assess.client import ChildEngine
from shipworthy.assess.events import Changed, Done, Event, Failed, Judged, Watching
from shipworthy.model import Ask, OutcomeKind

SECONDS = 30
"""When a child that says nothing has lost."""
QUIET = 1.0
"""How long nothing must come for nothing to be coming: many times what a change takes."""
APP = {
    "requirements.txt": "fastapi==0.115.0\n",
    "app/main.py": "from fastapi import FastAPI\n\napp = FastAPI()\n\n\n@app.get('/health')\ndef health():\n    pass\n",
    "app/settings.py": "import os\n\nLIMIT = os.environ['LIMIT']\n",
    ".github/workflows/ci.yml": "name: ci\non: [push, pull_request]\njobs:\n  t:\n    runs-on: ubuntu-latest\n"
    "    steps:\n      - uses: actions/checkout@v4\n      - run: pytest\n",
    "tests/test_app.py": "def test_app():\n    assert 1 + 1 == 2\n",
    ".gitignore": ".env\n*.log\nnode_modules/\n__pycache__/\n",
}
TOKEN = "ghp_" + drawn("crc", 36, 7)


class Child:
    """A watching child, and what it said."""

    def __init__(self, engine: ChildEngine, root: Path) -> None:
        self.engine = engine
        self.root = root
        self.outcomes: dict[str, str] = {}
        """What stands now: taken away by what is said to be open again."""
        self.summaries: dict[str, str] = {}
        self.said: list[Event] = []
        self._queue: asyncio.Queue[Event] = asyncio.Queue()

    async def listen(self) -> None:
        async for event in self.engine.events():
            self._queue.put_nowait(event)

    def _take(self, event: Event) -> None:
        self.said.append(event)
        if isinstance(event, Changed):
            for item in event.items:
                self.outcomes.pop(item, None)
        elif isinstance(event, Judged):
            kinds = [each.outcome.kind for each in event.outcomes]
            self.outcomes[event.item] = next((kind for kind in kinds if kind is not OutcomeKind.PASS), kinds[0])
            self.summaries[event.item] = " ".join(each.outcome.summary for each in event.outcomes)

    async def done(self) -> list[Event]:
        """Everything up to the end of the next run."""
        self.said = []
        while not self.said or not isinstance(self.said[-1], Done | Failed):
            self._take(await asyncio.wait_for(self._queue.get(), SECONDS))
        return self.said

    async def until(self, true: Callable[[], bool]) -> None:
        """Take what is said until something holds."""
        while not true():
            self._take(await asyncio.wait_for(self._queue.get(), SECONDS))

    async def nothing(self) -> None:
        """Nothing comes."""
        await asyncio.sleep(QUIET)
        assert self._queue.empty(), self._queue.get_nowait()

    def asks(self) -> list[Ask]:
        judged = [event for event in self.said if isinstance(event, Judged)]
        return [ask for event in judged for each in event.outcomes for ask in each.outcome.asks]

    def changed(self) -> Changed:
        found = [event for event in self.said if isinstance(event, Changed)]
        assert len(found) == 1
        return found[0]


@asynccontextmanager
async def watching(root: Path, consent: frozenset[str] = frozenset()) -> AsyncIterator[Child]:
    """A child that has examined everything."""
    # Older than what is too fresh to trust, as an hour-old checkout is.
    for path in (root, *root.rglob("*")):
        os.utime(path, (time.time() - 60, time.time() - 60), follow_symlinks=False)
    engine = ChildEngine(root)
    await engine.start()
    child = Child(engine, root)
    listening = asyncio.create_task(child.listen())
    try:
        await engine.watch(True)
        await engine.run(None, consent)
        await child.until(lambda: any(isinstance(event, Watching) and event.on for event in child.said))
        await child.done()
        yield child
    finally:
        await engine.stop()
        listening.cancel()
