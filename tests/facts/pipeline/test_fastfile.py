"""Lanes of fastlane: one that uploads and tests nothing publishes, and no lane counts as a test that was seen."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.facts.pipeline.pipeline_reading import read, workflow

from shipworthy.facts.pipeline import Kind
from shipworthy.facts.pipeline.gate import hidden_deploys
from shipworthy.facts.pipeline.inventory import tests_on_change as answer_of

FASTFILE = """platform :android do
  # upload_to_play_store is used by `store`
  lane :store do |track: 'internal'|
    upload_to_play_store(track: track)
  end
  lane :build do
    gradle(task: 'assemble')
  end
  lane :build_and_ship do
    build
    store(track: 'beta')
  end
  lane :checks do
    run_tests(scheme: 'App')
  end
  lane :unit do
    gradle(task: 'testDebug')
  end
  lane :flight do
    upload_to_testflight
  end
  lane :all do
    checks
    flight
  end
end
"""
SOURCE = {"app/Main.kt": "fun main() {}\n"}


@pytest.mark.parametrize(
    ("lane", "tests", "deploys", "hidden"),
    [
        ("store", "no", True, False),
        ("android store track:beta", "no", True, False),
        ("build", "no", False, False),
        ("build_and_ship", "no", True, False),
        ("checks", "unknown", False, False),
        ("android unit", "unknown", False, False),
        ("flight", "no", True, False),
        ("all", "unknown", False, True),
        ("supply", "no", True, False),
    ],
)
def test_lanes(tmp_path: Path, lane: str, tests: str, deploys: bool, hidden: bool) -> None:
    run = workflow(f"bundle exec fastlane {lane}")
    found = read(tmp_path, {**SOURCE, "fastlane/Fastfile": FASTFILE, ".github/workflows/ci.yml": run})
    assert (answer_of(found), bool(found.of(Kind.PUBLISH)), bool(hidden_deploys(found))) == (tests, deploys, hidden)


def test_tests_without_a_fastfile_are_unknown(tmp_path: Path) -> None:
    found = read(tmp_path, {**SOURCE, ".github/workflows/ci.yml": workflow("fastlane scan")})
    assert answer_of(found) == "unknown"


def test_lanes_beyond_the_limit_are_asked_about(tmp_path: Path) -> None:
    lanes = "".join(f"lane :l{number} do\n  l{number + 1}\nend\n" for number in range(40))
    files = {"fastlane/Fastfile": f"{lanes}lane :l40 do\n  upload_to_testflight\nend\n"}
    found = read(tmp_path, {**SOURCE, **files, ".github/workflows/ci.yml": workflow("fastlane l0")})
    assert hidden_deploys(found)
