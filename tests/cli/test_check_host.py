"""`check --host` from end to end against a stand-in on loopback: what it asks and keeps, and no trace of the token."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.sources.hosts.github_shapes import github
from tests.sources.hosts.stand_in import Reply, StandIn, made_up_token, stand_in
from tests.support import git, make_repo

from shipworthy.cli import host as cli_host
from shipworthy.cli.check import run_check

ITEMS = ("branch-protected", "review-by-another-human", "codeowners-live")
WORKFLOW = "on: push\njobs:\n  test: {runs-on: x, steps: []}\n"


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = make_repo(
        tmp_path_factory.mktemp("cli") / "shop",
        {".github/workflows/ci.yml": WORKFLOW, "a.py": "x = 1\n", "CODEOWNERS": "* @ada\n"},
    )
    git(folder, "commit", "-q", "--allow-empty", "-m", "more", "--author=Grace <grace@example.org>")
    git(folder, "remote", "add", "origin", "nowhere")
    return folder


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, folder in (("HOME", "home"), ("XDG_CACHE_HOME", "cache"), ("XDG_STATE_HOME", "state")):
        (tmp_path / folder).mkdir(mode=0o700)
        monkeypatch.setenv(name, str(tmp_path / folder))
    for name in ("GH_TOKEN", "GITHUB_TOKEN", "GITHUB_SERVER_URL", "GH_ENTERPRISE_TOKEN", "GH_HOST"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(cli_host, "from_keyring", lambda account: None)


def checked(host: StandIn, folder: Path, monkeypatch: pytest.MonkeyPatch, *, ask: bool = True, **more: Any) -> int:
    at = host.url.partition("://")[2]
    # A password in the remote must be shown as little as the token.
    git(folder, "remote", "set-url", "origin", f"http://ada:{made_up_token()}@{at}/acme/shop.git")
    monkeypatch.setenv("GH_HOST", at)
    monkeypatch.setenv("GH_ENTERPRISE_TOKEN", made_up_token())
    return run_check(folder, items=ITEMS, profile="team", verbose=True, ask_host=ask, **more)


def traces(tmp_path: Path) -> list[str]:
    token = made_up_token().encode()
    return [str(path) for path in tmp_path.rglob("*") if path.is_file() and token in path.read_bytes()]


CASES: dict[str, dict[str, Any]] = {
    "well": {},
    "token refused": {"about": Reply({"message": "Bad credentials"}, 401)},
    "echoes the token": {"about": Reply({"default_branch": 1, "message": made_up_token()}, 200)},
    "redirects": {"about": Reply(b"", 302, {"Location": "http://localhost:9/x"})},
}


@pytest.mark.parametrize("name", CASES)
def test_no_trace_of_the_token(
    name: str, repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    with stand_in(github(**CASES[name]), prefix="/api/v3") as host:
        checked(host, repository, monkeypatch, format="json" if name == "well" else "text")
        assert set(host.tokens) == {f"Bearer {made_up_token()}"}
    said = capfd.readouterr()
    assert said.out
    assert made_up_token() not in said.out + said.err
    assert "\x1b" not in said.out
    assert traces(tmp_path) == []
    assert bool(list((tmp_path / "cache/shipworthy").glob("host*"))) is (name == "well")


def test_nothing_is_asked_unasked_and_answers_stay_for_a_day(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with stand_in(github(), prefix="/api/v3") as host:
        checked(host, repository, monkeypatch, ask=False)
        assert host.asked == []
        assert "was not asked" in capsys.readouterr().out
        checked(host, repository, monkeypatch)
        count = len(host.asked)
        assert count > 10
        assert all(each.startswith("GET /api/v3/repos/acme/shop") for each in host.asked)
        asked = capsys.readouterr().out
        assert "main takes changes by request only, for everybody" in asked
        checked(host, repository, monkeypatch, ask=False, use_cache=False)
        assert len(host.asked) == count
        assert "main takes changes by request only, for everybody" in capsys.readouterr().out


def test_no_token(
    repository: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    git(repository, "remote", "set-url", "origin", "https://github.com/acme/shop.git")
    monkeypatch.setenv("GH_ENTERPRISE_TOKEN", made_up_token())
    monkeypatch.setattr("shipworthy.sources.hosts.tokens.find_tool", lambda name, outside: None)
    run_check(repository, items=ITEMS, profile="team", verbose=True, ask_host=True)
    said = capsys.readouterr().out
    assert "there is no token for github.com" in said
    assert "gh auth login" in said
