"""The list that `shipworthy facts dependencies` prints."""

from __future__ import annotations

import json

from tests.facts.dependencies.conftest import Read

from shipworthy.facts.dependencies.inventory import inventory
from shipworthy.facts.dependencies.vulnerable import look_up
from shipworthy.sources.advisories import embedded

HASH = " --hash=sha256:" + "0" * 64


def test_shape(read: Read) -> None:
    facts = read(
        {
            "requirements.txt": f"django==4.0.5{HASH}\n",
            "web/package.json": '{"devDependencies": {"vite": "^5"}, "dependencies": {"lodash": "4.17.20"}}',
        }
    )
    found = inventory(facts, look_up(facts, embedded()))
    assert json.loads(json.dumps(found)) == found
    assert found["packages"] == [
        {"ecosystem": "PyPI", "name": "django", "version": "4.0.5", "file": "requirements.txt", "line": 1,
         "direct": None, "dev": False},
        {"ecosystem": "npm", "name": "lodash", "version": "4.17.20", "file": "web/package.json", "line": 1,
         "direct": True, "dev": False},
    ]  # fmt: skip
    assert [(each["name"], each["spec"], each["dev"]) for each in found["unpinned"]] == [("vite", "^5", True)]
    assert {(each["name"], each["version"]) for each in found["vulnerable"]} == {
        ("django", "4.0.5"),
        ("lodash", "4.17.20"),
    }
    assert all(each["ids"] and each["fixed"] for each in found["vulnerable"])
    assert found["names"] == []
    assert set(found["advisories"]["date"]) == {"PyPI", "npm"}


def test_every_file_is_told_apart(read: Read) -> None:
    facts = read({"requirements.txt": f"django==4.0.5{HASH}\n", "requirements-web.txt": f"django==4.0.5{HASH}\n"})
    found = inventory(facts, look_up(facts, embedded()))
    assert [each["file"] for each in found["packages"]] == ["requirements-web.txt", "requirements.txt"]
    assert len(found["vulnerable"]) == 1
