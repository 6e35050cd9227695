"""Which well-known programs test, lint, type check, scan or build. Facts from their manuals, nothing else."""

from __future__ import annotations

from shipworthy.facts.pipeline.fact import Kind
from shipworthy.facts.pipeline.words import words as _words

PASSES_WITHOUT: dict[str, str] = {
    "artisan": "php", "ctest": "cmake", "dotnet": "dotnet", "mix": "elixir", "phpunit": "php", "rails": "ruby",
    "rake": "ruby", "rspec": "ruby", "sail": "php", "sbt": "jvm", "simple-phpunit": "php", "unittest": "python",
}  # fmt: skip
"""Test runners whose exit code is 0 where they find no test, and the kind of tests they look for (see `test_files`)."""
# Test runners; where a set is given, only with one of these as the first word.
TEST: dict[str, frozenset[str]] = {
    **dict.fromkeys(
        _words(
            "pytest py.test unittest nose2 nosetests trial stestr ward behave green zope-testrunner doctest jest "
            "mocha ava tap tape jasmine uvu qunit lab cucumber-js testcafe nightwatch wtr web-test-runner ts-mocha "
            "japa react-native-test rspec minitest phpunit paratest pest codecept phpspec bats shellspec shunit2 "
            "busted prove ctest gotestsum ginkgo elm-test robot pabot tasty lit airtap mochify poku electron-mocha "
            "vscode-test jest-cli stryker bashunit testem simple-phpunit"
        ),
        frozenset[str](),
    ),
    "cypress": frozenset({"run"}),
    "karma": frozenset({"start"}),
    "wdio": frozenset({"run", ""}),
    "codeceptjs": frozenset({"run", "run-multiple", "run-workers"}),
    "detox": frozenset({"test"}),
    "newman": frozenset({"run"}),
    "deno": frozenset({"test"}),
    "bun": frozenset({"test"}),
    "react-scripts": frozenset({"test"}),
    "react-app-rewired": frozenset({"test"}),
    "craco": frozenset({"test"}),
    "vue-cli-service": frozenset({"test:unit", "test:e2e", "test"}),
    "tsdx": frozenset({"test"}),
    "kcd-scripts": frozenset({"test"}),
    "aegir": frozenset({"test"}),
    "ember": frozenset({"test", "exam", "try:one", "try:each"}),
    "stencil": frozenset({"test"}),
    "wp-scripts": frozenset({"test-unit-js", "test-e2e", "test-playwright"}),
    "hardhat": frozenset({"test", "coverage"}),
    "forge": frozenset({"test", "coverage"}),
    "truffle": frozenset({"test"}),
    "anchor": frozenset({"test"}),
    "hatch": frozenset({"test"}),
    "rye": frozenset({"test"}),
    "dotnet": frozenset({"test", "vstest"}),
    "rake": frozenset({"test", "spec"}),
    "rails": frozenset({"test", "spec", "test:all"}),
    "artisan": frozenset({"test"}),
    "sail": frozenset({"test"}),
    "mix": frozenset({"test", "coveralls"}),
    "flutter": frozenset({"test"}),
    "dart": frozenset({"test"}),
    "swift": frozenset({"test"}),
    "xcodebuild": frozenset({"test", "test-without-building"}),
    "sbt": frozenset({"test", "+test", "testOnly", "coverage"}),
    "lein": frozenset({"test"}),
    "stack": frozenset({"test"}),
    "cabal": frozenset({"test", "v2-test"}),
    "dune": frozenset({"test", "runtest"}),
    "zig": frozenset({"test"}),
    "meson": frozenset({"test"}),
    "crystal": frozenset({"spec"}),
    "nimble": frozenset({"test"}),
    "wasm-pack": frozenset({"test"}),
    "molecule": frozenset({"test"}),
    "ansible-test": frozenset({"units", "integration"}),
    "opa": frozenset({"test"}),
    "conftest": frozenset({"verify"}),
    "terraform": frozenset({"test"}),
    "rebar3": frozenset({"eunit", "ct"}),
    "gleam": frozenset({"test"}),
    "testplane": frozenset({"run", ""}),
    "qlty": frozenset({"test"}),
    "test-storybook": frozenset(),
}
NO_RUN = frozenset({"--version", "-V", "--help", "-h"})
# Options with which a test runner runs nothing, or never ends.
NOT_A_RUN = _words(
    "--collect-only --co --fixtures --markers --setup-plan --setup-only --listTests --list-tests --showConfig "
    "--init --clearCache --watch --watchAll --list -list --dry-run --no-run --show-only"
)
LETS_PASS = _words("--testFailureExitCode=0 --failure-exit-code=0 --suppress-tests-failed-exit-code")
"""Options of test runners that turn their failure into a success."""
BY_FIRST_WORD: dict[tuple[str, str], Kind] = {
    ("ruff", "check"): Kind.LINT,
    ("ruff", "format"): Kind.LINT,
    ("ruff", "."): Kind.LINT,
    ("biome", "check"): Kind.LINT,
    ("biome", "ci"): Kind.LINT,
    ("biome", "lint"): Kind.LINT,
    ("next", "lint"): Kind.LINT,
    ("next", "build"): Kind.BUILD,
    ("vue-cli-service", "lint"): Kind.LINT,
    ("vue-cli-service", "build"): Kind.BUILD,
    ("react-scripts", "build"): Kind.BUILD,
    ("nuxt", "build"): Kind.BUILD,
    ("nuxt", "typecheck"): Kind.TYPES,
    ("nuxi", "typecheck"): Kind.TYPES,
    ("astro", "check"): Kind.TYPES,
    ("astro", "build"): Kind.BUILD,
    ("svelte-check", ""): Kind.TYPES,
    ("vite", "build"): Kind.BUILD,
    ("deno", "lint"): Kind.LINT,
    ("deno", "fmt"): Kind.LINT,
    ("deno", "check"): Kind.TYPES,
    ("dotnet", "build"): Kind.BUILD,
    ("dotnet", "publish"): Kind.BUILD,
    ("dotnet", "format"): Kind.LINT,
    ("docker", "build"): Kind.BUILD,
    ("terraform", "validate"): Kind.LINT,
    ("terraform", "fmt"): Kind.LINT,
    ("tofu", "validate"): Kind.LINT,
    ("tofu", "fmt"): Kind.LINT,
    ("mix", "format"): Kind.LINT,
    ("mix", "credo"): Kind.LINT,
    ("mix", "dialyzer"): Kind.TYPES,
    ("mix", "compile"): Kind.BUILD,
    ("dart", "analyze"): Kind.LINT,
    ("dart", "format"): Kind.LINT,
    ("flutter", "analyze"): Kind.LINT,
    ("flutter", "build"): Kind.BUILD,
    ("dart", "compile"): Kind.BUILD,
    ("swift", "build"): Kind.BUILD,
    ("swift", "format"): Kind.LINT,
    ("xcodebuild", "build"): Kind.BUILD,
    ("sbt", "compile"): Kind.BUILD,
    ("nest", "build"): Kind.BUILD,
    ("expo", "lint"): Kind.LINT,
    ("gts", "lint"): Kind.LINT,
    ("gts", "check"): Kind.LINT,
    ("wp-scripts", "lint-js"): Kind.LINT,
    ("kcd-scripts", "lint"): Kind.LINT,
    ("tsdx", "lint"): Kind.LINT,
    ("pants", "lint"): Kind.LINT,
    ("helm", "lint"): Kind.LINT,
    ("bazel", "build"): Kind.BUILD,
    ("rector", "process"): Kind.LINT,
    ("npm", "audit"): Kind.SCAN,
    ("pnpm", "audit"): Kind.SCAN,
    ("yarn", "audit"): Kind.SCAN,
    ("bun", "audit"): Kind.SCAN,
    ("yarn", "npm"): Kind.SCAN,
    ("bundle", "audit"): Kind.SCAN,
    ("composer", "audit"): Kind.SCAN,
    ("uv", "audit"): Kind.SCAN,
    ("npm", "update"): Kind.UPDATE,
    ("npm", "up"): Kind.UPDATE,
    ("pnpm", "update"): Kind.UPDATE,
    ("pnpm", "up"): Kind.UPDATE,
    ("yarn", "upgrade"): Kind.UPDATE,
    ("yarn", "up"): Kind.UPDATE,
    ("bun", "update"): Kind.UPDATE,
    ("poetry", "update"): Kind.UPDATE,
    ("pdm", "update"): Kind.UPDATE,
    ("pipenv", "update"): Kind.UPDATE,
    ("bundle", "update"): Kind.UPDATE,
    ("composer", "update"): Kind.UPDATE,
    ("pre-commit", "autoupdate"): Kind.UPDATE,
    ("nix", "flake"): Kind.UPDATE,
    ("hatch", "fmt"): Kind.LINT,
    ("poetry", "build"): Kind.BUILD,
    ("hatch", "build"): Kind.BUILD,
    ("uv", "build"): Kind.BUILD,
    ("pdm", "build"): Kind.BUILD,
    ("maturin", "build"): Kind.BUILD,
    ("mkdocs", "build"): Kind.BUILD,
}
LINT = _words(
    "flake8 pylint black isort pycodestyle pydocstyle pyflakes autopep8 yapf blue ruff eslint oxlint biome "
    "stylelint standard xo tslint jshint semistandard rubocop standardrb golangci-lint gofmt gofumpt "
    "staticcheck shellcheck hadolint markdownlint markdownlint-cli2 yamllint actionlint pre-commit prek "
    "djlint codespell commitlint lint-staged ktlint detekt checkstyle swiftlint tflint ansible-lint "
    "editorconfig-checker ec knip dprint oxfmt curlylint sqlfluff import-linter lint-imports vulture "
    "interrogate doc8 rstcheck php-cs-fixer phpcs pint clang-format clang-tidy cpplint credo mdl remark "
    "textlint alex publint attw depcheck unimported super-linter trunk megalinter pyupgrade check-manifest "
    "validate-pyproject rstfmt taplo buf spectral refurb pyproject-fmt eslint_d rslint stylua luacheck selene typos "
    "revive gocritic gocyclo ineffassign errcheck goimports rustfmt reek rails_best_practices erb_lint erblint "
    "slim-lint haml-lint phpmd ecs phplint parallel-lint phpinsights tlint cppcheck swiftformat swift-format scalafmt "
    "scalafix clj-kondo ameba hlint ormolu fourmolu terragrunt-hclfmt cfn-lint kubeconform kube-linter kube-score "
    "dockerfilelint dockerlint htmlhint jsonlint v8r shfmt bashate checkmake docformatter darker ec flake8-nb pylama "
    "prospector wemake-python-styleguide autoflake"
)
TYPES = _words(
    "mypy dmypy pyright basedpyright pyre pytype ty pyrefly zuban svelte-check flow tsd tstyche srb sorbet "
    "phpstan psalm larastan type-coverage vue-tsgo glint stubtest steep rbs dialyzer pyanalyze"
)
SCAN = _words(
    "pip-audit safety bandit semgrep opengrep trivy snyk grype codeql gitleaks trufflehog osv-scanner "
    "govulncheck gosec brakeman bundler-audit bundle-audit dependency-check checkov tfsec kics zizmor "
    "scorecard detect-secrets dockle audit-ci better-npm-audit npm-audit-resolver ciaudit retire njsscan horusec "
    "detect-secrets-hook secretlint kingfisher talisman ripsecrets credsweeper noseyparker trufflehog3 git-secrets 2ms "
    "nuclei zap-baseline.py sonar-scanner ggshield cargo-audit cargo-deny poutine pysentry npq socket"
)
BUILD = _words(
    "webpack rollup esbuild tsup vite parcel gulp grunt gatsby hugo jekyll docusaurus sphinx-build "
    "pyinstaller cibuildwheel build cmake electron-builder electron-forge swc babel ncc unbuild rslib rsbuild "
    "tsdown buildctl"
)
