"""The weekend app with its faults fixed, the way its owner would fix them; what the walks to READY use."""

from __future__ import annotations

from pathlib import Path

from shipworthy.demo.make import make_demo
from tests.support import git, write

_WORKFLOW = """\
name: ci
on: [push, pull_request]
permissions:
  contents: read
jobs:
  test:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - run: pip install -r requirements.txt
      - run: python -m pytest
"""


def fix(folder: Path) -> None:
    """Fix every fault, without committing."""

    def edit(path: str, *pairs: tuple[str, str]) -> None:
        text = (folder / path).read_text()
        for old, new in pairs:
            assert old in text, (path, old)
            text = text.replace(old, new)
        (folder / path).write_text(text)

    lines = (folder / "app/settings.py").read_text().splitlines()
    lines = ['STRIPE_KEY = os.environ["STRIPE_KEY"]' if line.startswith("STRIPE_KEY") else line for line in lines]
    edit("tests/test_orders.py", ("@pytest.mark.skip\n", ""))
    edit("requirements.txt", ("urllib3==2.0.4", "urllib3==2.2.3"))
    edit("Dockerfile", (', "--reload"', ""), ("CMD", "HEALTHCHECK CMD curl --fail http://localhost:8000/health\nCMD"))
    edit(
        "app/main.py",
        (", reload=True", ""),
        ("def list_orders()", "def list_orders(user: str = Depends(current_user))"),
        ("def delete_order(order_id: str)", "def delete_order(order_id: str, user: str = Depends(current_user))"),
        ('@app.post("/orders")', '@app.get("/health")\ndef health() -> dict:\n    return {}\n\n\n@app.post("/orders")'),
    )
    write(
        folder,
        {
            "app/settings.py": "\n".join(lines) + "\n",
            ".github/workflows/ci.yml": _WORKFLOW,
            ".gitignore": "__pycache__/\n.venv/\n.env\n.env.*\n!.env.example\n*.pem\n*.key\n",
            ".dockerignore": ".env\n.env.*\n*.pem\n*.key\n.git\n",
            ".env.example": "DATABASE_URL=\nAPI_TOKEN=\nSTRIPE_KEY=\nCURRENCY=eur\n",
        },
    )
    git(folder, "rm", "-q", "--cached", ".env")


def fixed_demo(folder: Path) -> Path:
    """The demo made, fixed and committed in `folder`."""
    make_demo(folder)
    fix(folder)
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "Get it ready")
    return folder
