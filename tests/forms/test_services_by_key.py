"""An outside service shows by its key, where no library of its own is used."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.forms.filled import a_form, text
from tests.support import make_repo, outcome_of, write

from shipworthy.model import OutcomeKind

READS = "import os\n\nMODEL = os.environ['OPENAI_API_KEY']\nLOGIN = os.environ['GOOGLE_CLIENT_SECRET']\n"


@pytest.mark.parametrize(
    ("item", "summary"),
    [("third-party-inventory", "form: lacks google apis, openai"), ("spend-alert", "form: lacks openai")],
)
def test_whose_key_is_read_is_a_service(item: str, summary: str, tmp_path: Path) -> None:
    """A model called through a framework is paid for all the same; a login by Google costs nothing by use."""
    file = a_form(item).file
    app = make_repo(tmp_path / "app", {"app/main.py": READS, file: text(item, "Stripe")})
    found = outcome_of(item, app)
    assert (found.kind, found.summary) == (OutcomeKind.FAIL, summary)
    assert {each.location.path for each in found.findings} == {"app/main.py"}
    write(app, {file: text(item, "OpenAI", "Google login")})
    assert outcome_of(item, app).kind is OutcomeKind.PASS


@pytest.mark.parametrize(
    ("files", "summary"),
    [
        ({"app/main.py": "import os\n\nMODEL = os.environ['OPENAI_API_KEY']\n"}, "form: lacks openai"),
        ({"requirements.txt": "langchain==0.3.1\nanthropic==0.39.0\n"}, "form: lacks anthropic"),
        # Whoever it calls, somebody is called.
        ({}, "form: lacks langchain"),
    ],
)
@pytest.mark.parametrize("item", ["third-party-inventory", "spend-alert"])
def test_a_library_that_calls_services_is_none_itself(
    item: str, files: dict[str, str], summary: str, tmp_path: Path
) -> None:
    files = {"requirements.txt": "langchain==0.3.1\n", a_form(item).file: text(item, "Stripe"), **files}
    found = outcome_of(item, make_repo(tmp_path / "app", files))
    assert (found.kind, found.summary) == (OutcomeKind.FAIL, summary)
