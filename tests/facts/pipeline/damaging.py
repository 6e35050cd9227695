"""Hand-written pipeline files of every system, and ways to damage a text, for the test that reads damaged ones."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping

SEEDS: Mapping[str, str] = {
    ".github/workflows/ci.yml": """\
name: CI
on:
  push:
    branches: [main]
  pull_request:
    paths-ignore: ['docs/**']
env: {MODE: ci}
jobs:
  test:
    runs-on: ubuntu-latest
    strategy:
      matrix:
        v: ['3.11', '3.12']
        include: [{v: '3.13', extra: true}]
    steps:
      - uses: actions/checkout@v4
      - name: Tests
        if: github.event_name != 'schedule' && !cancelled()
        run: |
          pip install -r requirements.txt
          pytest -q || exit 1
      - parallel:
          - run: npm test
          - {run: make check, continue-on-error: '${{ matrix.extra }}'}
  deploy:
    needs: [test]
    if: github.ref == 'refs/heads/main'
    runs-on: ubuntu-latest
    environment: {name: production}
    steps:
      - run: kubectl apply -f k8s
""",
    ".gitlab-ci.yml": """\
stages: [test, deploy]
default:
  image: python:3.12
.base: &base
  before_script:
    - pip install -r requirements.txt
workflow:
  rules:
    - if: $CI_PIPELINE_SOURCE == "merge_request_event"
    - if: $CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH
test:
  <<: *base
  stage: test
  script:
    - pytest -q
  parallel:
    matrix:
      - V: ['1', '2']
lint:
  extends: .base
  stage: test
  allow_failure: true
  script: ruff check
deploy:
  stage: deploy
  needs: [test]
  rules:
    - if: $CI_COMMIT_BRANCH == "main"
      when: manual
  script:
    - kubectl apply -f k8s
""",
    ".circleci/config.yml": """\
version: 2.1
orbs: {node: circleci/node@5}
parameters: {full: {type: boolean, default: true}}
commands:
  check:
    parameters: {what: {type: string, default: tests}}
    steps:
      - run: pytest << parameters.what >>
jobs:
  test:
    docker: [{image: cimg/python:3.12}]
    steps:
      - checkout
      - check: {what: tests}
      - when:
          condition: << pipeline.parameters.full >>
          steps: [{run: {name: all, command: npm test}}]
  deploy:
    docker: [{image: cimg/base:current}]
    steps:
      - run: kubectl apply -f k8s
workflows:
  main:
    jobs:
      - test
      - deploy:
          requires: [test]
          filters: {branches: {only: main}}
""",
    "azure-pipelines.yml": """\
trigger:
  branches: {include: [main]}
pr: ['*']
pool: {vmImage: ubuntu-latest}
variables:
  mode: ci
stages:
  - stage: Test
    jobs:
      - job: unit
        strategy:
          matrix:
            one: {v: '3.11'}
        steps:
          - script: |
              pip install -r requirements.txt
              pytest -q
            displayName: Tests
          - task: Npm@1
            inputs: {command: custom, customCommand: test}
            condition: and(succeeded(), ne(variables['mode'], 'x'))
  - stage: Deploy
    dependsOn: Test
    condition: eq(variables['Build.SourceBranch'], 'refs/heads/main')
    jobs:
      - deployment: web
        environment: production
        strategy:
          runOnce:
            deploy:
              steps: [{script: kubectl apply -f k8s}]
""",
    "bitbucket-pipelines.yml": """\
image: python:3.12
definitions:
  steps:
    - step: &test
        name: Tests
        script:
          - pip install -r requirements.txt
          - pytest -q
pipelines:
  default:
    - step: *test
  pull-requests:
    '**':
      - parallel:
          - step: *test
          - step: {script: [npm test]}
  branches:
    main:
      - step: *test
      - step:
          deployment: production
          trigger: manual
          script:
            - pipe: atlassian/ssh-run:0.4.0
            - kubectl apply -f k8s
""",
    ".drone.yml": """\
kind: pipeline
type: docker
name: default
trigger:
  event: [push, pull_request]
steps:
  - name: test
    image: python:3.12
    commands:
      - pytest -q
  - name: deploy
    image: bitnami/kubectl
    commands: [kubectl apply -f k8s]
    when: {branch: [main], event: push}
    depends_on: [test]
---
kind: secret
name: token
""",
    ".woodpecker.yml": """\
when:
  - event: [push, pull_request]
steps:
  test:
    image: python:3.12
    commands:
      - pytest -q
  deploy:
    image: bitnami/kubectl
    commands: kubectl apply -f k8s
    when: {branch: main, event: push}
    failure: ignore
""",
    ".buildkite/pipeline.yml": """\
env: {MODE: ci}
steps:
  - label: Tests
    key: test
    command:
      - pip install -r requirements.txt
      - pytest -q
    retry: {automatic: true}
  - wait
  - block: Release?
    if: build.branch == "main"
  - group: ship
    steps:
      - command: kubectl apply -f k8s
        depends_on: [test]
        branches: main
        soft_fail: [{exit_status: 1}]
""",
    ".travis.yml": """\
language: python
python: ['3.11', '3.12']
branches: {only: [main]}
install: pip install -r requirements.txt
script:
  - pytest -q
  - npm test
jobs:
  include:
    - stage: deploy
      if: branch = main AND type != pull_request
      script: kubectl apply -f k8s
  allow_failures: [{python: '3.12'}]
deploy:
  provider: heroku
  on: {branch: main}
""",
    "cloudbuild.yaml": """\
steps:
  - id: test
    name: python:3.12
    entrypoint: bash
    args: ['-c', 'pip install -r requirements.txt && pytest -q']
  - id: ship
    name: gcr.io/cloud-builders/kubectl
    args: [apply, -f, k8s]
    waitFor: [test]
images: [gcr.io/x/y]
""",
    "Jenkinsfile": """\
@Library('shared') _
def image = 'a/b'
def tests(String what) {
    sh "pytest ${what}"
}
pipeline {
    agent { docker { image 'python:3.12' } }
    environment { MODE = 'ci' }
    parameters { booleanParam(name: 'FULL', defaultValue: true) }
    stages {
        stage('Test') {
            when { anyOf { branch 'main'; changeRequest() } }
            parallel {
                stage('Unit') {
                    steps {
                        sh '''
                            pip install -r requirements.txt
                            pytest -q
                        '''
                    }
                }
                stage('Rest') {
                    steps {
                        script {
                            try { tests('a') } catch (e) { error "no: ${e}" }
                            if (params.FULL && env.BRANCH_NAME != 'x') { sh(script: 'npm test', returnStatus: false) }
                        }
                    }
                    post { always { junit 'out/*.xml' } }
                }
            }
        }
        stage('Deploy') {
            when { expression { return env.BRANCH_NAME ==~ /main|release.*/ } }
            input { message 'Go?' }
            steps {
                withCredentials([string(credentialsId: 'a', variable: 'B')]) { sh 'kubectl apply -f k8s' }
            }
        }
    }
    post { success { echo 'done' } }
}
""",
    "ci/night.Jenkinsfile": """\
node('linux') {
    checkout scm
    stage('Test') {
        docker.image('python:3').inside('-v a:b') { c ->
            sh 'pytest -q'
        }
    }
    if (env.BRANCH_NAME == 'main') {
        stage 'Ship'
        docker.build("a/b:${env.BUILD_ID}").push()
    }
    parallel one: { sh 'npm test' }, two: { echo 'x' }, failFast: true
}
""",
}

_VALUES = (
    "[]", "{}", "null", "3", "true", "''", "[[[x]]]", "{a: {b: c}}", "'*'", "!x y", "*nobody", "&a b", "~",
    "2026-01-01", "1e999", '"\\u0000"', "- -", "<<", "0x1F", "|",
)  # fmt: skip
_CHARS = "{}[]()'\"`$:#-|>&*!%@,;\\/\t\0\x1b\u202e\ufeff\ud7ff😀aZ0 \n"


def _lines(text: str, rng: random.Random, change: Callable[[list[str], int], None]) -> str:
    lines = text.split("\n")
    change(lines, rng.randrange(len(lines)))
    return "\n".join(lines)


def damaged(text: str, rng: random.Random) -> str:
    """The text with one to four things wrong with it."""

    def indent(lines: list[str], at: int) -> None:
        by = rng.choice((-4, -2, -1, 1, 2, 4))
        lines[at] = " " * by + lines[at] if by > 0 else lines[at][min(-by, len(lines[at]) - len(lines[at].lstrip())) :]

    def swap(lines: list[str], at: int) -> None:
        other = rng.randrange(len(lines))
        lines[at], lines[other] = lines[other], lines[at]

    def value(lines: list[str], at: int) -> None:
        head, sign, _ = lines[at].partition(": ")
        lines[at] = f"{head}: {rng.choice(_VALUES)}" if sign else f"{lines[at]} {rng.choice(_VALUES)}"

    def flip(lines: list[str], at: int) -> None:
        place = rng.randrange(len(lines[at]) + 1)
        lines[at] = lines[at][:place] + rng.choice(_CHARS) + lines[at][place + rng.randrange(2) :]

    def word(lines: list[str], at: int) -> None:
        words = lines[at].split(" ")
        full = [n for n, each in enumerate(words) if each]
        if full:
            chosen = rng.choice(full)
            words[chosen] = rng.choice(("", words[chosen] * 2, words[chosen][:-1], words[chosen] + "s"))
        lines[at] = " ".join(words)

    changes: tuple[Callable[[list[str], int], None], ...] = (
        lambda lines, at: lines.__delitem__(at) if len(lines) > 1 else None,
        lambda lines, at: lines.insert(rng.randrange(len(lines)), lines[at]),
        lambda lines, at: lines.__delitem__(slice(at, at + rng.randrange(1, 6))) if len(lines) > 6 else None,
        lambda lines, at: lines.extend(lines[at:]),
        swap, indent, value, flip, flip, word,
    )  # fmt: skip
    for _ in range(rng.randrange(1, 5)):
        text = _lines(text, rng, rng.choice(changes))
    return text
