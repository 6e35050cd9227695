"""What files that tie a repository to a platform say about waiting for checks, and scripts that deploy by hand."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.facts.pipeline.pipeline_reading import read

VITEST = '{"scripts": {"test": "vitest run"}}'


@pytest.mark.parametrize(
    ("files", "answers"),
    [
        ({"vercel.json": "{}"}, ["vercel unknown"]),
        ({"vercel.json": '{"git": {"deploymentEnabled": false}}'}, []),
        ({"vercel.json": '{"buildCommand": "npm test && next build"}', "package.json": VITEST}, ["vercel yes"]),
        ({"vercel.json": '{"buildCommand": "npm test || true; x"}', "package.json": VITEST}, ["vercel unknown"]),
        ({"vercel.json": "{"}, ["vercel unknown"]),
        ({"netlify.toml": '[build]\ncommand = "npm run build"\n'}, ["netlify unknown"]),
        ({"netlify.toml": '[build]\ncommand = "npm test"\n', "package.json": VITEST}, ["netlify yes"]),
        ({"netlify.toml": '[build]\ncommand = "npm test"\n[context.production]\ncommand = "x"\n',
          "package.json": VITEST},
         ["netlify unknown"]),
        ({"fly.toml": "app = 'a'\n"}, ["fly unknown"]),
        ({"render.yaml": "services: [{type: web, autoDeployTrigger: checksPass}]\n"}, ["render yes"]),
        ({"render.yaml": "services: [{type: web, autoDeployTrigger: commit}]\n"}, ["render no"]),
        ({"render.yaml": "services: [{type: web, autoDeploy: true}]\n"}, ["render no"]),
        ({"render.yaml": "services: [{type: web, autoDeploy: false}]\n"}, []),
        ({"render.yaml": "services: [{type: web, autoDeployTrigger: off}]\n"}, []),
        ({"render.yaml": "services: [{type: web}]\n"}, ["render unknown"]),
        ({"render.yaml": "services: [{autoDeployTrigger: checksPass}, {type: web}]\n"}, ["render unknown"]),
        ({"railway.json": "{}"}, ["railway unknown"]),
        ({"railway.toml": '[build]\nbuildCommand = "npm test"\n', "package.json": VITEST}, ["railway yes"]),
        ({"Procfile": "web: gunicorn a\n"}, ["heroku unknown"]),
        ({"app.json": '{"expo": {}}'}, []),
        ({"app.json": '{"buildpacks": []}'}, ["heroku unknown"]),
        ({".do/app.yaml": "services: [{github: {repo: o/a, deploy_on_push: true}}]\n"}, ["digitalocean no"]),
        ({".do/app.yaml": "services: [{github: {repo: o/a, deploy_on_push: false}}]\n"}, []),
        ({".do/app.yaml": "services: [{github: {repo: o/a}}]\n"}, ["digitalocean unknown"]),
        ({"amplify.yml": "frontend: {phases: {build: {commands: [npm ci, npm test]}}}\n", "package.json": VITEST},
         ["amplify yes"]),
        ({"wrangler.toml": "name = 'a'\n"}, ["cloudflare unknown"]),
        ({"examples/a/vercel.json": "{}"}, []),
    ],
)  # fmt: skip
def test_platforms(tmp_path: Path, files: dict[str, str], answers: list[str]) -> None:
    assert [f"{each.name} {each.waits.answer}" for each in read(tmp_path, files).platforms] == answers


@pytest.mark.parametrize(
    ("files", "places"),
    [
        ({"package.json": '{\n"scripts": {\n"deploy": "vercel --prod"}}'}, [("package.json", 3, False)]),
        ({"package.json": '{"scripts": {"build": "vite build"}}'}, []),
        ({"package.json": '{"scripts": {"predeploy": "vite build"}}'}, []),
        ({"Makefile": "test:\n\tpytest\ndeploy:\n\tfly deploy\n"}, [("Makefile", 4, False)]),
        ({"Makefile": "deploy:\n\techo no\n"}, []),
        ({"scripts/deploy.sh": "ssh u@host 'cd app && git pull'\n"}, [("scripts/deploy.sh", 1, True)]),
        ({"scripts/deploy.sh": "rsync -a dist/ u@host:/srv\n"}, [("scripts/deploy.sh", 1, False)]),
        ({"scripts/deploy.sh": "# ssh u@host\n"}, []),
    ],
)
def test_scripts_for_people(tmp_path: Path, files: dict[str, str], places: list[tuple[str, int, bool]]) -> None:
    found = read(tmp_path, files).by_hand
    assert [(each.path, each.line, each.pulls) for each in found] == places


def test_what_scripts_for_people_do_is_no_command_of_the_pipeline(tmp_path: Path) -> None:
    found = read(tmp_path, {"package.json": '{"scripts": {"deploy": "vitest run && vercel --prod"}}'})
    assert (found.leaves, found.opaque) == ((), ())
