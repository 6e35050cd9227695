"""Which runners a package script reaches, through managers, wrappers and chains."""

from __future__ import annotations

import pytest

from shipworthy.facts.tests.scripts import follow


@pytest.mark.parametrize(
    ("text", "runners"),
    [
        ("vitest run", ["vitest"]),
        ("jest --coverage", ["jest"]),
        ("cross-env NODE_ENV=test jest -i", ["jest"]),
        ("NODE_OPTIONS=--experimental-vm-modules npx jest", ["jest"]),
        ("dotenv -e .env.test -- vitest run", ["vitest"]),
        ("nyc --reporter=text mocha 'test/**/*.js'", ["mocha"]),
        ("c8 --100 node --test", ["node:test"]),
        ("node --import tsx --test src/*.test.ts", ["node:test"]),
        ("xo && ava && tsd", ["ava"]),
        ("npm run lint && npm run unit", ["mocha"]),
        ("yarn unit", ["mocha"]),
        ("pnpm run unit -- --bail", ["mocha"]),
        ("run-s lint unit", ["mocha"]),
        ('concurrently "npm:lint" "npm:unit"', ["mocha"]),
        ("react-scripts test --watchAll=false", ["jest"]),
        ("./node_modules/.bin/jest", ["jest"]),
        ("node node_modules/jest/bin/jest.js", ["jest"]),
        ("npx if-env CI=true && exit 0 || yarn unit", ["mocha"]),
        ("playwright test", ["playwright"]),
        ("vitest bench", []),
        ("react-scripts build", []),
        ("echo no tests", []),
        ("tsc --noEmit", []),
        ("bun test", ["bun"]),
        ("karma start", ["karma"]),
    ],
)
def test_runners_reached(text: str, runners: list[str]) -> None:
    assert follow("test", {"test": text, "unit": "mocha", "lint": "eslint ."}).runners == runners


@pytest.mark.parametrize(
    ("text", "watch"),
    [
        ("vitest", False),
        ("vitest watch", True),
        ("vitest --watch", True),
        ("vitest --watch=false", False),
        ("vitest dev", True),
        ("jest --watch", True),
        ("jest --watchAll", True),
        ("jest --watchAll=false", False),
        ("mocha -w", True),
        ("node --test --watch", True),
        ("ava --watch", True),
    ],
)
def test_watching_is_seen(text: str, watch: bool) -> None:
    assert follow("test", {"test": text}).watch is watch


@pytest.mark.parametrize(
    "text",
    ["turbo run test", "nx run-many -t test", "npm test --workspaces", "pnpm -r test", "yarn workspaces run test"],
)
def test_handing_over_to_packages_is_seen(text: str) -> None:
    assert follow("test", {"test": text}).workspaces


def test_pre_and_post_scripts_are_part_of_what_is_agreed_to() -> None:
    scripts = {"pretest": "npm run build", "test": "jest", "posttest": "rm -rf tmp", "build": "tsc"}
    assert follow("test", scripts).scripts == [
        "pretest: npm run build",
        "build: tsc",
        "test: jest",
        "posttest: rm -rf tmp",
    ]


@pytest.mark.parametrize(
    "scripts",
    [
        {"test": "npm run test"},
        {"test": "npm run a", "a": "npm run b", "b": "npm run a"},
        {"test": "'" * 5_000},
        {"test": "&& " * 5_000},
        {"test": "npx " * 5_000 + "jest"},
        {"test": "\0\x1b[31m"},
    ],
)
def test_hostile_scripts_end(scripts: dict[str, str]) -> None:
    assert follow("test", scripts).runners in ([], ["jest"])
