"""The script that builds the embedded index: the same archives give the same bytes, nothing withdrawn gets in."""

from __future__ import annotations

import importlib.util
import json
import zipfile
import zlib
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from shipworthy.sources.advisories import Index, Interval, hits_for_version

SCRIPT = Path(__file__).parents[2] / "scripts" / "build_advisories.py"


@pytest.fixture(scope="module")
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("build_advisories", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def record(identity: str, **more: Any) -> dict[str, Any]:
    events = [{"introduced": "0"}, {"fixed": "1.5"}]
    affected = {
        "package": {"ecosystem": "PyPI", "name": "My_Pkg"},
        "ranges": [{"type": "ECOSYSTEM", "events": events}, {"type": "GIT", "events": [{"introduced": "0"}]}],
        "versions": ["1.0", "1.4", "1.6"],
    }
    return {"id": identity, "modified": "2024-10-10T00:00:00Z", "aliases": ["CVE-9"], "affected": [affected], **more}


def archive(folder: Path, *records: dict[str, Any]) -> Path:
    path = folder / "osv.zip"
    with zipfile.ZipFile(path, "w") as bundle:
        for each in records:
            bundle.writestr(f"{each['id']}.json", json.dumps(each))
    return path


def test_building(script: ModuleType, tmp_path: Path) -> None:
    severe = [{"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}]
    path = archive(tmp_path, record("A-1", severity=severe), record("A-2", withdrawn="2024-01-01T00:00:00Z"))
    data = script.build({"PyPI": path}, {"PyPI": "a sample"})
    assert data == script.build({"PyPI": path}, {"PyPI": "a sample"})
    document = json.loads(zlib.decompress(data))["ecosystems"]["PyPI"]
    assert document["packages"] == {"my-pkg": [["A-1", ["CVE-9"], "critical", [["", "1.5"]], ["1.6"]]]}
    assert (document["date"], document["advisories"], document["partial"]) == ("2024-10-10", 1, "a sample")
    assert len(document["inputs"][0]["sha256"]) == 64
    assert hits_for_version(Index.from_bytes(data), "PyPI", "my-pkg", "1.6")


@pytest.mark.parametrize(
    ("events", "intervals"),
    [
        ([{"introduced": "0"}, {"fixed": "2"}], [Interval(None, "2")]),
        ([{"introduced": "1"}], [Interval("1", None)]),
        ([{"introduced": "1"}, {"last_affected": "2"}], [Interval("1", "2", True)]),
        (
            [{"introduced": "3"}, {"fixed": "4"}, {"introduced": "0"}, {"fixed": "1"}],
            [Interval(None, "1"), Interval("3", "4")],
        ),
        (
            [{"introduced": "0"}, {"fixed": "1"}, {"introduced": "1"}, {"fixed": "2"}],
            [Interval(None, "1"), Interval("1", "2")],
        ),
        ([{"fixed": "1"}], []),
    ],
)
def test_intervals(script: ModuleType, events: list[dict[str, str]], intervals: list[Interval]) -> None:
    assert script.intervals_of("PyPI", events) == intervals
