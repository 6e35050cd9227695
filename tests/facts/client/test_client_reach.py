"""Which files a client is made of: imports by path, alias and package, and what stays on the server."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.support import NOW, write

from shipworthy.assess.store import FactStore
from shipworthy.facts import Context
from shipworthy.facts.client import Client
from shipworthy.project import Project

PAGE = '<script type="module" src="/src/main.ts"></script>'
VITE = {"package.json": '{"devDependencies": {"vite": "6"}}', "index.html": PAGE}
KEY = "export const k = import.meta.env.VITE_OPENAI_API_KEY\n"


def client_of(folder: Path, files: dict[str, str]) -> Client:
    write(folder, files)
    store = FactStore(Project.open(folder), Context(now=NOW, home=folder), (Client,))
    fact = store.get(Client)
    assert isinstance(fact, Client), fact
    return fact


def uses(specifier: str) -> str:
    return f"import {{ k }} from '{specifier}'\nconsole.log(k)\n"


@pytest.mark.parametrize(
    ("specifier", "files"),
    [
        ("./k", {"src/k.ts": KEY}),
        ("./k.js", {"src/k.ts": KEY}),
        ("./k", {"src/k/index.tsx": KEY}),
        ("./k?raw", {"src/k.ts": KEY}),
        ("/src/k", {"src/k.ts": KEY}),
        ("@/k", {"src/k.ts": KEY}),
        ("@//k", {"src/k.ts": KEY}),
        (
            "~lib/k",
            {"own/k.ts": KEY, "tsconfig.json": '{// c\n"compilerOptions": {"paths": {"~lib/*": ["./own/*",],},},}'},
        ),
        ("own/k", {"own/k.ts": KEY, "tsconfig.json": '{"compilerOptions": {"baseUrl": "."}}'}),
        (
            "#k",
            {
                "own/k.ts": KEY,
                "tsconfig.json": '{"extends": "./base"}',
                "base.json": '{"compilerOptions": {"paths": {"#k": ["./own/k"]}}}',
            },
        ),
        (
            "$own/k",
            {
                "own/k.ts": KEY,
                "vite.config.ts": "x({ resolve: { alias: { $own: path.resolve(__dirname, './own') } } })",
            },
        ),
        (
            "$own/k",
            {
                "own/k.ts": KEY,
                "vite.config.ts": "x({ resolve: { alias: { '$own': new URL('./own', import.meta.url) } } })",
            },
        ),
        (
            "@acme/ui/embed",
            {
                "ui/package.json": json.dumps({"name": "@acme/ui", "exports": {"./embed": "./dist/embed.js"}}),
                "ui/src/checkout.ts": KEY,
            },
        ),
        ("@acme/ui", {"ui/package.json": '{"name": "@acme/ui", "main": "dist/index.js"}', "ui/src/index.ts": KEY}),
        (
            "@acme/ui/k",
            {
                "ui/package.json": json.dumps({"name": "@acme/ui", "exports": {"./*": {"import": "./source/*.ts"}}}),
                "ui/source/k.ts": KEY,
            },
        ),
    ],
)
def test_an_import_is_followed(tmp_path: Path, specifier: str, files: dict[str, str]) -> None:
    client = client_of(tmp_path, VITE | {"src/main.ts": uses(specifier)} | files)
    assert [gap.reason for gap in client.gaps] == []
    assert [(each.name, each.reached) for each in client.exposures] == [("VITE_OPENAI_API_KEY", True)]


@pytest.mark.parametrize("specifier", ["./gone", "@/gone", "#gone", "@acme/ui/gone", "/gone"])
def test_an_import_of_nothing_is_a_gap(tmp_path: Path, specifier: str) -> None:
    files = {
        "ui/package.json": '{"name": "@acme/ui"}',
        "ui/a.ts": "export const a = 1\n",
        "src/main.ts": uses(specifier),
    }
    gaps = client_of(tmp_path, VITE | files).gaps
    assert [(gap.path, gap.line) for gap in gaps] == [("src/main.ts", 1)]


@pytest.mark.parametrize(
    "specifier", ["vue", "./a.css", "./a.svg?react", "virtual:pwa", "https://cdn.example/a.js", "node:fs"]
)
def test_what_is_no_code_of_the_project_is_none(tmp_path: Path, specifier: str) -> None:
    assert client_of(tmp_path, VITE | {"src/main.ts": uses(specifier)}).gaps == ()


@pytest.mark.parametrize(
    ("main", "reached"),
    [
        ("const a = () => import('./k')\n", True),
        ("export * from './k'\n", True),
        ("const all = import.meta.glob('./*.ts')\n", True),
        ("const a = (n: string) => import(`./${n}.ts`)\n", True),
        ("const { k } = require('./k')\n", True),
        ("import type { K } from './k'\nlet a: K\n", False),
        ("import { type K } from './k'\nlet a: K\n", False),
        ("import { K } from './k'\nlet a: K\n", False),
        ("import * as all from './k'\nlet a: typeof all\n", False),
        ("export type { K } from './k'\n", False),
    ],
)
def test_ways_of_importing(tmp_path: Path, main: str, reached: bool) -> None:
    client = client_of(tmp_path, VITE | {"src/main.ts": main, "src/k.ts": KEY})
    assert [each.reached for each in client.exposures] == [reached]


@pytest.mark.parametrize(("count", "gap"), [(400, False), (2_100, True)])
def test_a_setting_behind_many_others_is_found_or_a_gap(tmp_path: Path, count: int, gap: bool) -> None:
    rows = "".join(f"use((import.meta as any).env.VITE_A{number})\n" for number in range(count))
    last = "use((import.meta as any).env.VITE_OPENAI_API_KEY)\n"
    client = client_of(tmp_path, VITE | {"src/main.ts": rows + last})
    assert [each.name for each in client.exposures] == ([] if gap else ["VITE_OPENAI_API_KEY"])
    assert [each.path for each in client.gaps] == (["src/main.ts"] if gap else [])


@pytest.mark.parametrize("module", ["$env/static/private", "$env/dynamic/private"])
def test_what_sveltekit_refuses_to_build_is_not_sent(tmp_path: Path, module: str) -> None:
    # SvelteKit, documentation of $env: these modules cannot be imported into client-side code.
    files = {
        "package.json": '{"devDependencies": {"@sveltejs/kit": "2"}}',
        "src/routes/+page.svelte": f"<script>\nimport {{ OPENAI_API_KEY, env }} from '{module}'\n</script>\n",
    }
    assert client_of(tmp_path, files).exposures == ()


HOSTILE = {
    "scripts": "<script>" * 5_000,
    "braces": "{{" * 5_000,
    "fences": "---\n" * 5_000,
    "elements": "<A " * 5_000,
    "imports": "import {" * 2_000,
    "indexes": "a" + "[a" * 5_000,
    "sums": "x = " + "+".join(["a"] * 2_000),
    "objects": "export default { define: " + "{ a: " * 2_000,
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_text_ends(tmp_path: Path, kind: str) -> None:
    paths = ("a.html", "src/a.ts", "src/a.vue", "src/a.astro", "vite.config.ts", "next.config.js", "tsconfig.json")
    main = "import './a'\nimport './a.vue'\nimport './a.astro'\n"
    assert client_of(tmp_path, VITE | {"src/main.ts": main} | dict.fromkeys(paths, HOSTILE[kind])).apps
