"""Maven and Gradle builds whose tests cannot fail them, or that skip them: the options and the build's own files."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.facts.pipeline.pipeline_reading import read, workflow

from shipworthy.facts.pipeline.inventory import tests_on_change as answer_of

JAVA = {"src/test/java/ATest.java": "class ATest { @Test void a() {} }\n", "pom.xml": "<project></project>\n"}
SUREFIRE = "<artifactId>maven-surefire-plugin</artifactId>"
PLAIN = "plugins { id 'java' }\n"
LINE = "def a = 1\n"


def pom(inside: str) -> dict[str, str]:
    return {"pom.xml": f"<project>{inside}</project>\n"}


def plugin(inside: str) -> dict[str, str]:
    return pom(f"<build><plugins><plugin>{inside}</plugin></plugins></build>")


def gradle(inside: str, name: str = "build.gradle") -> dict[str, str]:
    return {name: PLAIN + inside}


@pytest.mark.parametrize(
    ("command", "files", "expected"),
    [
        ("mvn verify", {}, "yes"),
        ("mvn -fae verify", {}, "yes"),
        ("mvn -fn test", {}, "no"),
        ("./mvnw --fail-never test", {}, "no"),
        ("mvn test -Dmaven.test.failure.ignore", {}, "no"),
        ("mvn test -Dmaven.test.failure.ignore=true", {}, "no"),
        ("mvn test -Dmaven.test.failure.ignore=false", {}, "yes"),
        ("MAVEN_ARGS=-DskipTests mvn verify", {}, "no"),
        ("MAVEN_OPTS='-Xmx1g -DskipTests' mvn verify", {}, "no"),
        ("mvn verify", {".mvn/maven.config": "-T1C\n-DskipTests\n"}, "no"),
        ("mvn verify", pom("<properties><maven.test.skip>true</maven.test.skip></properties>"), "no"),
        ("mvn verify", pom("<properties><skipTests>false</skipTests></properties>"), "yes"),
        ("mvn verify -DskipTests=false", pom("<properties><skipTests>true</skipTests></properties>"), "yes"),
        ("mvn verify", pom("<!-- <properties><skipTests>true</skipTests></properties> -->"), "yes"),
        ("mvn verify", pom("<profiles><properties><skipTests>true</skipTests></properties></profiles>"), "yes"),
        ("mvn verify", pom("<properties><skipITs>true</skipITs></properties>"), "yes"),
        ("mvn -f api/pom.xml test", {"api/pom.xml": "<properties><skipTests>true</skipTests></properties>"}, "no"),
        ("mvn test", plugin(f"{SUREFIRE}<testFailureIgnore>true</testFailureIgnore>"), "no"),
        ("mvn test", plugin(f"{SUREFIRE}<testFailureIgnore>false</testFailureIgnore>"), "yes"),
        ("mvn test", plugin(f"{SUREFIRE}<skip>true</skip>"), "unknown"),
        ("mvn test", plugin("<artifactId>jacoco</artifactId><skip>true</skip>"), "yes"),
        ("./gradlew test", gradle(""), "yes"),
        ("./gradlew test --continue", gradle(""), "yes"),
        ("./gradlew test", gradle("test {\n  ignoreFailures = true\n}\n"), "no"),
        ("./gradlew test", gradle("test {\n  ignoreFailures = false\n}\n"), "yes"),
        ("./gradlew test", gradle("test {\n  // ignoreFailures = true\n}\n"), "yes"),
        ("./gradlew check", gradle("tasks.withType(Test) { a { b() }; ignoreFailures true }\n"), "no"),
        ("./gradlew test", gradle("tasks.test { ignoreFailures.set(true) }\n", "build.gradle.kts"), "no"),
        ("./gradlew test", gradle("test.ignoreFailures = true\n"), "no"),
        ("./gradlew test", gradle("test { ignoreFailures = System.getenv('CI') != null }\n"), "unknown"),
        ("./gradlew build", gradle("pmd {\n  ignoreFailures = true\n}\n"), "yes"),
    ],
)
def test_whether_a_failed_test_fails_the_build(
    tmp_path: Path, command: str, files: dict[str, str], expected: str
) -> None:
    api = {"api/src/test/java/BTest.java": "x\n"} if "api" in command else {}
    found = read(tmp_path, {**JAVA, **api, **files, ".github/workflows/ci.yml": workflow(command)})
    assert answer_of(found) == expected


@pytest.mark.parametrize(
    ("command", "files", "expected"),
    [
        ("npx jest -o", {"a.test.js": "test()\n"}, "no"),
        ("npx jest --changedSince=origin/main", {"a.test.js": "test()\n"}, "yes"),
        ("npx jest --testFailureExitCode=0", {"a.test.js": "test()\n"}, "no"),
        ("bundle exec rspec --failure-exit-code 0", {"spec/a_spec.rb": "it\n"}, "no"),
        ("pytest --suppress-tests-failed-exit-code", {"tests/test_a.py": "x\n"}, "no"),
        ("npx vitest run --passWithNoTests", {}, "no"),
        ("npx vitest run --passWithNoTests", {"a.test.ts": "test()\n"}, "yes"),
    ],
)
def test_runners_that_pass_over_nothing(tmp_path: Path, command: str, files: dict[str, str], expected: str) -> None:
    package = {"package.json": '{"devDependencies": {"jest": "1", "vitest": "1"}}\n'}
    found = read(tmp_path, {**package, **files, ".github/workflows/ci.yml": workflow(command)})
    assert answer_of(found) == expected


@pytest.mark.parametrize("sign", ["<!--", "<plugin>", "<properties>", "test { ignoreFailures = true; ", "/*"])
def test_hostile_build_files_end(tmp_path: Path, sign: str) -> None:
    files = {"pom.xml": sign * 30_000, "build.gradle": sign * 30_000}
    found = read(tmp_path, {**JAVA, **files, ".github/workflows/ci.yml": workflow("mvn test\ngradle test")})
    assert found.leaves


@pytest.mark.parametrize("command", ["mvn test", "gradle test"])
def test_what_was_not_looked_at_as_a_whole_proves_nothing(tmp_path: Path, command: str) -> None:
    files = {
        "pom.xml": f"<project>{'<!-- a -->' * 15_000}<properties><skipTests>true</skipTests></properties></project>\n",
        "build.gradle": f"{PLAIN}{15_000 * LINE}test {{ ignoreFailures = true }}\n",
    }
    found = read(tmp_path, {**JAVA, **files, ".github/workflows/ci.yml": workflow(command)})
    assert answer_of(found) == "unknown"
