"""Every value of a list or block is judged, whatever stands before it."""

from __future__ import annotations

import base64

import pytest
from tests.facts.secrets.examples import drawn

from shipworthy.facts.secrets.scanner import scan
from shipworthy.model import Confidence

HEAD = "apiVersion: v1\nkind: Secret\nmetadata:\n  name: shop\ntype: Opaque\ndata:\n"
RANDOM = drawn("an", 40, 77)
HARMLESS = ["https://shop.plantshop.io/app/main", "plantshop_production_main", "The quick green harbor shop"]


def coded(value: str) -> str:
    return base64.b64encode(value.encode()).decode()


def row(name: str, value: str) -> str:
    return f"  {name}: {coded(value)}\n"


def found(text: str, path: str = "deploy/secret.yaml") -> list[int]:
    """The lines of what counts."""
    data = text.encode()
    sure = [hit for hit in scan(path, data).hits if hit.confidence is not Confidence.REVIEW]
    return [data.count(b"\n", 0, hit.start) + 1 for hit in sure]


@pytest.mark.parametrize("before", range(4))
def test_a_value_behind_harmless_ones_is_found(before: int) -> None:
    rows = "".join(row(f"part{number}", value) for number, value in enumerate(HARMLESS[:before]))
    assert found(HEAD + rows + row("session", RANDOM)) == [7 + before]
    assert found(HEAD + rows) == []


def test_each_of_several_is_found() -> None:
    rows = row("one", drawn("an", 40, 78)) + row("two", HARMLESS[0]) + row("three", RANDOM)
    assert found(HEAD + rows) == [7, 9]
    assert found(HEAD + rows + "---\n" + HEAD + rows) == [7, 9, 17, 19]


def test_what_is_behind_the_block_is_not_of_it() -> None:
    rows = row("part", HARMLESS[0])
    assert found(HEAD + rows + "immutable: true\nother:\n" + row("part", RANDOM)) == []
    assert found((HEAD + rows).replace("kind: Secret", "kind: ConfigMap") + row("session", RANDOM)) == []


PLACEHOLDER = "your-api-key-goes-here-please"
LISTS = [
    ("API_KEYS = [\n    '{}',\n    '{}',\n    '{}',\n]\n", "app/keys.py"),
    ("API_KEYS = {{\n    'ann': '{}',\n    'bo': '{}',\n    'cy': '{}',\n}}\n", "app/keys.py"),
    ("const apiKeys = new Set([\n  '{}',\n  '{}',\n  '{}',\n])\n", "src/keys.ts"),
]


@pytest.mark.parametrize(("text", "path"), LISTS)
def test_a_key_behind_others_in_a_list_is_found(text: str, path: str) -> None:
    other = drawn("an", 36, 79)
    assert found(text.format(PLACEHOLDER, "dev", RANDOM), path) == [4]
    assert found(text.format(RANDOM, "dev", other), path) == [2, 4]
    assert found(text.format(PLACEHOLDER, "dev", "test"), path) == []


def test_a_password_behind_others_in_a_list_of_users_is_found() -> None:
    password = drawn("pw", 14, 80)
    assert found(f'users: {{\n  ann: "changeme",\n  bo: "{password}",\n}}\n', "src/auth.js") == [3]
    assert found(f'USERS = [\n  ("ann", "changeme"),\n  ("bo", "{password}"),\n]\n', "app/users.py") == [3]
