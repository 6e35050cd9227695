"""The matcher and the embedded index: which versions an advisory concerns, what fixes it, how bad it is."""

from __future__ import annotations

import zlib
from importlib.resources import files
from typing import Any

import pytest

from shipworthy.sources.advisories import (
    Index,
    NotComparable,
    embedded,
    hits_for_every_version,
    hits_for_version,
)
from shipworthy.sources.advisories.severity import base_score, level_of, level_of_score


def index(ecosystem: str, *rows: list[Any]) -> Index:
    held = {"date": "2024-10-10", "advisories": len(rows), "partial": "", "inputs": [], "packages": {"pkg": list(rows)}}
    return Index({"format": 1, "ecosystems": {ecosystem: held}})


def row(
    identity: str, *intervals: list[Any], versions: tuple[str, ...] = (), aliases: tuple[str, ...] = ()
) -> list[Any]:
    return [identity, list(aliases), None, [list(each) for each in intervals], list(versions)]


@pytest.mark.parametrize(
    ("ecosystem", "intervals", "versions", "version", "hit"),
    [
        ("PyPI", [["", "1.5"]], (), "1.4.9", True),
        ("PyPI", [["", "1.5"]], (), "1.5", False),
        ("PyPI", [["", "1.5"]], (), "1.5rc1", True),
        ("PyPI", [["", "1.5"]], (), "1.5.0", False),
        ("PyPI", [["", "1.5"]], (), "1.5.post1", False),
        ("PyPI", [["", "1.5"]], (), "1!0.1", False),
        ("PyPI", [["1!0"]], (), "2.0", False),
        ("PyPI", [["", "1.5"]], (), "1.4+cu118", True),
        ("PyPI", [["", "1.5"]], (), "1.5+cu118", False),
        ("PyPI", [["", "1.5", 1]], (), "1.5", True),
        ("PyPI", [["", "1.5", 1]], (), "1.5+cu118", True),
        ("PyPI", [["", "1.5", 1]], (), "1.5.1", False),
        ("PyPI", [["2.0"]], (), "99", True),
        ("PyPI", [["1.0", "1.5"], ["2.0", "2.5"]], (), "1.7", False),
        ("PyPI", [["1.0", "1.5"], ["2.0", "2.5"]], (), "2.4", True),
        ("PyPI", [], ("2004d",), "2004d", True),
        ("PyPI", [], ("1.0",), "1.0.0", True),
        ("PyPI", [], ("1.0",), "1.1", False),
        ("npm", [["", "1.5.0"]], (), "1.5.0-beta.1", True),
        ("npm", [["", "1.5.0"]], (), "1.5.0", False),
        ("npm", [["", "1.5.0"]], (), "1.10.0", False),
        ("npm", [["1.0.0", "1.5.0", 1]], (), "1.5.0", True),
        ("npm", [["1.0.0", "1.5.0", 1]], (), "0.9.9", False),
        ("npm", [["", "1.5.0"]], (), "v1.4.9", True),
        ("npm", [["", "1.5.0"]], (), "1.4.9+build.5", True),
    ],
)
def test_a_version_in_or_out(
    ecosystem: str, intervals: list[list[Any]], versions: tuple[str, ...], version: str, hit: bool
) -> None:
    source = index(ecosystem, row("X-1", *intervals, versions=versions))
    assert bool(hits_for_version(source, ecosystem, "pkg", version)) is hit
    assert hits_for_version(source, ecosystem, "other", version) == ()


@pytest.mark.parametrize("version", ["2004d", "not a version", "", "1." * 500, "9" * 5_000])
def test_a_version_that_cannot_be_placed_is_never_clean(version: str) -> None:
    for ecosystem in ("PyPI", "npm"):
        with pytest.raises(NotComparable):
            hits_for_version(index(ecosystem, row("X-1", ["", "1.5"])), ecosystem, "pkg", version)


def test_a_range_that_nobody_can_order_is_never_clean() -> None:
    source = index("PyPI", row("X-1", [], ["", "1.5"]))
    assert hits_for_version(source, "PyPI", "pkg", "1.0")
    with pytest.raises(NotComparable):
        hits_for_version(source, "PyPI", "pkg", "2.0")


def test_advisories_that_share_a_name_are_one_hit_and_the_fix_is_free_of_all() -> None:
    source = index(
        "PyPI",
        row("PYSEC-1", ["", "1.5"], aliases=("CVE-1",)),
        row("GHSA-1", ["", "1.6"], aliases=("CVE-1",)),
        row("PYSEC-2", ["", "1.2"], ["1.6", "1.8"], aliases=("CVE-2",)),
    )
    first, second = hits_for_version(source, "PyPI", "pkg", "1.0")
    assert (first.ids, first.fixed) == (("GHSA-1", "PYSEC-1", "CVE-1"), "1.6")
    assert (second.ids, second.fixed) == (("PYSEC-2", "CVE-2"), "1.2")
    assert hits_for_version(source, "PyPI", "pkg", "1.7")[0].fixed == "1.8"


def test_no_fix_is_said_to_be_none() -> None:
    (hit,) = hits_for_version(index("PyPI", row("X-1", ["", "1.5", 1])), "PyPI", "pkg", "1.0")
    assert hit.fixed is None


@pytest.mark.parametrize(
    ("ecosystem", "spec", "interval", "doomed"),
    [
        ("PyPI", "<1.5", ["", "1.5"], True),
        ("PyPI", "<=1.5", ["", "1.5"], False),
        ("PyPI", "<=1.5", ["", "1.5", 1], True),
        ("PyPI", "==1.4.*", ["", "1.5"], True),
        ("PyPI", "==1.4.*", ["1.4.1", "1.5"], False),
        ("PyPI", "~=1.4.2", ["", "1.5"], True),
        ("PyPI", "~=1.4", ["", "1.5"], False),
        ("PyPI", ">=1.0", ["", "1.5"], False),
        ("PyPI", ">=1.0", ["1.0"], True),
        ("PyPI", "", [""], True),
        ("PyPI", "", ["", "1.5"], False),
        ("PyPI", ">=1.0,<1.5,!=1.3", ["1.0", "1.5"], True),
        ("PyPI", "<2,>=1.0", ["", "1.5"], False),
        ("PyPI", "===1.0", ["", "1.5"], False),
        ("PyPI", "nonsense", [""], False),
        ("npm", "^1.2.0", ["", "2.0.0"], True),
        ("npm", "^1.2.0", ["", "1.9.0"], False),
        ("npm", "~1.4.0", ["", "1.5.0"], True),
        ("npm", "1.x || ~2.1.0", ["", "2.2.0"], True),
        ("npm", "1.x || ~2.1.0", ["", "2.1.5"], False),
        ("npm", "*", ["", "2.0.0"], False),
        ("npm", "latest", ["", "2.0.0"], False),
        ("npm", "", [""], True),
        ("npm", "1.0.0 - 1.4.0", ["", "1.4.0", 1], True),
        ("npm", ">=1.0.0 <1.5.0", ["1.0.0", "1.5.0"], True),
    ],
)
def test_every_version_of_a_range(ecosystem: str, spec: str, interval: list[Any], doomed: bool) -> None:
    found = hits_for_every_version(index(ecosystem, row("X-1", interval)), ecosystem, "pkg", spec)
    assert bool(found) is doomed


@pytest.mark.parametrize(
    ("vector", "score", "level"),
    [
        # Scores as published with these vectors in the CVSS v3.1 user guide and the NVD.
        ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", 9.8, "critical"),
        ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H", 10.0, "critical"),
        ("CVSS:3.0/AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N", 6.1, "medium"),
        ("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H", 7.5, "high"),
        ("CVSS:3.1/AV:L/AC:L/PR:L/UI:N/S:U/C:H/I:H/A:H", 7.8, "high"),
        ("CVSS:3.1/AV:N/AC:L/PR:L/UI:N/S:C/C:L/I:L/A:N", 6.4, "medium"),
        ("CVSS:3.1/AV:P/AC:H/PR:H/UI:R/S:U/C:L/I:N/A:N", 1.6, "low"),
        ("CVSS:3.0/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:N", 0.0, "none"),
    ],
)
def test_base_scores(vector: str, score: float, level: str) -> None:
    assert base_score(vector) == score
    assert level_of_score(score) == level


@pytest.mark.parametrize(
    "text", ["", "CVSS:2.0/AV:N", "CVSS:3.1", "CVSS:3.1/AV:N/AC:L", "CVSS:4.0/AV:N/AC:L", "x" * 9_000]
)
def test_what_is_no_vector_has_no_score(text: str) -> None:
    assert base_score(text) is None


@pytest.mark.parametrize(
    ("words", "level"), [("MODERATE", "medium"), ("high", "high"), ("", None), (None, None), ("?", None)]
)
def test_levels_in_words(words: str | None, level: str | None) -> None:
    assert level_of([{"type": "CVSS_V4", "score": "CVSS:4.0/AV:N"}], words) == level


def test_the_embedded_index() -> None:
    data = files("shipworthy.sources.advisories").joinpath("embedded.json.zlib").read_bytes()
    assert len(data) < 600_000
    read = Index.from_bytes(data)
    for ecosystem in ("PyPI", "npm"):
        snapshot = read.snapshot(ecosystem)
        assert snapshot is not None
        assert snapshot.advisories > 500
        assert snapshot.date.year >= 2024
        assert bool(snapshot.partial) is (ecosystem == "npm")
    assert read.snapshot("Go") is None
    # A version released after the advisory was published, and the release that fixed it.
    assert "CVE-2022-34265" in hits_for_version(embedded(), "PyPI", "django", "4.0.5")[0].ids
    assert hits_for_version(embedded(), "PyPI", "django", "99.0") == ()
    assert hits_for_version(embedded(), "npm", "lodash", "4.17.20")


@pytest.mark.parametrize(
    "data", [b"", b"x", zlib.compress(b"{}"), zlib.compress(b"[]"), zlib.compress(b'{"format": 9}')]
)
def test_a_damaged_index_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="advisory index"):
        Index.from_bytes(data)
