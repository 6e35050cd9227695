"""What lets Maven and Gradle pass although a test failed, or skip the tests: options, variables, the build's files.

Source: Maven's "CLI Options" and "Configuring Apache Maven", the surefire plugin's "test" goal, Gradle's `Test` task.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping, Sequence
from functools import partial

from shipworthy.facts.pipeline.fact import YES, Said, no, unsure, weakest
from shipworthy.facts.pipeline.shell_words import Values, join_path
from shipworthy.facts.pipeline.tree import Tree
from shipworthy.facts.pipeline.wrappers import program_of

MOST_READ = 100_000
"""Characters of a build file that are looked at."""
MOST_FOUND = 200
"""Parts of a POM that are looked at one by one."""
MOST_JUDGED = 20
"""Places in a Gradle build whose surroundings are looked at."""
_OFF = re.compile(r"-D(?:skipTests|maven\.test\.skip|maven\.test\.failure\.ignore)(?:=true)?")
_ON = re.compile(r"-D(skipTests|maven\.test\.skip|maven\.test\.failure\.ignore)=false")
_ASIDE = (("<!--", "-->"), ("<profiles>", "</profiles>"), ("<executions>", "</executions>"))
_PROPERTY = re.compile(r"<(skipTests|maven\.test\.skip|maven\.test\.failure\.ignore)>\s*true\s*</")
_IN_PLUGIN = re.compile(r"<(testFailureIgnore|skipTests|skip)>\s*true\s*</")
_GRADLE_FILES = ("build.gradle", "build.gradle.kts")
_IGNORES = re.compile(r"\b(?:isI|i)gnoreFailures\b(?:\s*=\s*|\s*\.set\(\s*|\s+)(\w[^\n;)}]{0,60})")


def lets_pass(words: Sequence[str], folder: str | None, variables: Mapping[str, Values], tree: Tree) -> Said:
    """Whether a failed test fails the build of this command, as far as Maven and Gradle decide it; else a plain yes."""
    name = program_of(words[0])
    if name in ("mvn", "mvnw", "mvnd"):
        return _maven(words, folder, variables, tree)
    return _gradle(folder, tree) if name in ("gradle", "gradlew") else YES


def _text(tree: Tree, path: str) -> str:
    return (tree.text(path) or "")[:MOST_READ] if tree.is_file(path) else ""


def _maven(words: Sequence[str], folder: str | None, variables: Mapping[str, Values], tree: Tree) -> Said:
    path = "pom.xml"
    for at, word in enumerate(words):
        if word in ("-fn", "--fail-never"):
            return no(f"`{word}` never fails the build")
        if word in ("-f", "--file") and at + 1 < len(words):
            path = words[at + 1] if words[at + 1].endswith(".xml") else f"{words[at + 1]}/pom.xml"
    own = join_path(folder, path)
    base = posixpath.dirname(own) or "." if own is not None else "."
    config = _text(tree, posixpath.normpath(f"{base}/.mvn/maven.config"))
    given = {
        "its own options": list(words),
        "MAVEN_ARGS": " ".join(variables.get("MAVEN_ARGS", ())).split(),
        "MAVEN_OPTS": " ".join(variables.get("MAVEN_OPTS", ())).split(),
        ".mvn/maven.config": config.split(),
    }
    on = {match[1] for word in words if (match := _ON.fullmatch(word))}
    for where, options in given.items():
        for word in options:
            if _OFF.fullmatch(word) and word[2:].partition("=")[0] not in on:
                return no(f"`{word}` in {where} lets it pass")
    if own is None:
        return YES
    names, plugin = tree.kept("what a POM says of tests", own, lambda: _pom(own, _text(tree, own)))
    name = next((name for name in names if name not in on), None)
    return no(f"`{name}` in {own} lets it pass") if name is not None else plugin


def _pom(path: str, text: str) -> tuple[list[str], Said]:
    """Properties of a POM that switch tests off or their failure, and what its surefire plugin is told."""
    if len(text) >= MOST_READ or text.count("<plugin>") > MOST_FOUND or text.count("<properties>") > MOST_FOUND:
        return [], unsure(f"{path} is too large to be looked at as a whole")
    for opened, closed in _ASIDE:
        for inside in _between(text, opened, closed):
            text = text.replace(f"{opened}{inside}{closed}", "", 1)
    names = [
        match[1] for inside in _between(text, "<properties>", "</properties>") for match in _PROPERTY.finditer(inside)
    ]
    for inside in _between(text, "<plugin>", "</plugin>"):
        match = _IN_PLUGIN.search(inside) if "maven-surefire-plugin" in inside else None
        if match:
            why = f"`{match[1]}` of surefire in {path} lets it pass"
            return names, no(why) if match[1] == "testFailureIgnore" else unsure(why)
    return names, YES


def _between(text: str, opened: str, closed: str) -> list[str]:
    """What stands between two signs, each time; as many as are judged."""
    found: list[str] = []
    start = text.find(opened)
    while start >= 0 and len(found) < MOST_FOUND:
        end = text.find(closed, start + len(opened))
        if end < 0:
            break
        found.append(text[start + len(opened) : end])
        start = text.find(opened, end)
    return found


def _gradle(folder: str | None, tree: Tree) -> Said:
    paths = [path for name in _GRADLE_FILES if (path := join_path(folder, name)) is not None and tree.is_file(path)]
    return weakest(
        YES, *(tree.kept("what a Gradle build says of tests", path, partial(_build, tree, path)) for path in paths)
    )


def _build(tree: Tree, path: str) -> Said:
    rows = _text(tree, path).split("\n")
    text = "\n".join(row.partition("//")[0] for row in rows if not row.lstrip().startswith("*"))
    if sum(map(len, rows)) + len(rows) > MOST_READ or len(_IGNORES.findall(text)) > MOST_JUDGED:
        return unsure(f"{path} is too large to be looked at as a whole")
    for match in _IGNORES.finditer(text):
        value = match[1].strip()
        if value != "false" and re.search("test", _block(text, match.start()), re.I):
            why = f"`ignoreFailures` of the tests in {path} lets it pass"
            return no(why) if value == "true" else unsure(why)
    return YES


def _block(text: str, at: int) -> str:
    """What stands before the `{` that a place lies in: "tasks.withType(Test)". The place's own line before it, too."""
    depth = 0
    for here in range(at - 1, -1, -1):
        if text[here] == "}":
            depth += 1
        elif text[here] == "{" and depth:
            depth -= 1
        elif text[here] == "{":
            return text[text.rfind("\n", 0, here) + 1 : here]
    return text[text.rfind("\n", 0, at) + 1 : at]
