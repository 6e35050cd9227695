"""frozen-install: pipeline and image install exactly what is locked."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from tests.facts.pipeline.pipeline_reading import workflow
from tests.support import outcome_of, write

from shipworthy.model import Outcome, OutcomeKind

PASS, FAIL, UNKNOWN, NA = OutcomeKind.PASS, OutcomeKind.FAIL, OutcomeKind.UNKNOWN, OutcomeKind.NOT_APPLICABLE
CI = ".github/workflows/ci.yml"
NPM = {
    "package.json": '{"dependencies": {"left-pad": "^1.0.0"}}',
    "package-lock.json": '{"lockfileVersion": 3, "packages": {"": {"dependencies": {"left-pad": "^1.0.0"}}}}',
}
PACKAGE = {"package.json": NPM["package.json"]}
PNPM = {**PACKAGE, "pnpm-lock.yaml": "lockfileVersion: '9.0'\n"}
YARN = {**PACKAGE, "yarn.lock": "# yarn lockfile v1\n"}
BERRY = {**PACKAGE, "yarn.lock": "__metadata:\n  version: 8\n", ".yarnrc.yml": "nodeLinker: node-modules\n"}
BUN = {**PACKAGE, "bun.lock": '{"lockfileVersion": 1, "workspaces": {"": {}}, "packages": {}}'}
PYPROJECT = {"pyproject.toml": '[project]\nname = "a"\ndependencies = ["flask"]\n'}
UV = {**PYPROJECT, "uv.lock": "version = 1\n"}
POETRY = {**PYPROJECT, "poetry.lock": '[metadata]\nlock-version = "2.0"\n'}
PINNED = {"requirements.txt": "itsdangerous==2.2.0\n"}
LOOSE = {"requirements.txt": "flask\n"}
CARGO = {"Cargo.toml": "[package]\n", "Cargo.lock": "version = 3\n", "src/main.rs": ""}
GO = {"go.mod": "module x\n", "go.sum": "\n", "main.go": "package main\n"}
PDM = {**PYPROJECT, "pdm.lock": '[metadata]\nlock_version = "4.5.0"\n'}
PIPENV = {"Pipfile": "[packages]\nflask = '*'\n", "Pipfile.lock": '{"_meta": {}, "default": {}, "develop": {}}'}
RUBY = {"Gemfile": "gem 'rails'\n", "Gemfile.lock": "GEM\n"}


def judged(folder: Path, files: Mapping[str, str]) -> Outcome:
    return outcome_of("frozen-install", write(folder, files))


@pytest.mark.parametrize(
    ("files", "run", "kind"),
    [
        (NPM, "npm ci", PASS),
        (NPM, "npm clean-install --omit=dev", PASS),
        (NPM, "npm install", FAIL),
        (NPM, "npm i", FAIL),
        (NPM, "npm ci\nnpm install left-pad", FAIL),
        (NPM, "npm ci\nnpm install -g typescript", PASS),
        (NPM, "npm install -g typescript", UNKNOWN),
        (NPM, "npm ci || npm install", FAIL),
        (NPM, "echo npm install", UNKNOWN),
        (NPM, "npm --prefix web ci", PASS),
        (PACKAGE, "npm install", FAIL),
        (PNPM, "pnpm install", PASS),
        (PNPM, "pnpm install --frozen-lockfile", PASS),
        (PNPM, "pnpm install --no-frozen-lockfile", FAIL),
        (PNPM, "CI=false pnpm install", FAIL),
        (PACKAGE, "pnpm install", FAIL),
        (YARN, "yarn install --frozen-lockfile", PASS),
        (YARN, "yarn --frozen-lockfile", PASS),
        (YARN, "yarn", FAIL),
        (YARN, "yarn install", FAIL),
        (YARN, "yarn install --pure-lockfile", FAIL),
        (PACKAGE, "yarn install --frozen-lockfile", FAIL),
        (BERRY, "yarn install", PASS),
        (BERRY, "yarn install --no-immutable", FAIL),
        (BERRY, "YARN_ENABLE_IMMUTABLE_INSTALLS=false yarn install", FAIL),
        (BERRY, "yarn install --immutable", PASS),
        (BUN, "bun install --frozen-lockfile", PASS),
        (BUN, "bun ci", PASS),
        (BUN, "bun install", FAIL),
        (PINNED, "pip install -r requirements.txt", PASS),
        (PINNED, "python -m pip install -rrequirements.txt", PASS),
        (PINNED, "pip install --upgrade pip\npip install -r requirements.txt", PASS),
        (PINNED, "pip install -r requirements.txt\npip install -e .", PASS),
        (PINNED, "pip install -r requirements.txt\npip install requests", FAIL),
        (PINNED, "pip install flask", FAIL),
        (PINNED, "pip install https://code.example/blinker/main.tar.gz", FAIL),
        (PINNED, "pip install .", FAIL),
        (PINNED, "pip install . -c requirements.txt", PASS),
        (PINNED, "pip install -r other.txt", UNKNOWN),
        (PINNED, "pip install -r $FILE", UNKNOWN),
        (LOOSE, "pip install -r requirements.txt", FAIL),
        (LOOSE, "pip install --require-hashes -r requirements.txt", PASS),
        (
            {**PINNED, "requirements.txt": "-r base.txt\nitsdangerous==2.2.0\n", "base.txt": "x==1\n"},
            "pip install -r requirements.txt",
            PASS,
        ),
        (
            {"requirements-dev.txt": "-r requirements.txt\npytest==8.0.0\n", **LOOSE},
            "pip install -r requirements-dev.txt",
            FAIL,
        ),
        ({**PINNED, "docs/requirements.txt": "sphinx\n"}, "pip install -r docs/requirements.txt", UNKNOWN),
        (UV, "uv sync --locked", PASS),
        (UV, "uv sync --frozen --all-extras", PASS),
        (UV, "export UV_LOCKED=1\nuv sync", PASS),
        (UV, "uv sync", FAIL),
        (UV, "uv lock --check\nuv sync", PASS),
        (UV, "uv sync --locked\nuv run pytest", PASS),
        (UV, "uv run pytest", FAIL),
        (UV, "uv sync --frozen\nuv run pytest", FAIL),
        (UV, "uv sync --frozen\nuv run --no-sync pytest", PASS),
        (UV, "if [ $X ]; then uv sync --locked; fi\nuv run pytest", FAIL),
        (UV, "if [ $X ]; then\n  uv sync --locked\n  uv run pytest\nfi", PASS),
        (UV, "uv run --frozen pytest", PASS),
        (UV, "uv run pytest --frozen", FAIL),
        (UV, "uv sync --locked -U", FAIL),
        (UV, "uv sync --locked || true\nuv run pytest", FAIL),
        (PYPROJECT, "uv sync", FAIL),
        (UV, "uv pip install -e .", FAIL),
        (POETRY, "poetry install --no-root", PASS),
        (POETRY, "poetry lock\npoetry install", FAIL),
        (POETRY, "poetry update\npoetry install", FAIL),
        (POETRY, "poetry lock --no-update\npoetry install", UNKNOWN),
        (POETRY, "poetry check --lock\npoetry install", PASS),
        (PYPROJECT, "poetry install", FAIL),
        (PDM, "pdm sync", PASS),
        (PDM, "pdm install", FAIL),
        (PIPENV, "pipenv sync", PASS),
        (PIPENV, "pipenv install --deploy", PASS),
        (PIPENV, "pipenv install --dev", FAIL),
        (CARGO, "cargo build --locked\ncargo test", PASS),
        (CARGO, "cargo test --locked", PASS),
        (CARGO, "cargo test", FAIL),
        (GO, "go test ./...", PASS),
        (GO, "go get -u ./...\ngo test ./...", FAIL),
        (GO, "go test -mod=mod ./...", FAIL),
        (RUBY, "bundle config set --local deployment true\nbundle install", PASS),
        (RUBY, "bundle install", FAIL),
        (RUBY, "BUNDLE_FROZEN=true bundle install", PASS),
        ({"composer.json": "{}", "composer.lock": "{}"}, "composer install --no-dev", PASS),
        ({"composer.json": "{}"}, "composer install", FAIL),
        ({"composer.json": "{}", "composer.lock": "{}"}, "composer update", FAIL),
        (NPM, "npm ci --dry-run", UNKNOWN),
        (NPM, "npm ci\n./scripts/check-deps.sh", UNKNOWN),
        (NPM, "make deps", PASS),
        (NPM, "if false; then npm install; fi\nnpm ci", PASS),
    ],
)
def test_commands(tmp_path: Path, files: dict[str, str], run: str, kind: OutcomeKind) -> None:
    make = {"Makefile": "deps:\n\tnpm ci\n"}
    found = judged(tmp_path / "repo", {**files, **make, CI: workflow(run)})
    assert found.kind is kind, (found.summary, [each.message for each in found.findings])


@pytest.mark.parametrize(
    ("files", "lines", "kind"),
    [
        (NPM, "COPY . .\nRUN npm ci --omit=dev", PASS),
        (NPM, "COPY . .\nRUN npm install", FAIL),
        (NPM, "COPY . .\nRUN apt-get update && \\\n    npm install && \\\n    rm -rf x", FAIL),
        (NPM, "COPY . .\n# RUN npm install\nRUN npm ci", PASS),
        (NPM, "COPY . .\nRUN npm run build", UNKNOWN),
        (NPM, 'COPY . .\nRUN ["npm", "install"]', FAIL),
        (NPM, "COPY . .\nRUN <<EOF\nnpm install\nEOF", UNKNOWN),
        (PNPM, "COPY . .\nRUN pnpm install", FAIL),
        (PNPM, "ENV CI=true\nCOPY . .\nRUN pnpm install", PASS),
        (BERRY, "COPY . .\nRUN yarn install", FAIL),
        (YARN, "COPY package.json yarn.lock ./\nRUN yarn --frozen-lockfile", PASS),
        (YARN, "COPY package.json ./\nRUN yarn --frozen-lockfile", FAIL),
        (PINNED, "COPY requirements.txt /tmp/\nRUN pip install --no-cache-dir -r /tmp/requirements.txt", PASS),
        (PINNED, "COPY requirements.txt /tmp/deps.txt\nRUN pip install -r /tmp/deps.txt", PASS),
        (LOOSE, "COPY requirements.txt .\nRUN pip install -r requirements.txt", FAIL),
        (PINNED, "RUN pip install flask gunicorn", FAIL),
        (POETRY, "COPY pyproject.toml poetry.lock* ./\nRUN pip install poetry && poetry install", PASS),
        (POETRY, "COPY pyproject.toml ./\nRUN poetry install", FAIL),
        (POETRY, "COPY --from=build /x/poetry.lock ./\nRUN poetry install", FAIL),
        (UV, "COPY . /app\nWORKDIR /app\nRUN --mount=type=cache,target=/cache uv sync --locked", PASS),
        (UV, "COPY . /app\nRUN uv sync", FAIL),
        (UV, "ENV UV_FROZEN=1\nCOPY . .\nRUN uv sync", PASS),
        (
            {"api/requirements.txt": "itsdangerous==2.2.0\n"},
            "COPY api/ /srv/\nWORKDIR /srv\nRUN pip install -r requirements.txt",
            PASS,
        ),
        ({"api/requirements.txt": "flask\n"}, "WORKDIR /srv\nCOPY api/ .\nRUN pip install -r requirements.txt", FAIL),
    ],
)
def test_images(tmp_path: Path, files: dict[str, str], lines: str, kind: OutcomeKind) -> None:
    found = judged(tmp_path / "repo", {**files, "Dockerfile": f"FROM x\n{lines}\n"})
    assert found.kind is kind, (found.summary, [each.message for each in found.findings])


@pytest.mark.parametrize("target", [".", "./", "/web", "/web/"])
def test_a_folder_is_copied_with_what_is_in_it(tmp_path: Path, target: str) -> None:
    """COPY puts the contents of a folder into the target, whatever stands at its end."""
    files = {f"web/{name}": text for name, text in NPM.items()}
    image = f"FROM node\nWORKDIR /web\nCOPY ./web {target}\nRUN npm install\n"
    found = judged(tmp_path / "repo", {**files, "docker/web/Dockerfile": image})
    assert found.kind is FAIL
    assert "there is no package-lock.json" not in found.findings[0].message


def test_one_wrong_place_is_named_with_its_line(tmp_path: Path) -> None:
    files = {**NPM, CI: workflow("npm ci"), "Dockerfile": "FROM node\nCOPY . .\nRUN npm install\n"}
    found = judged(tmp_path / "repo", files)
    assert (found.kind, found.summary) == (FAIL, "Dockerfile:3 npm install")
    assert (str(found.findings[0].location), found.findings[0].remedy) == ("Dockerfile:3", "Use `npm ci`.")


def test_a_stage_takes_over_what_its_base_has(tmp_path: Path) -> None:
    image = "FROM x AS base\nCOPY poetry.lock ./\nFROM base AS run\nRUN poetry install\nFROM x\nRUN poetry install\n"
    found = judged(tmp_path / "repo", {**POETRY, "Dockerfile": image})
    assert [str(each.location) for each in found.findings] == ["Dockerfile:6"]


def test_tools_are_remarks(tmp_path: Path) -> None:
    run = "npm ci\ncurl -LsSf https://tools.example/install.sh | sh\nnpm i -g vercel\nnpm i -g x@1.2.3"
    found = judged(tmp_path / "repo", {**NPM, CI: workflow(run)})
    assert found.kind is PASS
    assert [each.message for each in found.findings] == [
        "`sh`: it runs whatever program the address hands out that day.",
        "`npm i -g vercel`: `npm` takes whatever version of vercel is newest that day.",
    ]


def test_images_for_development_do_not_count_beside_another(tmp_path: Path) -> None:
    good, bad = "FROM x\nCOPY . .\nRUN npm ci\n", "FROM x\nCOPY . .\nRUN npm install\n"
    both = judged(tmp_path / "one", {**NPM, "Dockerfile": good, "Dockerfile.dev": bad})
    alone = judged(tmp_path / "two", {**NPM, "Dockerfile.dev": bad})
    assert (both.kind, alone.kind) == (PASS, FAIL)


def test_not_applicable(tmp_path: Path) -> None:
    assert judged(tmp_path / "one", NPM).kind is NA
    assert judged(tmp_path / "two", {"a.py": "x = 1\n", CI: workflow("pytest")}).kind is NA


def test_an_unread_system_leaves_it_open(tmp_path: Path) -> None:
    files = {**NPM, CI: workflow("npm ci"), "appveyor.yml": "install: [npm install]\n"}
    assert judged(tmp_path / "repo", files).kind is UNKNOWN
