"""Tricks of Jenkins pipelines: what tests a change, what hides a failure, and what a deploy waits for.

Expected answers are read out of the Jenkins handbook ("Pipeline Syntax", "Pipeline Steps Reference").
"""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.facts.pipeline.pipeline_reading import leaves_in, read

from shipworthy.facts.pipeline import Answer, Kind
from shipworthy.facts.pipeline.gate import gates, overall
from shipworthy.facts.pipeline.inventory import tests_on_change as answer_of

CODE = {
    "src/app.py": "x = 1\n",
    "tests/test_app.py": "def test(): assert 1\n",
    "ci/t.sh": "pytest\n",
    "run.sh": "#!/bin/sh\npytest\nexit 0\n",
}
DEPLOY = "sh 'kubectl apply -f k8s'"
PLAIN = "stage('T') { steps { sh 'pytest' } }"
SHIP = f"stage('D') {{ steps {{ {DEPLOY} }} }}"


def steps(*lines: str) -> str:
    """A stage with these steps."""
    inner = "\n".join(lines)
    return f"stage('T') {{\n steps {{\n{inner}\n }}\n}}"


def pipeline(*stages: str, end: str = "", start: str = "") -> str:
    """A declarative pipeline of these stages."""
    return f"pipeline {{\n agent any\n{start}\n stages {{\n" + "\n".join(stages) + f"\n }}\n{end}\n}}\n"


def only_tests(when: str) -> str:
    """A stage with tests and this condition."""
    return f"stage('T') {{ when {{ {when} }}\n steps {{ sh 'pytest' }} }}"


def shipped(when: str) -> str:
    """A stage with a deploy and this condition."""
    return f"stage('D') {{ when {{ {when} }}\n steps {{ {DEPLOY} }} }}"


def answers(folder: Path, text: str) -> tuple[str, str]:
    found = read(folder, {**CODE, "Jenkinsfile": text})
    return answer_of(found), overall(gates(found))


TESTS = [
    ("plain", pipeline(PLAIN), "yes"),
    ("double-quotes", pipeline(steps('sh "pytest"')), "yes"),
    ("parentheses", pipeline(steps("sh('pytest')")), "yes"),
    ("map", pipeline(steps("sh script: 'pytest', label: 'Tests'")), "yes"),
    ("map-in-parentheses", pipeline(steps("sh(script: 'pytest', returnStdout: true)")), "yes"),
    ("block-of-lines", pipeline(steps("sh '''", "  pip install x", "  pytest", "'''")), "yes"),
    ("first-line-fails-under-e", pipeline(steps("sh '''", "pytest", "echo done", "'''")), "yes"),
    ("shebang-without-e", pipeline(steps("sh '''#!/bin/bash", "pytest", "echo done", "'''")), "no"),
    ("shebang-with-e", pipeline(steps("sh '''#!/bin/bash -e", "pytest", "echo done", "'''")), "yes"),
    ("shebang-on-second-line-is-none", pipeline(steps("sh '''", "#!/bin/bash", "pytest", "echo x", "'''")), "yes"),
    ("shebang-of-python", pipeline(steps("sh '''#!/usr/bin/env python3", "import pytest", "'''")), "unknown"),
    ("pipe-hides", pipeline(steps("sh 'pytest | tee log'")), "no"),
    ("or-true-hides", pipeline(steps("sh 'pytest || true'")), "no"),
    ("set-plus-e", pipeline(steps("sh '''", "set +e", "pytest", "echo x", "'''")), "no"),
    ("status-hides", pipeline(steps("sh script: 'pytest', returnStatus: true")), "no"),
    ("status-false", pipeline(steps("sh script: 'pytest', returnStatus: false")), "yes"),
    (
        "status-asked",
        pipeline(
            steps(
                "script {", "def rc = sh(script: 'pytest', returnStatus: true)", "if (rc != 0) {", "error 'x'", "}", "}"
            )
        ),
        "yes",
    ),
    (
        "status-printed",
        pipeline(steps("script {", "def rc = sh(script: 'pytest', returnStatus: true)", "}")),
        "no",
    ),
    ("script-file-ends-green", pipeline(steps("sh './run.sh'")), "no"),
    ("echo-only", pipeline(steps("echo 'pytest'")), "no"),
    ("sh-echo-only", pipeline(steps("sh 'echo pytest'")), "no"),
    ("line-comment", pipeline(steps("// sh 'pytest'", "echo 'x'")), "no"),
    ("block-comment", pipeline(steps("/* sh 'pytest' */", "echo 'x'")), "no"),
    ("comment-sign-in-string", pipeline(steps("echo 'http://x'; sh 'pytest'")), "yes"),
    ("comment-start-in-string", pipeline(steps("echo '/*'", "sh 'pytest'", "echo '*/'")), "yes"),
    ("brace-in-string", pipeline(steps("echo '}}}'", "sh 'pytest'")), "yes"),
    ("interpolated", pipeline(steps('sh "pytest --junitxml=${env.BUILD_TAG}.xml"')), "yes"),
    ("interpolated-program", pipeline(steps('sh "${params.COMMAND}"')), "unknown"),
    ("variable-as-script", pipeline(steps("script {", "sh command", "}")), "unknown"),
    ("constant-as-script", "def c = 'pytest'\n" + pipeline(steps("script {", "sh c", "}")), "yes"),
    ("joined-texts", pipeline(steps("sh 'py' + 'test'")), "yes"),
    ("script-block", pipeline(steps("script {", "sh 'pytest'", "}")), "yes"),
    ("when-never", pipeline(only_tests("expression { false }")), "no"),
    ("when-branch", pipeline(only_tests("branch 'main'")), "partial"),
    ("when-not-branch", pipeline(only_tests("not { branch 'main' }")), "yes"),
    ("when-request", pipeline(only_tests("changeRequest()")), "yes"),
    (
        "when-request-or-main",
        pipeline(only_tests("anyOf { branch 'main'; changeRequest() }")),
        "yes",
    ),
    ("when-tag", pipeline(only_tests("buildingTag()")), "no"),
    ("when-pr-pattern", pipeline(only_tests("branch 'PR-*'")), "yes"),
    ("when-timer", pipeline(only_tests("triggeredBy 'TimerTrigger'")), "no"),
    (
        "when-unknown-variable",
        pipeline(only_tests("environment name: 'X', value: 'y'")),
        "unknown",
    ),
    (
        "when-known-variable",
        pipeline(
            only_tests("environment name: 'X', value: 'y'"),
            start="environment { X = 'y' }",
        ),
        "yes",
    ),
    (
        "when-parameter-off",
        pipeline(
            only_tests("expression { params.T }"),
            start="parameters { booleanParam(name: 'T', defaultValue: false) }",
        ),
        "no",
    ),
    (
        "when-parameter-on",
        pipeline(
            only_tests("expression { return params.T }"),
            start="parameters { booleanParam(name: 'T', defaultValue: true) }",
        ),
        "yes",
    ),
    ("when-changeset", pipeline(only_tests("changeset 'src/**'")), "partial"),
    ("if-true-in-script", pipeline(steps("script {", "if (true) { sh 'pytest' }", "}")), "yes"),
    ("if-branch", pipeline(steps("script {", "if (env.BRANCH_NAME == 'main') { sh 'pytest' }", "}")), "partial"),
    ("if-not-branch", pipeline(steps("script {", "if (env.BRANCH_NAME != 'main') { sh 'pytest' }", "}")), "yes"),
    ("if-unknown", pipeline(steps("script {", "if (x.y()) { sh 'pytest' }", "}")), "unknown"),
    ("return-before", pipeline(steps("script {", "return", "sh 'pytest'", "}")), "no"),
    ("loop", pipeline(steps("script {", "for (x in xs) { sh 'pytest' }", "}")), "unknown"),
    ("try-hides", pipeline(steps("script {", "try { sh 'pytest' } catch (e) { echo 'x' }", "}")), "no"),
    ("try-throws", pipeline(steps("script {", "try { sh 'pytest' } catch (e) { throw e }", "}")), "yes"),
    ("try-errors", pipeline(steps("script {", "try { sh 'pytest' }", "catch (e) { error 'x' }", "}")), "yes"),
    ("try-finally", pipeline(steps("script {", "try { sh 'pytest' } finally { echo 'x' }", "}")), "yes"),
    (
        "try-sets-result",
        pipeline(steps("script {", "try { sh 'pytest' } catch (e) { currentBuild.result = 'FAILURE' }", "}")),
        "yes",
    ),
    (
        "try-sets-unstable",
        pipeline(steps("script {", "try { sh 'pytest' } catch (e) { currentBuild.result = 'UNSTABLE' }", "}")),
        "no",
    ),
    (
        "try-calls-a-function",
        "def bad(e) {\n error 'x'\n}\n" + pipeline(steps("script {", "try { sh 'pytest' } catch (e) { bad(e) }", "}")),
        "unknown",
    ),
    ("any-agent", pipeline(steps("script {", "if (isUnix()) { sh 'pytest' } else { bat 'pytest' }", "}")), "yes"),
    ("unix-only", pipeline(steps("script {", "if (isUnix()) { sh 'pytest' } else { bat 'dir' }", "}")), "unknown"),
    ("catch-error", pipeline(steps("catchError { sh 'pytest' }")), "yes"),
    ("catch-error-success", pipeline(steps("catchError(buildResult: 'SUCCESS') { sh 'pytest' }")), "no"),
    ("catch-error-unstable", pipeline(steps("catchError(buildResult: 'UNSTABLE') { sh 'pytest' }")), "no"),
    ("catch-error-stage", pipeline(steps("catchError(stageResult: 'FAILURE') { sh 'pytest' }")), "yes"),
    ("catch-error-of-variable", pipeline(steps("catchError(buildResult: env.R) { sh 'pytest' }")), "unknown"),
    ("each", pipeline(steps("script {", "['a', 'b'].each { d -> sh 'pytest' }", "}")), "unknown"),
    ("closure-unused", pipeline(steps("script {", "def f = { sh 'pytest' }", "}")), "no"),
    ("name-at-run-time", pipeline(steps("script {", '"${x}"()', "}")), "unknown"),
    ("warn-error", pipeline(steps("warnError('x') { sh 'pytest' }")), "no"),
    ("hidden-with-report", pipeline(steps("sh 'pytest || true'", "junit 'x.xml'")), "unknown"),
    ("wrapped", pipeline(steps("timeout(time: 5) { retry(2) { ansiColor('x') { sh 'pytest' } } }")), "yes"),
    (
        "credentials",
        pipeline(steps("withCredentials([string(credentialsId: 'a', variable: 'B')]) {", "sh 'pytest'", "}")),
        "yes",
    ),
    ("folder", pipeline(steps("dir('src') { sh 'cd ..; pytest' }")), "yes"),
    (
        "docker-inside",
        pipeline(steps("script {", "docker.image('python:3').inside('-v x:y') { sh 'pytest' }", "}")),
        "yes",
    ),
    ("unknown-wrapper", pipeline(steps("withSomething { sh 'pytest' }")), "unknown"),
    ("parallel", pipeline(f"stage('P') {{ parallel {{\n {PLAIN}\n {SHIP}\n }} }}"), "yes"),
    ("nested", pipeline(f"stage('P') {{ stages {{\n {PLAIN}\n }} }}"), "yes"),
    (
        "matrix",
        pipeline("stage('M') { matrix { axes { axis { name 'V'; values '1', '2' } }\n stages { " + PLAIN + " } } }"),
        "yes",
    ),
    ("post-always", pipeline(steps("echo 'x'"), end="post { always { sh 'pytest' } }"), "yes"),
    ("post-failure", pipeline(steps("echo 'x'"), end="post { failure { sh 'pytest' } }"), "no"),
    ("behind-approval", pipeline(steps("input 'go?'", "sh 'pytest'")), "unknown"),
    (
        "behind-approval-of-a-stage",
        pipeline("stage('T') { input { message 'go?' }\n steps { sh 'pytest' } }"),
        "unknown",
    ),
    ("fixed-branch", pipeline(steps("git branch: 'main', url: 'https://x.example/a/b.git'", "sh 'pytest'")), "partial"),
    (
        "own-branch",
        pipeline(steps("git branch: env.BRANCH_NAME, url: 'https://x.example/a/b.git'", "sh 'pytest'")),
        "yes",
    ),
    ("checkout-scm", pipeline(steps("checkout scm", "sh 'pytest'")), "yes"),
    (
        "checkout-of-main",
        pipeline(steps("checkout([$class: 'GitSCM', branches: [[name: '*/main']]])", "sh 'pytest'")),
        "partial",
    ),
    ("function", "def t() {\n sh 'pytest'\n}\n" + pipeline(steps("t()")), "yes"),
    ("function-unused", "def t() {\n sh 'pytest'\n}\n" + pipeline(steps("echo 'x'")), "no"),
    ("function-of-itself", "def t() {\n t()\n}\n" + pipeline(steps("t()")), "unknown"),
    ("another-job", pipeline(steps("build job: 'tests'")), "unknown"),
    ("loaded", pipeline(steps("script {", "def x = load 'x.groovy'", "x.run()", "}")), "unknown"),
    ("read-file", pipeline(steps("sh readFile('run.sh')")), "no"),
    ("read-file-by-name", pipeline(steps("sh(script: readFile(file: 'ci/t.sh'))")), "yes"),
    ("read-file-missing", pipeline(steps("sh readFile('none.sh')")), "unknown"),
    ("not-a-branch-with", pipeline(only_tests("expression { !env.GIT_BRANCH.contains('pr') }")), "yes"),
    ("library-step", "@Library('x') _\n" + pipeline(steps("mvnDefault()")), "unknown"),
    ("library-whole", "@Library('x') _\nwithPipeline('node', 'a') {\n afterSuccess('t') { echo 'x' }\n}\n", "unknown"),
    ("library-implicit", "buildPlugin(useContainerAgent: true)\n", "unknown"),
    ("scripted", "node {\n checkout scm\n stage('T') {\n  sh 'pytest'\n }\n}\n", "yes"),
    ("scripted-old-stage", "node {\n stage 'T'\n sh 'pytest'\n}\n", "yes"),
    ("scripted-hidden", "node {\n try {\n  sh 'pytest'\n } catch (e) {\n  echo 'x'\n }\n}\n", "no"),
    ("scripted-parallel", "parallel a: { node { sh 'pytest' } }, b: { node { echo 'x' } }\n", "yes"),
    ("scripted-parallel-built", "def t = [:]\nt['a'] = { sh 'pytest' }\nparallel t\n", "unknown"),
    ("braces-on-own-lines", pipeline(PLAIN).replace(" {", "\n{"), "yes"),
    ("batch", pipeline(steps("bat 'pytest'")), "yes"),
    ("batch-not-last", pipeline(steps("bat '''", "pytest", "echo done", "'''")), "no"),
    ("batch-if", pipeline(steps("bat 'if exist test-results rmdir /s test-results'")), "no"),
    ("powershell", pipeline(steps("powershell 'python -m pytest'")), "yes"),
    ("powershell-program", pipeline(steps("pwsh 'if ($x) { pytest }'")), "unknown"),
    # Files that Jenkins refuses run nothing.
    ("refused-step-for-steps", pipeline("stage('T') { step { sh 'pytest' } }"), "unknown"),
    ("refused-no-agent", "pipeline {\n stages {\n" + PLAIN + "\n }\n}\n", "unknown"),
    ("refused-no-stages", "pipeline {\n agent any\n stage('T') { steps { sh 'pytest' } }\n}\n", "unknown"),
    ("refused-if-in-steps", pipeline(steps("if (true) { sh 'pytest' }")), "unknown"),
    ("refused-brace-missing", pipeline(PLAIN)[:-3], "unknown"),
    ("refused-string-open", pipeline(steps("sh 'pytest")), "unknown"),
    ("refused-two-bodies", pipeline("stage('T') { steps { sh 'pytest' }\n stages { " + PLAIN + " } }"), "unknown"),
    ("refused-empty-when", pipeline("stage('T') { when { }\n steps { sh 'pytest' } }"), "unknown"),
    ("refused-post-step", pipeline(PLAIN, end="post { sh 'x' }"), "unknown"),
    ("refused-heading", "Jenkinsfile (Declarative Pipeline)\n" + pipeline(PLAIN), "unknown"),
    ("refused-typo", pipeline("stage('T') { step { sh 'x' } }", PLAIN), "unknown"),
]


@pytest.mark.parametrize(("text", "expected"), [row[1:] for row in TESTS], ids=[row[0] for row in TESTS])
def test_what_tests_a_change(tmp_path: Path, text: str, expected: str) -> None:
    assert answers(tmp_path, text)[0] == expected


GATES = [
    ("stage-after-tests", pipeline(PLAIN, SHIP), "yes"),
    ("stage-before-tests", pipeline(SHIP, PLAIN), "no"),
    ("no-tests", pipeline(SHIP), "no"),
    ("same-stage", pipeline(steps("sh 'pytest'", DEPLOY)), "yes"),
    ("same-script", pipeline(steps("sh '''", "pytest", "kubectl apply -f k8s", "'''")), "yes"),
    ("same-stage-before", pipeline(steps(DEPLOY, "sh 'pytest'")), "no"),
    ("hidden-tests", pipeline(steps("sh 'pytest || true'"), SHIP), "no"),
    ("caught-tests", pipeline(steps("catchError { sh 'pytest' }"), SHIP), "no"),
    (
        "caught-tests-deploy-in-success",
        pipeline(steps("catchError { sh 'pytest' }"), end=f"post {{ success {{ {DEPLOY} }} }}"),
        "yes",
    ),
    ("caught-together", pipeline(steps(f"catchError {{\nsh 'pytest'\n{DEPLOY}\n}}")), "yes"),
    (
        "red-result-goes-on",
        pipeline(steps("script {", "try { sh 'pytest' } catch (e) { currentBuild.result = 'FAILURE' }", "}"), SHIP),
        "no",
    ),
    ("beside-tests", pipeline(f"stage('P') {{ parallel {{\n {PLAIN}\n {SHIP}\n }} }}"), "no"),
    (
        "after-parallel-tests",
        pipeline(f"stage('P') {{ parallel {{\n {PLAIN}\n stage('L') {{ steps {{ echo 'x' }} }}\n }} }}", SHIP),
        "yes",
    ),
    ("post-success", pipeline(PLAIN, end=f"post {{ success {{ {DEPLOY} }} }}"), "yes"),
    ("post-always", pipeline(PLAIN, end=f"post {{ always {{ {DEPLOY} }} }}"), "no"),
    (
        "post-success-of-stage",
        pipeline(f"stage('T') {{ steps {{ sh 'pytest' }}\n post {{ success {{ {DEPLOY} }} }} }}"),
        "yes",
    ),
    (
        "post-always-of-stage",
        pipeline(f"stage('T') {{ steps {{ sh 'pytest' }}\n post {{ always {{ {DEPLOY} }} }} }}"),
        "no",
    ),
    ("post-failure", pipeline(PLAIN, end=f"post {{ failure {{ {DEPLOY} }} }}"), "na"),
    ("main-only", pipeline(PLAIN, shipped("branch 'main'")), "yes"),
    ("tests-on-develop-only", pipeline(only_tests("branch 'develop'"), shipped("branch 'main'")), "no"),
    ("tests-on-requests-only", pipeline(only_tests("changeRequest()"), shipped("branch 'main'")), "no"),
    ("tag", pipeline(PLAIN, shipped("buildingTag()")), "yes"),
    ("tests-not-on-tags", pipeline(only_tests("not { buildingTag() }"), shipped("tag 'v*'")), "no"),
    ("approval-is-no-test", pipeline("stage('A') { steps { input 'go?' } }", SHIP), "no"),
    (
        "tests-then-approval",
        pipeline(PLAIN, f"stage('D') {{ input {{ message 'go?' }}\n steps {{ {DEPLOY} }} }}"),
        "yes",
    ),
    ("tests-behind-approval-are-waited-for", pipeline("stage('A') { steps { input 'go?' } }", PLAIN, SHIP), "yes"),
    ("tests-that-may-be-skipped", pipeline(only_tests("expression { x.y() }"), SHIP), "unknown"),
    ("docker-push", pipeline(PLAIN, steps("script {", "docker.build('a/b').push()", "}")), "yes"),
    (
        "docker-push-of-variable",
        pipeline(steps("script {", "def app = docker.build('a/b')", "app.push('latest')", "}")),
        "no",
    ),
    ("finally-runs-anyway", "node {\n try {\n sh 'pytest'\n } finally {\n " + DEPLOY + "\n }\n}\n", "no"),
    ("scripted-order", "node {\n stage('T') { sh 'pytest' }\n stage('D') { " + DEPLOY + " }\n}\n", "yes"),
    ("scripted-if-main", "node {\n sh 'pytest'\n if (env.BRANCH_NAME == 'main') {\n " + DEPLOY + "\n }\n}\n", "yes"),
    ("ssh-agent", pipeline(PLAIN, steps("sshagent(['x']) {", "sh 'ssh me@host.example ./up.sh'", "}")), "yes"),
    ("plugin", pipeline(PLAIN, steps("ansiblePlaybook playbook: 'x.yml'")), "yes"),
    (
        "manual-parameter",
        pipeline(
            PLAIN,
            shipped("expression { params.D }"),
            start="parameters { booleanParam(name: 'D', defaultValue: false) }",
        ),
        "yes",
    ),
]


@pytest.mark.parametrize(("text", "expected"), [row[1:] for row in GATES], ids=[row[0] for row in GATES])
def test_what_a_deploy_waits_for(tmp_path: Path, text: str, expected: str) -> None:
    assert answers(tmp_path, text)[1] == expected


def test_lines_are_those_of_the_commands(tmp_path: Path) -> None:
    text = pipeline(steps('sh """', "  echo ${env.A}", "  pytest -q", '"""'), steps("sh 'pytest -x'"))
    found = leaves_in(read(tmp_path, {**CODE, "ci/Jenkinsfile": text}))
    lines = text.split("\n")
    assert [lines[leaf.line - 1].strip() for leaf in found] == ["pytest -q", "sh 'pytest -x'"]
    assert {leaf.path for leaf in found} == {"ci/Jenkinsfile"}


def test_names_of_files(tmp_path: Path) -> None:
    for name in ("Jenkinsfile.bak", "Jenkinsfile.md", "examples/Jenkinsfile", "Jenkinsfile.j2"):
        assert not read(tmp_path / name.replace("/", "-"), {**CODE, name: pipeline(PLAIN)}).systems
    for name in ("Jenkinsfile-nightly", "ci/tests.Jenkinsfile", "a.jenkinsfile", "Jenkinsfile.groovy"):
        assert read(tmp_path / name.replace("/", "-"), {**CODE, name: pipeline(PLAIN)}).of(Kind.TEST)


def test_when_it_starts_is_not_known_here(tmp_path: Path) -> None:
    found = read(tmp_path, {**CODE, "Jenkinsfile": pipeline(PLAIN)})
    starts = {start.name: start for start in found.workflows[0].scenarios}
    assert starts["change"].outside
    assert starts["change"].on_change.answer is Answer.UNKNOWN
    assert starts["landing"].on_change.answer is Answer.NO


def test_a_long_file_is_read_in_one_pass(tmp_path: Path) -> None:
    text = pipeline(*[f"stage('S{n}') {{ steps {{ sh 'echo {n}' }} }}" for n in range(900)], PLAIN)
    found = read(tmp_path, {**CODE, "Jenkinsfile": text})
    assert found.of(Kind.TEST)
