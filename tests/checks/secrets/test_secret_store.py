"""secret-store: a machine disproves it, a person names the store."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.facts.secrets.examples import drawn
from tests.support import check_files, make_repo, outcome_of, write

from shipworthy.model import OutcomeKind

CHECK = "secret-store"
OWN = "plantshopwagon"
STRONG = "".join(("Tulip", "7wagon", "Moss"))
COMPOSE = "services:\n  web:\n    environment:\n      DB_PASSWORD: {}\n"
AWS = "env:\n  AWS_SECRET_ACCESS_KEY: ${{ secrets.AWS_SECRET_ACCESS_KEY }}\n"
HEX = drawn("hex", 40, 13)


@pytest.mark.parametrize(("name", "warned"), [("VITE_API_TOKEN", True), ("API_TOKEN", False)])
def test_no_store_helps_a_name_that_is_sent_to_every_visitor(tmp_path: Path, name: str, warned: bool) -> None:
    outcome = check_files(CHECK, tmp_path / "p", {"a.ts": f"const a = import.meta.env.{name};\n"})
    assert outcome.findings[0].remedy.startswith("Take VITE_ off its name first (no-secret-in-client)") is warned


@pytest.mark.parametrize(
    ("files", "kind", "rules"),
    [
        ({"a.py": "import os\nA = os.environ['API_TOKEN']\n"}, "needs-you", {"secret-setting"}),
        ({"a.ts": "const a = process.env.STRIPE_SECRET_KEY"}, "needs-you", {"secret-setting"}),
        ({"a.py": "import keyring\nkeyring.get_password('a', 'b')\n"}, "needs-you", {"store-in-use"}),
        ({"a.py": "import os\nA = os.getenv('SECRET_KEY', 'abc-1')\n"}, "fail", {"secret-default"}),
        ({"a.py": "import os\nA = os.getenv('SECRET_KEY', 'change-me')\n"}, "fail", {"secret-default"}),
        ({"a.ts": "const a = process.env.JWT_SECRET || 'dev-1'"}, "fail", {"secret-default"}),
        ({"a.ts": "const a = import.meta.env.VITE_MAPS_API_KEY || 'your-key-1'"}, "needs-you", {"secret-setting"}),
        ({"a.ts": "const a = import.meta.env.VITE_JWT_SECRET || 'dev-1'"}, "fail", {"secret-default"}),
        ({"a.py": "import os\nA = os.getenv('DATABASE_URL') or 'sqlite://'\n"}, "needs-you", {"secret-setting"}),
        ({"a.py": "import os\nA = os.getenv('REDIS_URL', 'redis://cache:6379/0')\n"}, "needs-you", {"secret-setting"}),
        ({"a.ts": "const a = process.env.DATABASE_URL ?? 'mongodb://db/app'"}, "needs-you", {"secret-setting"}),
        ({"a.py": "import os\nA = os.getenv('DATABASE_URL', 'mysql://app:' 'x9' '@db/app')\n"}, "fail", None),
        ({"a.py": "import os\nA = os.getenv('REDIS_URL', 'redis://:' 'pw' '@cache')\n"}, "fail", None),
        ({"a.py": "import os\nA = os.getenv('API_SECRET', 'https://x.example/hook/a')\n"}, "fail", {"secret-default"}),
        ({"a.py": "import os\nA = os.getenv('API_SECRET', 'https://x.example?k=abc')\n"}, "fail", {"secret-default"}),
        ({"settings/local.py": "import os\nA = os.getenv('SECRET_KEY', 'dev')\n"}, "needs-you", {"secret-setting"}),
        ({"tests/a.py": "import os\nA = os.getenv('SECRET_KEY', 'dev')\n", "a.py": ""}, "not-applicable", set()),
        ({"a.py": "import os\nA = os.getenv('SECRET_KEY', '')\n"}, "needs-you", {"secret-setting"}),
        ({"compose.yaml": f"services:\n  a:\n    environment:\n      API_TOKEN: {HEX}\n"}, "fail", {"secret-in-file"}),
        ({".github/workflows/ci.yml": f"env:\n  API_TOKEN: {HEX}\n"}, "fail", {"secret-in-file"}),
        ({"a.py": "SECRET_KEY = 'a-wordy-one'\n"}, "fail", {"guessable-signing"}),
        ({"app/app.py": "app.config['SECRET_KEY'] = 'secret'\n"}, "fail", {"guessable-signing"}),
        ({"app.py": 'app.secret_key = "dev"\n'}, "fail", {"guessable-signing"}),
        ({"shop/settings.py": 'SECRET_KEY = "changeme"\n'}, "fail", {"guessable-signing"}),
        ({"a.py": "jwt.encode(payload, 'secret', algorithm='HS256')\n"}, "fail", {"guessable-signing"}),
        ({"a.js": "jwt.sign(data, 'secret')\n"}, "fail", {"guessable-signing"}),
        ({"a.js": "app.use(session({ secret: 'keyboard cat' }))\n"}, "fail", {"guessable-signing"}),
        ({"tests/test_a.py": "app.secret_key = 'a-wordy-one'\n"}, "not-applicable", set()),
        ({"docs/a.md": "app.secret_key = 'dev'\n"}, "not-applicable", set()),
        ({"examples/a.py": "app.secret_key = 'dev'\n"}, "not-applicable", set()),
        ({"settings/dev.py": "SECRET_KEY = 'dev-key'\n"}, "not-applicable", set()),
        (
            {"config.py": "class DevelopmentConfig:\n    SECRET_KEY = 'dev-key'\n"},
            "needs-you",
            {"signing-secret-in-code"},
        ),
        ({"a.py": "import os\nA = os.environ['PAGE_SIZE']\n"}, "not-applicable", set()),
        ({"a.py": "import os\nA = os.environ[name()]\n"}, "unknown", {"setting-name-computed"}),
        (
            {"a.py": "from openai import OpenAI\nc = OpenAI()\n", "requirements.txt": "openai==1.0\n"},
            "needs-you",
            {"key-not-seen"},
        ),
        ({"a.cs": 'c.GetConnectionString("Shop");'}, "needs-you", {"secret-setting"}),
        ({"a.yaml": f"kind: Secret\nstringData:\n  API_TOKEN: {OWN}\n"}, "fail", {"secret-in-deployment"}),
        ({"a.yaml": "kind: Secret\nstringData:\n  API_TOKEN: changeme\n"}, "needs-you", {"secret-in-deployment-file"}),
        ({"compose.yaml": COMPOSE.format(OWN)}, "needs-you", {"secret-in-deployment-file"}),
        ({"compose.prod.yaml": COMPOSE.format(OWN)}, "fail", {"secret-in-deployment"}),
        ({"compose.dev.yaml": COMPOSE.format(OWN)}, "not-applicable", set()),
        ({"Dockerfile": f"FROM a\nENV API_TOKEN={OWN}\n"}, "fail", {"secret-in-deployment"}),
        (
            {"Dockerfile": f"FROM postgres:16\nENV POSTGRES_PASSWORD={OWN}\n"},
            "needs-you",
            {"secret-in-deployment-file"},
        ),
        ({"Dockerfile": "FROM a\nARG API_TOKEN\nENV API_TOKEN=$API_TOKEN\n"}, "needs-you", {"secret-build-argument"}),
        ({"main.tf": f'variable "db_password" {{\n  default = "{OWN}"\n}}\n'}, "fail", {"secret-in-deployment"}),
        ({"group_vars/a.yml": "api_token: !vault |\n  $ANSIBLE_VAULT;1.1\n"}, "needs-you", {"store-in-use"}),
        ({"compose.yaml": COMPOSE.format(STRONG)}, "fail", {"secret-in-file"}),
        ({".github/workflows/ci.yml": AWS}, "needs-you", {"long-lived-cloud-key"}),
        ({".gitlab-ci.yml": "a:\n  script:\n    - curl $DEPLOY_TOKEN\n", "a.py": ""}, "needs-you", {"key-named"}),
        ({"compose.yaml": COMPOSE.format("${DB_PASSWORD}"), "a.py": ""}, "needs-you", {"key-named"}),
        ({"main.tf": 'variable "db_password" {\n  sensitive = true\n}\n'}, "needs-you", {"key-named"}),
        ({".env.example": "API_TOKEN=\n", "a.py": ""}, "needs-you", {"key-named"}),
        ({".env.example": "STRIPE_PUBLISHABLE_KEY=\n", "a.py": ""}, "not-applicable", set()),
        ({".github/workflows/ci.yml": "env:\n  A: ${{ secrets.A }}\n", "a.py": "x = 1\n"}, "not-applicable", set()),
    ],
)
def test_outcomes(tmp_path: Path, files: dict[str, str], kind: str, rules: set[str]) -> None:
    outcome = check_files(CHECK, tmp_path / "p", files)
    assert outcome.kind == kind
    if rules:
        assert {finding.rule for finding in outcome.findings} == rules


def test_a_new_secret_setting_is_a_new_finding(tmp_path: Path) -> None:
    one = check_files(CHECK, tmp_path / "a", {"a.py": "import os\nA = os.environ['API_TOKEN']\n"})
    two = check_files(
        CHECK, tmp_path / "b", {"a.py": "import os\n\nA = os.environ['API_TOKEN']\nB = os.environ['DB_PASSWORD']\n"}
    )
    before, after = ({finding.fingerprint for finding in each.findings} for each in (one, two))
    assert before < after


def test_what_could_not_be_read_is_unknown(tmp_path: Path) -> None:
    folder = make_repo(tmp_path / "p", {"a.py": "import os\nA = os.environ['API_TOKEN']\n"})
    write(folder, {"big.py": b"#" * (9 * 1024 * 1024)})
    assert outcome_of(CHECK, folder).kind is OutcomeKind.UNKNOWN


def test_a_default_is_never_shown(tmp_path: Path) -> None:
    outcome = check_files(CHECK, tmp_path / "p", {"a.py": "import os\nA = os.getenv('SECRET_KEY', 'wordy-default')\n"})
    assert outcome.kind is OutcomeKind.FAIL
    plain = outcome.findings[0]
    assert "wordy-default" not in repr(outcome), plain.excerpt


def test_the_store_that_gives_a_secret_is_named_beside_it(tmp_path: Path) -> None:
    entry = "    env:\n    - name: API_TOKEN\n      valueFrom:\n        secretKeyRef:\n          key: a\n"
    files = {"a.py": "import os\nA = os.environ['API_TOKEN']\n", "k8s/a.yaml": f"kind: Pod\nspec:\n{entry}"}
    outcome = check_files(CHECK, tmp_path / "p", files)
    assert outcome.looked_at == ("API_TOKEN read at a.py:2 by os.environ[], from Kubernetes secret (k8s/a.yaml:6)",)
    assert "k8s/a.yaml:6 takes from a store (Kubernetes secret)" in outcome.findings[0].message


def test_a_language_that_is_not_read_leaves_it_open(tmp_path: Path) -> None:
    assert check_files(CHECK, tmp_path / "p", {"src/Main.hs": "main = pure ()\n"}).kind is OutcomeKind.UNKNOWN
