"""Tests that run while an image is built, or in a container of one that was built: one row a trick.

Each answer is read from the Dockerfile reference and the manuals of `docker build` and `docker compose`.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.facts.pipeline.pipeline_reading import read, workflow

from shipworthy.facts.pipeline import inventory

CODE = {"app.py": "x = 1\n", "tests/test_app.py": "def test_a():\n    assert 1\n"}
ALL = "FROM python:3\nWORKDIR /app\nCOPY . .\n"
BUILT = "docker build -t app .\n"
STAGES = (
    'FROM python:3 AS base\nCOPY . /app\nWORKDIR /app\nFROM base AS test\nRUN pytest\nFROM base AS final\nCMD ["app"]\n'
)
WEB = "services:\n  web:\n    build: .\n"

TRICKS = [
    ("in-a-run-line", "docker build .", {"Dockerfile": f"{ALL}RUN pytest\n"}, "yes"),
    ("by-buildx", "docker buildx build .", {"Dockerfile": f"{ALL}RUN pytest\n"}, "yes"),
    ("by-the-long-command", "docker image build .", {"Dockerfile": f"{ALL}RUN pytest\n"}, "yes"),
    ("with-options", "docker build --pull -t a:b --build-arg X=1 -f Dockerfile .", {"Dockerfile": f"{ALL}RUN pytest\n"},
     "yes"),
    ("in-exec-form", "docker build .", {"Dockerfile": f'{ALL}RUN ["pytest", "-q"]\n'}, "yes"),
    ("with-a-mount", "docker build .", {"Dockerfile": f"{ALL}RUN --mount=type=cache,target=/c pytest\n"}, "yes"),
    ("after-others", "docker build .", {"Dockerfile": f"{ALL}RUN pip install . && \\\n    pytest\n"}, "yes"),
    ("hidden", "docker build .", {"Dockerfile": f"{ALL}RUN pytest || true\n"}, "no"),
    ("hidden-by-the-next", "docker build .", {"Dockerfile": f"{ALL}RUN pytest; echo done\n"}, "no"),
    ("hidden-outside", "docker build . || true", {"Dockerfile": f"{ALL}RUN pytest\n"}, "no"),
    ("only-said", "docker build .", {"Dockerfile": f"{ALL}RUN echo pytest\n"}, "no"),
    ("in-a-comment", "docker build .", {"Dockerfile": f"{ALL}# RUN pytest\nRUN echo\n"}, "no"),
    ("for-later", "docker build .", {"Dockerfile": f"{ALL}ONBUILD RUN pytest\n"}, "no"),
    ("as-the-command-only", "docker build .", {"Dockerfile": f'{ALL}CMD ["pytest"]\n'}, "no"),
    ("only-checked", "docker build --check .", {"Dockerfile": f"{ALL}RUN pytest\n"}, "no"),
    ("only-outlined", "docker buildx build --call=outline .", {"Dockerfile": f"{ALL}RUN pytest\n"}, "no"),
    ("without-tests", "docker build .", {"Dockerfile": "FROM python:3\nCOPY src /app\nRUN pytest\n", "src/a.py": ""},
     "no"),
    ("with-the-tests-alone", "docker build .", {"Dockerfile": "FROM python:3\nCOPY tests /app\nRUN pytest /app\n"},
     "yes"),
    ("ignored", "docker build .", {"Dockerfile": f"{ALL}RUN pytest\n", ".dockerignore": "tests\n"}, "unknown"),
    ("ignored-all", "docker build .", {"Dockerfile": f"{ALL}RUN pytest\n", ".dockerignore": "*\n!app.py\n"}, "unknown"),
    ("ignored-others", "docker build .", {"Dockerfile": f"{ALL}RUN pytest\n", ".dockerignore": ".git\n"}, "yes"),
    ("skipped-stage", "docker build .", {"Dockerfile": STAGES}, "no"),
    ("target", "docker build --target test .", {"Dockerfile": STAGES}, "yes"),
    ("target-with-a-sign", "docker build --target=test .", {"Dockerfile": STAGES}, "yes"),
    ("no-such-target", "docker build --target tests .", {"Dockerfile": STAGES}, "unknown"),
    ("needed-stage", "docker build .", {"Dockerfile": STAGES + "COPY --from=test /app/x /app/x\n"}, "yes"),
    ("argument-off", "docker build .",
     {"Dockerfile": f'{ALL}ARG T=0\nRUN if [ "$T" = 1 ]; then pytest; fi\n'}, "no"),
    ("argument-on", "docker build --build-arg T=1 .",
     {"Dockerfile": f'{ALL}ARG T=0\nRUN if [ "$T" = 1 ]; then pytest; fi\n'}, "yes"),
    ("here-document", "docker build .", {"Dockerfile": f"{ALL}RUN <<EOF\npytest\nEOF\n"}, "unknown"),
    ("here-document-for-a-shell", "docker build .",
     {"Dockerfile": f"{ALL}RUN bash -e <<'EOF'\npytest\nEOF\n"}, "unknown"),
    ("other-folder", "docker build api", {"Dockerfile": f"{ALL}RUN pytest\n"}, "no"),
    ("from-elsewhere", "docker build https://host.example/r.git", {"Dockerfile": f"{ALL}RUN pytest\n"}, "no"),
    # Containers of what was built.
    ("run", f"{BUILT}docker run --rm app pytest", {"Dockerfile": ALL}, "yes"),
    ("run-in-the-background", f"{BUILT}docker run -d app pytest", {"Dockerfile": ALL}, "no"),
    ("run-its-command", f"{BUILT}docker run app", {"Dockerfile": f'{ALL}CMD ["pytest"]\n'}, "yes"),
    ("run-its-shell-command", f"{BUILT}docker run app", {"Dockerfile": f"{ALL}CMD pytest; echo\n"}, "no"),
    ("run-its-entry", f"{BUILT}docker run app tests", {"Dockerfile": f'{ALL}ENTRYPOINT ["pytest"]\n'}, "yes"),
    ("run-something-else", f"{BUILT}docker run app echo", {"Dockerfile": f'{ALL}CMD ["pytest"]\n'}, "no"),
    ("run-the-app", f"{BUILT}docker run app", {"Dockerfile": f'{ALL}CMD ["python", "app.py"]\n'}, "no"),
    ("run-the-last-one", f"{BUILT}docker run app", {"Dockerfile": STAGES}, "no"),
    ("run-a-script", f"{BUILT}docker run app ./t.sh", {"Dockerfile": ALL, "t.sh": "#!/bin/sh\npytest\n"}, "yes"),
    ("run-a-script-that-hides", f"{BUILT}docker run app ./t.sh",
     {"Dockerfile": ALL, "t.sh": "#!/bin/sh\npytest\nexit 0\n"}, "no"),
    ("run-a-script-of-a-base", f"{BUILT}docker run app /opt/test.sh", {"Dockerfile": ALL}, "unknown"),
    # Compose.
    ("compose-run", "docker compose run web pytest", {"Dockerfile": ALL, "compose.yaml": WEB}, "yes"),
    ("compose-run-npm", "docker compose run web npm test",
     {"Dockerfile": ALL, "compose.yaml": WEB, "package.json": '{"scripts": {"test": "echo ok"}}'}, "no"),
    ("compose-exec-in-background", "docker compose exec -d web pytest", {"Dockerfile": ALL, "compose.yaml": WEB}, "no"),
    ("compose-up", "docker compose up", {"Dockerfile": ALL, "compose.yaml": WEB + "    command: pytest\n"}, "no"),
    ("compose-up-for-its-exit", "docker compose up --exit-code-from web",
     {"Dockerfile": ALL, "compose.yaml": WEB + "    command: pytest\n"}, "yes"),
    ("compose-build", "docker compose build", {"Dockerfile": f"{ALL}RUN pytest\n", "compose.yaml": WEB}, "yes"),
    ("compose-build-another", "docker compose build db",
     {"Dockerfile": f"{ALL}RUN pytest\n", "compose.yaml": WEB + "  db:\n    image: x\n"}, "no"),
    ("compose-build-behind-a-profile", "docker compose build",
     {"Dockerfile": f"{ALL}RUN pytest\n", "compose.yaml": WEB + "    profiles: [x]\n"}, "no"),
]  # fmt: skip


@pytest.mark.parametrize(("run", "files", "expected"), [row[1:] for row in TRICKS], ids=[row[0] for row in TRICKS])
def test_tests_in_an_image(tmp_path: Path, run: str, files: dict[str, str], expected: str) -> None:
    found = read(tmp_path, {**CODE, **files, ".github/workflows/ci.yml": workflow(run)})
    assert inventory.tests_on_change(found) == expected
