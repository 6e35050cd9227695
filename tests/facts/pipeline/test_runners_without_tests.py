"""Test runners that pass where they find no test: without any, they prove nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.facts.pipeline.test_pipeline_resolve import TEST, TESTS, pipeline, proves


@pytest.mark.parametrize(
    "command",
    [
        "dotnet test", "python manage.py test", "python -m unittest", "cargo test", "cargo nextest run", "mvn test",
        "mvn -B verify", "./gradlew test", "gradle check", "go test ./...", "rspec", "bundle exec rake test",
        "rails test", "phpunit", "php artisan test", "./vendor/bin/sail artisan test", "php bin/phpunit", "mix test",
        "ctest", "node --test", "sbt test", "python setup.py test", "ruby bin/rails test",
    ],
)  # fmt: skip
def test_a_runner_that_passes_without_tests_needs_some(tmp_path: Path, command: str) -> None:
    sources = {
        "manage.py": "#!/usr/bin/env python\n", "src/main.rs": "fn main() {}\n", "src/main/java/App.java": "x\n",
        "App/App.csproj": "<Project/>\n", "lib/app.rb": "x\n", "app.php": "x\n", "artisan": "x\n",
        "CMakeLists.txt": "project(a)\n",
    }  # fmt: skip
    assert not pipeline(tmp_path / "without", command, sources).of(TEST)
    assert proves(pipeline(tmp_path / "with", command, {**sources, **TESTS}))


@pytest.mark.parametrize(
    ("command", "files"),
    [
        ("cargo test", {"src/lib.rs": "#[cfg(test)]\nmod tests {\n    #[test]\n    fn a() {}\n}\n"}),
        ("cargo test", {"src/lib.rs": "/// ```\n/// assert!(true);\n/// ```\npub fn a() {}\n"}),
        ("dotnet test", {"A/A.csproj": '<PackageReference Include="Microsoft.NET.Test.Sdk" />\n'}),
        ("ctest", {"src/CMakeLists.txt": "gtest_discover_tests(a)\n"}),
    ],
)
def test_tests_may_stand_inside_other_files(tmp_path: Path, command: str, files: dict[str, str]) -> None:
    assert proves(pipeline(tmp_path, command, files))


def test_tests_elsewhere_are_not_those_of_this_folder(tmp_path: Path) -> None:
    files = {"api/go.mod": "module a\n", "web/a_test.go": "x\n"}
    assert not pipeline(tmp_path, "cd api && go test ./...", files).of(TEST)
