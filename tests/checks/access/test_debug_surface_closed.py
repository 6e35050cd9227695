"""The table of what counts as a closed and as an open debug surface."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from tests.facts.secrets.examples import drawn
from tests.support import check_files

from shipworthy.model import OutcomeKind

ITEM = "debug-surface-closed"
PASS, FAIL, UNKNOWN, NOT = OutcomeKind.PASS, OutcomeKind.FAIL, OutcomeKind.UNKNOWN, OutcomeKind.NOT_APPLICABLE
FASTAPI = {
    "requirements.txt": "fastapi\n",
    "main.py": "from fastapi import FastAPI\napp = FastAPI()\n@app.get('/')\ndef root():\n    return {}\n",
}
FLASK = {
    "requirements.txt": "flask\n",
    "app.py": "from flask import Flask\napp = Flask(__name__)\n@app.route('/')\ndef root():\n    return ''\n",
}
MAIN = "if __name__ == '__main__':\n    app.run(debug=True)\n"
DJANGO = {"requirements.txt": "django\n", "manage.py": "import django\n"}
GUNICORN = {"Procfile": "web: gunicorn site.wsgi\n"}


def node(package: str, **scripts: str) -> dict[str, str]:
    return {
        "package.json": json.dumps({"private": True, "dependencies": {package: "1"}, "scripts": scripts}),
        "index.js": f"const x = require('{package}');\n",
    }


def docker(*lines: str) -> dict[str, str]:
    return {"Dockerfile": "\n".join(("FROM python:3.12", *lines)) + "\n"}


UNKNOWN_APPS = {
    "factory under a name in other capitals": (
        {
            "App/__init__.py": "from flask import Flask\n\ndef create_app():\n    return Flask(__name__)\n",
            "run.py": "from app import create_app\napp = create_app()\n" + MAIN,
        },
        FAIL,
    ),
    "wrapped": ({"run.py": "from flask import Flask\nfrom x import w\napp = w(Flask(__name__))\n" + MAIN}, FAIL),
    "extension": (
        {"run.py": "from flask import Flask\nfrom x import sio\napp = Flask(__name__)\nsio.run(app, debug=True)\n"},
        FAIL,
    ),
    "told in words": (
        {**FLASK, "run.py": '"""For development:\n\n    app.run(debug=True)\n"""\nfrom x import app\n'},
        PASS,
    ),
    "behind many other runs": (
        {**FLASK, "run.py": "import subprocess\nfrom x import app\n" + "subprocess.run([])\n" * 60 + MAIN},
        FAIL,
    ),
    "commented out": ({**FLASK, "run.py": "from x import app\n# app.run(debug=True)\n"}, PASS),
    "off": ({**FLASK, "run.py": "from x import app\napp.run(host=f('a'), debug=False)\n"}, PASS),
    "not a server": ({**FLASK, "run.py": "import asyncio\nfrom x import job\nasyncio.run(job(), debug=True)\n"}, PASS),
    "deployed another way": (
        {**FLASK, "run.py": "from x import app\n" + MAIN, "Procfile": "web: gunicorn app:app\n"},
        PASS,
    ),
}


@pytest.mark.parametrize("case", UNKNOWN_APPS)
def test_debug_is_seen_where_the_app_is_not_understood(tmp_path: Path, case: str) -> None:
    files, kind = UNKNOWN_APPS[case]
    found = check_files("debug-surface-closed", tmp_path, files)
    assert found.kind is kind, found


STARTS = {
    "plain": (docker("CMD uvicorn main:app"), PASS),
    "reload": (docker("CMD uvicorn main:app --reload"), FAIL),
    "json": (docker('CMD ["uvicorn", "main:app", "--reload"]'), FAIL),
    "sh -c": (docker('CMD ["sh", "-c", "exec uvicorn main:app --reload"]'), FAIL),
    "sh -ec": (docker('ENTRYPOINT ["/bin/bash", "-ec", "uvicorn main:app --reload"]'), FAIL),
    "env and tini": (
        docker('ENTRYPOINT ["tini", "-g", "--"]', 'CMD ["env", "A=1", "fastapi", "dev", "main.py"]'),
        FAIL,
    ),
    "poetry run": (docker("CMD poetry run uvicorn main:app --reload"), FAIL),
    "after a migration": (docker("CMD alembic upgrade head && uvicorn main:app --reload"), FAIL),
    "continued line": (docker("CMD uvicorn main:app \\", "# why not", "  --reload"), FAIL),
    "commented out": (docker("# CMD uvicorn main:app --reload", "CMD uvicorn main:app"), PASS),
    "last CMD counts": (docker("CMD uvicorn main:app --reload", "CMD uvicorn main:app"), PASS),
    "in a RUN": (docker("RUN echo uvicorn main:app --reload", "CMD uvicorn main:app"), PASS),
    "in a here-document": (docker("RUN <<EOF", "CMD uvicorn main:app --reload", "EOF", "CMD uvicorn main:app"), PASS),
    "stage not shipped": (
        {"Dockerfile": "FROM a AS dev\nCMD uvicorn main:app --reload\nFROM b\nCMD uvicorn main:app\n"},
        PASS,
    ),
    "stage taken over": (
        {"Dockerfile": "FROM a AS base\nCMD uvicorn main:app --reload\nFROM base AS final\nRUN true\n"},
        FAIL,
    ),
    "script": (docker("CMD ./start.sh") | {"start.sh": "#!/bin/sh\nset -e\nexec uvicorn main:app --reload\n"}, FAIL),
    "script, commented": (
        docker("CMD ./start.sh") | {"start.sh": "# uvicorn main:app --reload\nuvicorn main:app\n"},
        PASS,
    ),
    "script missing": (docker("CMD ./start.sh"), UNKNOWN),
    "entry script and CMD": (
        docker('ENTRYPOINT ["/entry.sh"]', 'CMD ["uvicorn", "main:app", "--reload"]')
        | {"entry.sh": '#!/bin/sh\nalembic upgrade head\nexec "$@"\n'},
        FAIL,
    ),
    "entry script leaves CMD out": (
        docker('ENTRYPOINT ["/entry.sh"]', 'CMD ["uvicorn", "main:app", "--reload"]')
        | {"entry.sh": "#!/bin/sh\nexec uvicorn main:app\n"},
        PASS,
    ),
    "copied script without ending": (
        docker("COPY ./compose/prod/start /start", 'CMD ["/start"]')
        | {"compose/prod/start": "#!/bin/bash\nuvicorn main:app --reload\n", "compose/x/start": "#!/bin/sh\ntrue\n"},
        FAIL,
    ),
    "only in development": (
        docker("CMD ./s.sh")
        | {"s.sh": 'if [ "$ENV" = "development" ]; then\n  uvicorn main:app --reload\nelse\n  uvicorn main:app\nfi\n'},
        PASS,
    ),
    "unless in production": (
        docker("CMD ./s.sh")
        | {"s.sh": 'if [ "$ENV" = "production" ]; then\n  uvicorn main:app\nelse\n  uvicorn main:app --reload\nfi\n'},
        FAIL,
    ),
    "production set by the image": (
        docker("ENV ENV=production", "CMD ./s.sh")
        | {"s.sh": 'if [ "$ENV" = "production" ]; then\n  uvicorn main:app\nelse\n  uvicorn main:app --reload\nfi\n'},
        PASS,
    ),
    "make": (docker("CMD make run") | {"Makefile": "run:\n\tuvicorn main:app --reload\nother:\n\ttrue\n"}, FAIL),
    "script calls itself": (docker("CMD ./s.sh") | {"s.sh": "./s.sh\nuvicorn main:app\n"}, PASS),
    "procfile": ({"Procfile": "web: uvicorn main:app --reload\n"}, FAIL),
    "procfile of developers": (
        {"Procfile.dev": "web: uvicorn main:app --reload\n", "Procfile": "web: uvicorn main:app\n"},
        PASS,
    ),
    "fly": ({"fly.toml": "[processes]\napp = 'uvicorn main:app --reload'\n"}, FAIL),
    "render": ({"render.yaml": "services:\n  - type: web\n    startCommand: uvicorn main:app --reload\n"}, FAIL),
    "render variable": (
        {"render.yaml": "services:\n  - startCommand: gunicorn a\n    envVars:\n    - key: DEBUG\n      value: 1\n"},
        FAIL,
    ),
    "kubernetes": (
        {"ops/web.yml": "kind: Pod\nspec:\n  containers:\n    - image: a\n      args: [uvicorn, a, --reload]\n"},
        FAIL,
    ),
    "compose": (
        {"docker-compose.yml": "services:\n  web:\n    build: .\n    command: uvicorn main:app --reload\n"},
        FAIL,
    ),
    "compose override": (
        docker("CMD uvicorn main:app")
        | {"docker-compose.override.yml": "services:\n  web:\n    build: .\n    command: uvicorn main:app --reload\n"},
        PASS,
    ),
    "compose replaced for production": (
        {
            "docker-compose.yml": "services:\n  web:\n    build: .\n    command: uvicorn main:app --reload\n",
            "docker-compose.prod.yml": "services:\n  web:\n    build: .\n    command: uvicorn main:app\n",
        },
        PASS,
    ),
    "compose variable": (
        docker("CMD uvicorn main:app")
        | {"docker-compose.yml": "services:\n  web:\n    build: .\n    environment:\n      DEBUG: ${DEBUG:-true}\n"},
        FAIL,
    ),
    "compose builds the developers' file": (
        {
            "Dockerfile.dev": "FROM a\nCMD uvicorn main:app --reload\n",
            "docker-compose.yml": "services:\n  web:\n    build:\n      context: .\n      dockerfile: Dockerfile.dev\n",
        },
        FAIL,
    ),
    "broken compose": ({"docker-compose.yml": "services: [\n"}, UNKNOWN),
}


@pytest.mark.parametrize("name", STARTS)
def test_start_commands(tmp_path: Path, name: str) -> None:
    files, expected = STARTS[name]
    assert check_files(ITEM, tmp_path, FASTAPI | files).kind is expected


SETTINGS = [
    ("DEBUG = True", FAIL),
    ("DEBUG = False", PASS),
    ("# DEBUG = True\nDEBUG = False", PASS),
    ("DEBUG = True\nDEBUG = False", PASS),
    ("DEBUG = os.environ.get('DEBUG', True)", FAIL),
    ("DEBUG = os.environ.get('DEBUG') == '1'", PASS),
    ("DEBUG = os.getenv('DEBUG', '1') == '1'", FAIL),
    ("DEBUG = bool(os.environ.get('DEBUG', 'False'))", FAIL),
    ("DEBUG = os.getenv('ENV', 'dev') != 'production'", FAIL),
    ("DEBUG = not os.getenv('PRODUCTION')", FAIL),
    ("ENV = os.getenv('ENV', 'development')\nDEBUG = ENV == 'development'", FAIL),
    ("DEBUG = env.bool('DEBUG', default=False)", PASS),
    ("env = Env(DEBUG=(bool, True))\nDEBUG = env('DEBUG')", FAIL),
    ("DEBUG = config('DEBUG', default=True, cast=bool)", FAIL),
    ("DEBUG = 'RENDER' not in os.environ", FAIL),
    ("DEBUG = False\nif os.getenv('DEV'):\n    DEBUG = True", PASS),
    ("DEBUG = False\nif not os.getenv('PROD'):\n    DEBUG = True", FAIL),
    ("DEBUG = secrets.choose()", UNKNOWN),
]


@pytest.mark.parametrize(("text", "expected"), SETTINGS)
def test_django_settings(tmp_path: Path, text: str, expected: OutcomeKind) -> None:
    files = DJANGO | GUNICORN | {"site/settings.py": f"import os\nINSTALLED_APPS = []\n{text}\n"}
    assert check_files(ITEM, tmp_path, files).kind is expected


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"site/settings/base.py": "DEBUG = True\n", "site/settings/production.py": "DEBUG = False\n"}, PASS),
        ({"site/settings/base.py": "DEBUG = False\n", "site/settings/local.py": "DEBUG = True\n"}, PASS),
        ({"site/settings/base.py": "DEBUG = False\n", "site/settings/production.py": "DEBUG = True\n"}, FAIL),
        ({"local-food/settings.py": "DEBUG = True\n"}, FAIL),
        ({"site/wsgi.py": "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'site.settings.local')\n"}, FAIL),
        ({"Procfile": "web: python manage.py runserver 0.0.0.0:80\n"}, FAIL),
    ],
)
def test_django_modules(tmp_path: Path, files: dict[str, str], expected: OutcomeKind) -> None:
    assert check_files(ITEM, tmp_path, DJANGO | GUNICORN | files).kind is expected


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"app.py": FLASK["app.py"] + MAIN}, FAIL),
        ({"app.py": FLASK["app.py"] + MAIN, "Procfile": "web: gunicorn app:app\n"}, PASS),
        ({"app.py": FLASK["app.py"] + MAIN, "Procfile": "web: python app.py\n"}, FAIL),
        ({"app.py": FLASK["app.py"] + MAIN, "Procfile": "web: ./gone.sh\n"}, UNKNOWN),
        ({"app.py": FLASK["app.py"] + MAIN, "Procfile": "worker: celery -A x worker\n"}, FAIL),
        ({"Procfile": "web: FLASK_DEBUG=1 flask run\n"}, FAIL),
        ({"Procfile": "web: python -m flask --app app --debug run\n"}, FAIL),
        ({"Procfile": "web: gunicorn app:app\n"}, PASS),
        ({"Dockerfile": "FROM a\nENV FLASK_ENV=development\nCMD gunicorn app:app\n"}, FAIL),
        ({"Dockerfile": "FROM a\nENV FLASK_ENV production\nCMD gunicorn app:app\n"}, PASS),
    ],
)
def test_flask(tmp_path: Path, files: dict[str, str], expected: OutcomeKind) -> None:
    assert check_files(ITEM, tmp_path, FLASK | files).kind is expected


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        (node("express", start="node index.js"), PASS),
        (node("express", start="nodemon index.js"), FAIL),
        (node("express", start="npm run serve", serve="node --inspect=0.0.0.0 index.js"), FAIL),
        (node("express", start="nodemon index.js") | {"Dockerfile": 'FROM node\nCMD ["node", "index.js"]\n'}, PASS),
        (node("express", dev="nodemon index.js") | {"Dockerfile": "FROM node\nCMD cd /app && npm run dev\n"}, FAIL),
        (node("express") | {"Dockerfile": "FROM node\nCMD npm run gone\n"}, UNKNOWN),
        (node("next", start="next start", dev="next dev"), PASS),
        (node("next", dev="next dev") | {"Dockerfile": 'FROM node\nCMD ["yarn", "dev"]\n'}, FAIL),
        (node("next", dev="next dev") | {"Dockerfile": "FROM node\nCMD npx next\n"}, FAIL),
        (node("next", dev="next dev"), UNKNOWN),
        (node("express", start="cross-env NODE_ENV=production node index.js"), PASS),
        ({"package.json": '{"private": true, "devDependencies": {"vite": "5"}}', "src/a.ts": "let a = 1\n"}, NOT),
        (
            {
                "package.json": '{"private": true, "scripts": {"dev": "vite -l"}, "devDependencies": {"vite": "5"}}',
                "src/a.ts": "let a = 1\n",
                "Dockerfile": "FROM node\nCMD pnpm dev\n",
            },
            FAIL,
        ),
    ],
)
def test_javascript(tmp_path: Path, files: dict[str, str], expected: OutcomeKind) -> None:
    assert check_files(ITEM, tmp_path, files).kind is expected


@pytest.mark.parametrize(
    "files",
    [
        {"go.mod": "module x\n", "main.go": "package main\n"},
        {"server.lua": "listen()\n", "a.py": "x = 1\n"},
        {"a.js": "require('net').createServer(() => 0).listen(1)\nconst s = net.createServer(x)\n"},
        {"Dockerfile": "FROM a\nEXPOSE 80\nCMD thing\n", "a.py": "x = 1\n"},
        {"index.php": "<?php echo 1;\n"},
        {"README.md": "# nothing\n"},
    ],
)
def test_a_server_nobody_reads_is_unknown(tmp_path: Path, files: dict[str, str]) -> None:
    assert check_files(ITEM, tmp_path, files).kind is UNKNOWN


@pytest.mark.parametrize(
    "start",
    ["uvicorn " * 130_000, "$(" * 40_000, "if " * 30_000, "'" + "a" * 1_000_000, "$" + "{a:-" * 200_000, "a|" * 50_000],
    ids=["programs", "substitutions", "keywords", "quote", "variables", "pipes"],
)
def test_hostile_start_commands_end_and_never_pass(tmp_path: Path, start: str) -> None:
    began = time.monotonic()
    outcome = check_files(ITEM, tmp_path, FASTAPI | {"Procfile": f"web: {start}\n"})
    assert outcome.kind in (UNKNOWN, FAIL)
    assert time.monotonic() - began < 8


EXPRESS = '"dependencies": {"express": "4.19.2"}'


@pytest.mark.parametrize(
    ("start", "process"),
    [("SIGNING_SECRET=VALUE node s.js", ""), ("x", "API_TOKEN=VALUE node s.js"), ("x", "node gone.js --token=VALUE")],
)
def test_a_secret_on_the_line_of_a_start_is_not_told(tmp_path: Path, start: str, process: str) -> None:
    value = drawn("hex", 64, 3)
    files = {
        "s.js": "const app = require('express')()\napp.listen(3000)\n",
        "package.json": f'{{"scripts": {{"start": "{start}"}}, {EXPRESS}}}'.replace("VALUE", value),
        "Procfile": f"web: {process}\n".replace("VALUE", value),
    }
    outcome = check_files(ITEM, tmp_path, files if process else {k: v for k, v in files.items() if k != "Procfile"})
    assert outcome.looked_at or outcome.findings
    # No part of it either: what is asserted shows in the output of a failing test.
    assert not any(value[at : at + 12] in repr(outcome) for at in range(52))
