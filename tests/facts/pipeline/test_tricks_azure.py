"""What Azure Pipelines really does with a file: starts, conditions, exit codes, tasks and templates, trick by trick."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.facts.pipeline.pipeline_reading import read

from shipworthy.facts.pipeline import Kind, Pipeline
from shipworthy.facts.pipeline.gate import gates, overall
from shipworthy.facts.pipeline.inventory import tests_on_change as answer_of

CODE = {
    "src/app.py": "x = 1\n",
    "tests/test_app.py": "def test(): assert 1\n",
    "docs/a.md": "a\n",
    "package.json": '{"scripts": {"test": "jest", "lint": "eslint ."}}',
    "src/Shop.Tests/Shop.Tests.csproj": "<Project/>\n",
    "build.cmd": "@echo off\nrem pytest\ncall npm ci\npytest -q\nif errorlevel 1 exit /b 1\npython report.py\n",
    "soft.ps1": "pytest -q\nif ($LASTEXITCODE -ne 0) {\n  Write-Host 'never mind'\n}\nexit 0\n",
    "hard.ps1": "pytest -q\nif ($LASTEXITCODE -ne 0) {\n  throw 'tests failed'\n}\npython report.py\n",
    "src/test/java/ATest.java": "class ATest {}\n",
}
DEPLOY = "- task: AzureWebApp@1\n  inputs: {appName: shop}"
MAIN = "eq(variables['Build.SourceBranch'], 'refs/heads/main')"


def steps(text: str, head: str = "") -> str:
    return f"{head}\nsteps:\n{text}\n"


def indent(text: str, by: int) -> str:
    return "\n".join(" " * by + line for line in text.split("\n"))


def stages(deploy: str = "", test: str = "- script: pytest", head: str = "", more: str = "") -> str:
    """A stage with tests, and one that deploys; `deploy` are further lines of the second stage."""
    return (
        f"{head}\nstages:\n- stage: Test\n  jobs:\n  - job: unit\n    steps:\n{indent(test, 4)}\n"
        f"- stage: Live\n{indent(deploy, 2) if deploy else ''}\n  jobs:\n  - job: web\n"
        f"    steps:\n{indent(DEPLOY, 4)}\n{more}"
    )


def pipeline_of(folder: Path, text: str, **more: str) -> Pipeline:
    return read(
        folder, {**CODE, **{k.replace("__", "/") + ".yml": v for k, v in more.items()}, "azure-pipelines.yml": text}
    )


TRIGGERS = [
    ("none given: every branch, every pull request", "", "yes"),
    ("trigger none, pr absent", "trigger: none", "yes"),
    ("both none", "trigger: none\npr: none", "no"),
    ("main only, pr absent", "trigger: [main]", "yes"),
    ("main only, pr none: after landing only", "trigger: [main]\npr: none", "partial"),
    ("every branch, pr none", "trigger: ['*']\npr: none", "yes"),
    ("feature branches only", "trigger: [main, feature/*]\npr: none", "partial"),
    ("exclude without include", "trigger: {branches: {exclude: [main]}}\npr: none", "yes"),
    ("batch", "trigger: {batch: true, branches: {include: ['*']}}\npr: none", "yes"),
    ("every branch, no tags", "trigger: {branches: {include: ['*'], exclude: ['refs/tags/*']}}\npr: none", "yes"),
    ("tags only", "trigger: {tags: {include: ['v*']}}\npr: none", "no"),
    ("pr into main", "trigger: none\npr: [main]", "yes"),
    ("pr into main, long form", "trigger: none\npr: {branches: {include: [main, releases/*]}}", "yes"),
    ("pr into releases only", "trigger: none\npr: {branches: {include: [releases/*]}}", "partial"),
    ("pr leaves main out", "trigger: none\npr: {branches: {include: ['*'], exclude: [main, master]}}", "yes"),
    ("pr of docs only", "trigger: none\npr: {paths: {include: [docs]}}", "partial"),
    ("pr of a folder, all code in it", "trigger: none\npr: {paths: {include: [src, tests, package.json]}}", "yes"),
    ("pr but docs", "trigger: none\npr: {paths: {exclude: [docs, README.md]}}", "yes"),
    ("pr but tests", "trigger: none\npr: {paths: {exclude: [tests/*]}}", "partial"),
    ("schedule alone", "trigger: none\npr: none\nschedules: [{cron: '0 0 * * *', branches: {include: [main]}}]", "no"),
    (
        "another pipeline's end",
        "trigger: none\npr: none\nresources: {pipelines: [{pipeline: b, source: b, trigger: true}]}",
        "no",
    ),
]


@pytest.mark.parametrize(("head", "answer"), [row[1:] for row in TRIGGERS], ids=[row[0] for row in TRIGGERS])
def test_starts(tmp_path: Path, head: str, answer: str) -> None:
    assert answer_of(pipeline_of(tmp_path, steps("- script: pytest", head))) == answer


WINDOWS = "pool: {vmImage: windows-latest}"
SCRIPTS = [
    ("script", "- script: pytest", "", "yes"),
    ("bash", "- bash: pytest -q", "", "yes"),
    ("last line decides on Linux", "- script: |\n    pytest\n    echo done", "", "no"),
    ("unless set -e", "- script: |\n    set -e\n    pytest\n    echo done", "", "yes"),
    ("tests are the last line", "- script: |\n    pip install .\n    pytest", "", "yes"),
    ("piped", "- bash: pytest | tee log", "", "no"),
    ("piped with pipefail", "- bash: |\n    set -o pipefail\n    pytest | tee log", "", "yes"),
    ("or exit 0", "- script: pytest || exit 0", "", "no"),
    ("commented out", "# - script: pytest\n- script: echo hello", "", "no"),
    ("only named so", "- script: echo build\n  displayName: Run tests with pytest", "", "no"),
    ("enabled false", "- script: pytest\n  enabled: false", "", "no"),
    ("condition false", "- script: pytest\n  condition: false", "", "no"),
    ("condition failed()", "- script: pytest\n  condition: failed()", "", "no"),
    ("condition always()", "- script: pytest\n  condition: always()", "", "yes"),
    ("succeededOrFailed", "- script: pytest\n  condition: succeededOrFailed()", "", "yes"),
    ("continueOnError", "- script: pytest\n  continueOnError: true", "", "no"),
    ("continueOnError by a variable", "- script: pytest\n  continueOnError: $(soft)", "variables: {soft: true}", "no"),
    ("continueOnError false", "- script: pytest\n  continueOnError: false", "", "yes"),
    (
        "results that fail the task",
        ("- script: pytest\n  continueOnError: true\n"
         "- task: PublishTestResults@2\n  inputs: {testResultsFiles: r.xml, failTaskOnFailedTests: true}"),
        "",
        "yes",
    ),
    (
        "results that are only shown",
        "- script: pytest\n  continueOnError: true\n- task: PublishTestResults@2\n  inputs: {testResultsFiles: r.xml}",
        "",
        "no",
    ),
    ("main only", f"- script: pytest\n  condition: and(succeeded(), {MAIN})", "", "partial"),
    ("not on main", f"- script: pytest\n  condition: not({MAIN})", "", "yes"),
    (
        "not in pull requests",
        "- script: pytest\n  condition: ne(variables['Build.Reason'], 'PullRequest')",
        "trigger: none",
        "no",
    ),
    ("pull requests only", "- script: pytest\n  condition: eq(variables['Build.Reason'], 'PullRequest')", "", "yes"),
    (
        "a variable of the file",
        "- script: pytest\n  condition: eq(variables.tested, 'yes')",
        "variables: {tested: 'no'}",
        "no",
    ),
    ("a runtime variable", "- script: pytest\n  condition: eq(variables.isMain, true)",
     "variables:\n- name: isMain\n  value: $[" + MAIN + "]\ntrigger: [main]\npr: none", "partial"),
    ("a variable that a command changes",
     "- script: echo '##vso[task.setvariable variable=run]no'\n- script: pytest\n  condition: eq(variables.run, 'yes')",
     "variables: {run: 'yes'}", "unknown"),
    ("the agent's system", "- script: pytest\n  condition: eq(variables['Agent.OS'], 'Linux')", "", "yes"),
    ("another system", "- script: pytest\n  condition: eq(variables['Agent.OS'], 'Linux')", WINDOWS, "no"),
    ("a variable nobody sets here", "- script: pytest\n  condition: eq(variables['run'], 'yes')", "", "unknown"),
    ("macro in a script", "- script: $(runner) -q", "variables: {runner: pytest}", "yes"),
    ("a misspelt key", "- scripts: pytest", "", "no"),
    ("PowerShell, last program decides", "- pwsh: |\n    pytest\n    npm run lint", "", "no"),
    ("PowerShell, a cmdlet after it", "- pwsh: |\n    pytest\n    Write-Host done", "", "yes"),
    (
        "PowerShell, code asked for",
        "- powershell: |\n    pytest\n    if ($LASTEXITCODE -ne 0) { exit $LASTEXITCODE }\n    npm run lint",
        "",
        "yes",
    ),
    ("PowerShell, exit 0", "- pwsh: |\n    pytest\n    exit 0", "", "no"),
    ("cmd: npm without call ends the script", "- script: |\n    npm ci\n    npm test", WINDOWS, "no"),
    ("cmd: npm with call", "- script: |\n    call npm ci\n    call npm test", WINDOWS, "yes"),
    ("cmd: echo keeps the code", "- script: |\n    pytest\n    echo done", WINDOWS, "yes"),
    ("cmd: the last program decides", "- script: |\n    pytest\n    python report.py", WINDOWS, "no"),
    ("cmd: a batch file of the repository", "- script: build.cmd", WINDOWS, "yes"),
    ("cmd: only if something is there", "- script: if exist x pytest", WINDOWS, "unknown"),
    ("PowerShell: a file that gives up", "- pwsh: ./hard.ps1 -Verbose", "", "yes"),
    ("PowerShell: a file that does not", "- pwsh: ./soft.ps1", "", "no"),
    ("PowerShell: a variable takes what it prints", "- pwsh: $out = pytest -q", "", "yes"),
    ("PowerShell: a text that says so", "- pwsh: Write-Host 'run pytest'", "", "no"),
    ("bash on Windows", "- bash: |\n    npm ci\n    npm test", WINDOWS, "yes"),
    (
        "cibuildwheel without a command",
        "- bash: cibuildwheel --output-dir out",
        "",
        "no",
    ),
    ("cibuildwheel with one", "- bash: cibuildwheel\n  env: {CIBW_TEST_COMMAND: 'pytest {project}/tests'}", "", "yes"),
    ("cibuildwheel, by a variable", "- bash: pip install cibuildwheel\n- bash: python -m cibuildwheel",
     "variables: {CIBW_TEST_COMMAND: 'pytest {project}/tests'}", "yes"),
    ("another folder", "- script: npm test\n  workingDirectory: $(Build.SourcesDirectory)", "", "yes"),
    ("another repository", "- checkout: other\n- script: pytest", "", "unknown"),
    ("a quoted mask in a folded line", "- script: >\n    pytest ||\n    true", "", "no"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "head", "answer"), [row[1:] for row in SCRIPTS], ids=[row[0] for row in SCRIPTS])
def test_steps(tmp_path: Path, text: str, head: str, answer: str) -> None:
    assert answer_of(pipeline_of(tmp_path, steps(text, head))) == answer


TASKS = [
    ("Npm custom", "Npm@1", "{command: custom, customCommand: run test}", "yes"),
    ("Npm install", "Npm@1", "{command: install}", "no"),
    ("dotnet test", "DotNetCoreCLI@2", "{command: test, projects: '**/*Tests/*.csproj'}", "yes"),
    ("dotnet test, no project fits", "DotNetCoreCLI@2", "{command: test, projects: '**/*Specs.csproj'}", "no"),
    ("dotnet build", "DotNetCoreCLI@2", "{command: build, projects: '**/*Tests/*.csproj'}", "no"),
    ("VSTest", "VSTest@2", "{testAssemblyVer2: '**/*tests.dll'}", "yes"),
    ("installs a test platform", "VisualStudioTestPlatformInstaller@1", "{}", "no"),
    ("Maven, default goal package", "Maven@3", "{mavenPomFile: pom.xml}", "yes"),
    ("Maven, tests skipped", "Maven@3", "{goals: package, options: -DskipTests}", "no"),
    ("Gradle", "Gradle@2", "{gradleWrapperFile: gradlew, tasks: test}", "yes"),
    ("Gradle assemble", "Gradle@2", "{tasks: assemble}", "no"),
    ("Bash inline", "Bash@3", "{targetType: inline, script: pytest}", "yes"),
    ("Bash, a file", "Bash@3", "{filePath: run.sh}", "yes"),
    ("CmdLine", "CmdLine@2", "{script: pytest}", "yes"),
    ("PowerShell, a file", "PowerShell@2", "{filePath: run.ps1}", "yes"),
    ("AzureCLI", "AzureCLI@2", "{scriptType: bash, scriptLocation: inlineScript, inlineScript: pytest}", "yes"),
    ("publishes results", "PublishTestResults@2", "{testResultsFiles: '**/*.xml'}", "no"),
    ("Xcode test", "Xcode@5", "{actions: build test}", "yes"),
    ("not known, could test", "AcmeTestRunner@1", "{}", "unknown"),
    ("not known, could not", "acme.stamp.Stamp@1", "{suffix: test}", "no"),
    ("Python script", "PythonScript@0", "{scriptSource: filePath, scriptPath: run.py}", "yes"),
    ("Yarn", "geeklearningio.gl-vsts-tasks-yarn.yarn-task.Yarn@3", "{arguments: test}", "yes"),
]


@pytest.mark.parametrize(("task", "inputs", "answer"), [row[1:] for row in TASKS], ids=[row[0] for row in TASKS])
def test_tasks(tmp_path: Path, task: str, inputs: str, answer: str) -> None:
    files = {
        **CODE,
        "azure-pipelines.yml": steps(f"- task: {task}\n  inputs: {inputs}"),
        "run.sh": "set -e\npytest\n",
        "run.ps1": "$ErrorActionPreference = 'Stop'\npytest -q\n",
        "run.py": "import pytest, sys\nsys.exit(pytest.main(['tests']))\n",
    }
    assert answer_of(read(tmp_path, files)) == answer


PUSHES = [
    ("Docker@2 alone builds and pushes", "Docker@2", "{repository: shop}", Kind.PUBLISH),
    ("Docker@2 build", "Docker@2", "{command: build}", None),
    ("NuGet push", "NuGetCommand@2", "{command: push}", Kind.PUBLISH),
    ("NuGet restore", "NuGetCommand@2", "{command: restore}", None),
    ("npm publish", "Npm@1", "{command: publish}", Kind.PUBLISH),
    ("Helm upgrade", "HelmDeploy@0", "{command: upgrade}", Kind.DEPLOY),
    ("kubectl apply", "Kubernetes@1", "{command: apply, arguments: -f k8s}", Kind.DEPLOY),
    ("manifest", "KubernetesManifest@0", "{action: deploy}", Kind.DEPLOY),
    ("manifest, a secret only", "KubernetesManifest@0", "{action: createSecret}", None),
    ("function app", "AzureFunctionApp@1", "{appName: f}", Kind.DEPLOY),
    ("Azure CLI", "AzureCLI@2", "{scriptType: bash, inlineScript: az webapp deploy --name shop}", Kind.DEPLOY),
    ("artifact kept", "PublishBuildArtifacts@1", "{pathToPublish: out}", None),
    ("slots swapped", "AzureAppServiceManage@0", "{action: Swap Slots}", Kind.DEPLOY),
    ("terraform plan", "TerraformTaskV4@4", "{command: plan}", None),
    ("terraform apply", "TerraformTaskV4@4", "{command: apply}", Kind.DEPLOY),
]


@pytest.mark.parametrize(("task", "inputs", "kind"), [row[1:] for row in PUSHES], ids=[row[0] for row in PUSHES])
def test_tasks_that_deploy(tmp_path: Path, task: str, inputs: str, kind: Kind | None) -> None:
    pipeline = pipeline_of(tmp_path, steps(f"- task: {task}\n  inputs: {inputs}"))
    assert [leaf.kind for leaf in pipeline.of(Kind.DEPLOY, Kind.PUBLISH)] == ([kind] if kind else [])


ALWAYS_STEP = f"- script: pytest\n{DEPLOY}\n  condition: {MAIN}"
GATES = [
    ("a stage waits for the one before", stages(), "yes"),
    ("dependsOn nothing", stages("dependsOn: []"), "no"),
    ("a custom condition forgets the tests", stages(f"condition: {MAIN}"), "no"),
    ("a condition with succeeded()", stages(f"condition: and(succeeded(), {MAIN})"), "yes"),
    ("always()", stages("condition: always()"), "no"),
    ("not(failed())", stages("condition: not(failed())"), "yes"),
    ("asks for the stage's result", stages("condition: in(dependencies.Test.result, 'Succeeded')"), "yes"),
    ("accepts a skipped stage only", stages("condition: in(dependencies.Test.result, 'Succeeded', 'Skipped')"), "yes"),
    ("accepts a failed stage", stages("condition: in(dependencies.Test.result, 'Succeeded', 'Failed')"), "no"),
    ("tests that may fail", stages(test="- script: pytest\n  continueOnError: true"), "no"),
    ("tests in pull requests only",
     stages(test="- script: pytest\n  condition: eq(variables['Build.Reason'], 'PullRequest')"), "no"),
    ("tests skipped on main", stages(test=f"- script: pytest\n  condition: not({MAIN})"), "no"),
    ("steps in order", steps(f"- script: pytest\n{DEPLOY}"), "yes"),
    ("steps the other way round", steps(f"{DEPLOY}\n- script: pytest"), "no"),
    ("a step's own condition forgets the tests", steps(ALWAYS_STEP), "no"),
    ("a step's condition with succeeded()",
     steps(f"- script: pytest\n{DEPLOY}\n  condition: and(succeeded(), {MAIN})"), "yes"),
    ("masked tests", steps(f"- script: pytest || true\n{DEPLOY}"), "no"),
    ("jobs run side by side",
     f"jobs:\n- job: t\n  steps:\n  - script: pytest\n- job: d\n  steps:\n{indent(DEPLOY, 2)}", "no"),
    ("a job that depends on it",
     f"jobs:\n- job: d\n  dependsOn: t\n  steps:\n{indent(DEPLOY, 2)}\n- job: t\n  steps:\n  - script: pytest", "yes"),
    ("asks for one of two jobs",
     "jobs:\n- job: t\n  steps:\n  - script: pytest\n- job: o\n  steps:\n  - script: echo\n"
      "- job: d\n  dependsOn: [t, o]\n  condition: succeeded('t')\n  steps:\n" + indent(DEPLOY, 2), "yes"),
    ("a stage that is started by hand", stages("trigger: manual"), "yes"),
    ("a needed job that may fail",
     ("jobs:\n- job: t\n  continueOnError: true\n  steps:\n  - script: pytest\n- job: d\n  dependsOn: t\n"
     f"  steps:\n{indent(DEPLOY, 2)}"), "no"),
    ("a deployment job behind tests",
     ("jobs:\n- job: t\n  steps:\n  - script: pytest\n- deployment: d\n  dependsOn: [t]\n  environment: live\n"
     "  strategy: {runOnce: {deploy: {steps: [{script: ./install.sh}]}}}"), "yes"),
    ("a deployment job alone",
     "jobs:\n- deployment: d\n  environment: live\n  strategy: {runOnce: {deploy: {steps: [{script: ./x.sh}]}}}", "no"),
    ("a deployment job that only prints",
     "jobs:\n- deployment: d\n  environment: e\n  strategy: {runOnce: {deploy: {steps: [{script: echo done}]}}}", "na"),
    ("a hook before the deployment",
     ("jobs:\n- deployment: d\n  environment: live\n  strategy: {runOnce: {preDeploy: {steps: [{script: pytest}]},"
     " deploy: {steps: [{task: AzureWebApp@1}]}}}"), "yes"),
    ("stages two apart",
     stages(more=f"- stage: Later\n  jobs:\n  - job: x\n    steps:\n{indent(DEPLOY, 4)}\n"), "yes"),
    ("a template condition leaves the tests out",
     steps("- ${{ if eq(variables['Build.Reason'], 'PullRequest') }}:\n  - script: pytest\n" + DEPLOY), "no"),
    ("no deploy", steps("- script: pytest"), "na"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "answer"), [row[1:] for row in GATES], ids=[row[0] for row in GATES])
def test_gates(tmp_path: Path, text: str, answer: str) -> None:
    assert overall(gates(pipeline_of(tmp_path, text))) == answer


TYPED = (
    "parameters:\n- name: run\n  type: stepList\n  default: []\nsteps:\n- script: echo hello\n- ${{ parameters.run }}\n"
)
TEMPLATES = [
    ("steps", "steps:\n- template: t.yml", "steps:\n- script: pytest", "yes"),
    ("of the root", "steps:\n- template: /t.yml@self", "steps:\n- script: pytest", "yes"),
    ("jobs", "jobs:\n- template: t.yml", "jobs:\n- job: a\n  steps:\n  - script: pytest", "yes"),
    ("stages", "stages:\n- template: t.yml",
     "stages:\n- stage: a\n  jobs:\n  - job: a\n    steps:\n    - script: pytest",
     "yes"),
    ("extends", "extends:\n  template: t.yml\n  parameters: {run: [{script: pytest}]}", TYPED, "yes"),
    ("a default", "steps:\n- template: t.yml",
     "parameters: {command: pytest}\nsteps:\n- script: ${{ parameters.command }}",
     "yes"),
    ("given", "steps:\n- template: t.yml\n  parameters: {command: echo}",
     "parameters: {command: pytest}\nsteps:\n- script: ${{ parameters.command }}", "no"),
    ("list of steps", "steps:\n- template: t.yml\n  parameters:\n    run:\n    - script: pytest", TYPED, "yes"),
    ("switched off", "steps:\n- template: t.yml\n  parameters: {tests: false}",
     ("parameters:\n- {name: tests, type: boolean, default: true}\n"
     "steps:\n- ${{ if eq(parameters.tests, true) }}:\n  - script: pytest"), "no"),
    ("else", "steps:\n- template: t.yml\n  parameters: {tests: false}",
     ("parameters:\n- {name: tests, type: boolean, default: true}\n"
     "steps:\n- ${{ if parameters.tests }}:\n  - script: echo\n- ${{ else }}:\n  - script: pytest"), "yes"),
    ("each", "steps:\n- template: t.yml\n  parameters: {all: [echo, pytest]}",
     ("parameters:\n- {name: all, type: object, default: []}\nsteps:\n- ${{ each one in parameters.all }}:\n"
     "  - script: ${{ one }} -q"), "yes"),
    ("a property put in", "steps:\n- template: t.yml",
     "parameters: {soft: 1}\nsteps:\n- script: pytest\n  ${{ if parameters.soft }}:\n    continueOnError: true", "no"),
    ("variables", "variables:\n- template: t.yml\nsteps:\n- script: $(runner)", "variables: {runner: pytest}", "yes"),
    ("another repository", "steps:\n- template: t.yml@shared", "steps:\n- script: pytest", "unknown"),
    ("not there", "steps:\n- template: other.yml", "steps:\n- script: pytest", "unknown"),
    ("a circle", "steps:\n- template: t.yml", "steps:\n- template: t.yml", "unknown"),
    ("matrix", ("jobs:\n- job: a\n  strategy: {matrix: {one: {cmd: echo}, two: {cmd: pytest}}}\n  steps:\n"
     "  - script: $(cmd) -q"), "x: 1", "yes"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "other", "answer"), [row[1:] for row in TEMPLATES], ids=[row[0] for row in TEMPLATES])
def test_templates(tmp_path: Path, text: str, other: str, answer: str) -> None:
    pipeline = pipeline_of(tmp_path, text, t=other)
    assert answer_of(pipeline) == answer
    assert [each.path for each in pipeline.systems] == ["azure-pipelines.yml"]


def test_a_template_is_part_of_the_chain(tmp_path: Path) -> None:
    pipeline = pipeline_of(
        tmp_path, "steps:\n- template: ci/t.yml", ci__t="steps:\n- script: |\n    pip install .\n    pytest"
    )
    assert [str(link) for link in pipeline.of(Kind.TEST)[0].chain] == ["azure-pipelines.yml:2", "ci/t.yml:4"]
