"""A file full of decoys hides nothing: what lies behind them is found, or the file is said not to be read whole."""

from __future__ import annotations

import pytest
from tests.facts.secrets.examples import drawn, example

from shipworthy.facts.secrets import assign, engine, guessable, scanner
from shipworthy.facts.secrets.analyser import SecretsAnalyser
from shipworthy.facts.secrets.engine import Engine, pattern_engine
from shipworthy.facts.secrets.rules import load
from shipworthy.facts.secrets.scanner import scan
from shipworthy.model import Confidence
from shipworthy.project import FileEntry, Source
from shipworthy.project.files import FileKind

TOKEN = "AK" + "IA" + drawn("b32", 16, 7)
LAST = f'\ndatabase_password = "{drawn("an", 24, 5)}"\naws = "{TOKEN}"\n'
DECOYS = {
    "assignments": [f'api_key = "{number:08d}-example"\n' for number in range(6_000)],
    "settings": [f"TOKEN_{number:06d}=abcdefgh1\n" for number in range(6_000)],
    "one line": [f'{{"key":"{number:08d}-example"}},' for number in range(6_000)],
    "tokens": [f"{'AK' + 'IA' + drawn('b32', 16, number)}EXAMPLE " for number in range(3_000)],
    "signing": [f'secret_{number:05d} = os.environ["A"]\n' for number in range(2_500)],
}


@pytest.fixture(params=["patterns", "hyperscan"])
def by(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Engine:
    if request.param == "patterns":
        found: Engine = pattern_engine()
    else:
        pytest.importorskip("hyperscan", reason="needs the hyperscan package: it has no wheel for this machine")
        found = request.getfixturevalue("fast")
    monkeypatch.setattr(engine._Chosen, "engine", found)
    return found


@pytest.fixture(scope="module")
def fast() -> Engine:
    from shipworthy.facts.secrets import hyper

    return hyper.HyperscanEngine(load(), hyper.database(load()))


@pytest.mark.parametrize("kind", DECOYS)
def test_what_stands_behind_many_decoys_is_found(kind: str, by: Engine) -> None:
    found = scan("app/settings.py", "".join([*DECOYS[kind], LAST]).encode())
    behind = {hit.rule for hit in found.hits if hit.confidence is not Confidence.REVIEW}
    assert {"assigned-password", "aws-access-key-id"} <= behind
    assert not found.cut


def test_doubtful_ones_in_front_do_not_push_a_sure_one_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shipworthy.facts.secrets.judging.MOST_HITS", 5)
    doubtful = "".join(f'password_{number} = "Hunter{number}now"\n' for number in range(40))
    found = scan("tests/fixtures/users.py", (doubtful + LAST).encode())
    assert "aws-access-key-id" in {hit.rule for hit in found.hits}
    assert len(found.hits) == 5
    assert found.cut


LIMITS = {
    "assignments": (assign, "_MOST_PLACES"),
    "rules": (engine, "_MOST_TRIES"),
    "signing": (guessable, "_MOST_LINES"),
}


@pytest.mark.parametrize("limit", LIMITS)
def test_a_file_with_more_places_than_are_looked_at_is_a_gap(limit: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine._Chosen, "engine", pattern_engine())
    monkeypatch.setattr(*LIMITS[limit], 2)
    apart, token = "x = 1\n" * 1_000, load().by_id["github-token"]
    parts = (f'secret_{n} = "{n:08d}-example"\n{apart}{example(token, n)}\n{apart}' for n in range(8))
    text = "".join(parts).encode()
    entry = FileEntry(path="app/settings.py", size=len(text), mtime_ns=0, inode=0, tracked=True, kind=FileKind.SOURCE)
    record = SecretsAnalyser().analyse(Source(entry, text))
    assert record.gaps == ((scanner.TOO_MANY, None),)
