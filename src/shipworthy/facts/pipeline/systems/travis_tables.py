"""What Travis CI runs by default for each language, which keys expand its matrix, and what its deploy providers do.

Source: Travis CI's language pages ("Default build script"), its build config reference and its deployment pages.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from shipworthy.facts.pipeline.fact import Kind
from shipworthy.facts.pipeline.words import words as _words

EXPAND = _words(
    """
    arch compiler crystal d dart dotnet elixir elm gemfile ghc go haxe hhvm jdk julia lein mono nix node_js os
    osx_image otp_release perl perl6 php podfile python r rvm ruby rust scala sdk smalltalk smalltalk_config
    smalltalk_vm solution xcode_scheme xcode_sdk env
    """
)
"""Keys of which each value makes another job."""
RUNTIMES: Mapping[str, str] = {"node": "node_js", "ruby": "rvm"}
"""Names in `deploy.on` that differ from the key of the matrix."""
VERSIONED = _words(
    """
    d dart elm elixir ghc go haxe jdk julia mono node node_js otp_release perl php python r ruby rvm rust scala
    smalltalk
    """
)
ALIASES: Mapping[str, str] = {
    "node": "node_js", "javascript": "node_js", "node.js": "node_js", "golang": "go", "jvm": "java",
    "pure_java": "java",
    "kotlin": "java", "groovy": "java", "c++": "cpp", "objective_c": "objective-c", "swift": "objective-c",
    "rails": "ruby",
}  # fmt: skip
_PUBLISHERS = _words(
    """
    npm pypi rubygems releases bintray cargo puppetforge packagecloud nuget hackage snap launchpad testfairy
    anaconda dockerhub chefsupermarket
    """
)
_NO_DEPLOY = frozenset({"transifex"})
Files = Callable[[str], bool]


def provider_kind(provider: str) -> Kind | None:
    """What a deploy provider does; None where it puts nothing before users."""
    name = "".join(each for each in provider.lower() if each.isalnum())
    if name in _NO_DEPLOY:
        return None
    return Kind.PUBLISH if name in _PUBLISHERS else Kind.DEPLOY


def _jvm(there: Files) -> str:
    if there("gradlew"):
        return "./gradlew check"
    if there("build.gradle"):
        return "gradle check"
    if there("mvnw"):
        return "./mvnw test -B"
    return "mvn test -B" if there("pom.xml") else "ant test"


def _android(there: Files) -> str:
    if there("gradlew"):
        return "./gradlew build connectedCheck"
    if there("build.gradle"):
        return "gradle build connectedCheck"
    return "mvn install -B" if there("pom.xml") else "ant debug install test"


def _node(there: Files) -> str:
    if not there("package.json"):
        return "make test"
    return "yarn test" if there("yarn.lock") else "npm test"


def _go(there: Files) -> str:
    made = any(there(name) for name in ("GNUMakefile", "Makefile", "makefile", "BSDmakefile"))
    return "make" if made else "go test ./..."


def _scala(there: Files) -> str:
    return "sbt test" if there("project") or there("build.sbt") else _jvm(there)


def _perl(there: Files) -> str:
    if there("Build.PL"):
        return "perl Build.PL && ./Build && ./Build test"
    return "perl Makefile.PL && make test" if there("Makefile.PL") else "make test"


def _erlang(there: Files) -> str:
    return "rebar3 eunit" if there("rebar.config") or there("Rebar.config") else "make test"


_FIXED: Mapping[str, tuple[str, ...]] = {
    "php": ("phpunit",),
    "rust": ("cargo build --verbose", "cargo test --verbose"),
    "elixir": ("mix test",),
    "clojure": ("lein test",),
    "c": ("./configure && make && make test",),
    "cpp": ("./configure && make && make test",),
    "crystal": ("crystal spec",),
    "elm": ("elm-format --validate . && elm-test",),
    "haskell": ("cabal configure --enable-tests && cabal build && cabal test",),
    "nix": ("nix-build",),
    "perl6": ("prove -v -r t/",),
}
_BY_FILES: Mapping[str, Callable[[Files], str]] = {
    "java": _jvm, "android": _android, "node_js": _node, "go": _go, "scala": _scala, "perl": _perl, "erlang": _erlang,
}  # fmt: skip
_TESTED_BY: Mapping[str, str] = {
    "d": "dub test", "dart": "pub run test", "julia": "Pkg.test()", "r": "R CMD check", "smalltalk": "smalltalkci",
    "matlab": "runtests",
}  # fmt: skip


def language_of(job: Mapping[str, Any]) -> str:
    """The language of a job; Ruby where it names none."""
    name = str(job.get("language") or "ruby").lower()
    return ALIASES.get(name, name)


def default_script(language: str, job: Mapping[str, Any], there: Files) -> tuple[tuple[str, ...], str]:
    """(command lines, name of a test that is no command line) that run where a job has no `script`.

    Both are empty for languages without a default (Python, generic), and where Travis CI then fails the build.
    """
    if language == "ruby":
        gemfile = job.get("gemfile")
        gemfile = gemfile[0] if isinstance(gemfile, list) and gemfile else gemfile
        return ("bundle exec rake" if there(str(gemfile or "Gemfile")) else "rake",), ""
    if language == "objective-c":
        scheme, project = job.get("xcode_scheme"), job.get("xcode_project") or job.get("xcode_workspace")
        return (("xcodebuild test",) if scheme and project else ()), ""
    if language in _BY_FILES:
        return (_BY_FILES[language](there),), ""
    return _FIXED.get(language, ()), _TESTED_BY.get(language, "")
