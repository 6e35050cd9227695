"""Which commands certainly run no test, so that an unknown one can be told from a harmless one."""

from __future__ import annotations

import re
from collections.abc import Sequence

from shipworthy.facts.pipeline.runners import is_known
from shipworthy.facts.pipeline.words import words as _words
from shipworthy.facts.pipeline.wrappers import program_of

_TESTING = re.compile(
    r"test|spec\b|specs\b|check|verif|\bci\b|\bqa\b|coverage|e2e|\bcov\b|jest|mocha|cypress|playwright|\btox\b|\bnox\b|karma"
    r"|phpunit|suite|validate",
    re.I,
)
_WIDE = re.compile(r"check|verif\w*|validate", re.I)
_NEUTRAL = _words(
    """
        echo printf true false : [ [[ test cat tee ls cd pwd cp mv rm mkdir rmdir ln chmod chown touch find sed awk grep
        egrep fgrep head tail sort uniq wc cut tr xargs date sleep wait kill pkill killall ps top df du free uname id
        whoami hostname which command type hash env export set unset alias ulimit tar zip unzip gzip gunzip curl wget jq
        yq git gh hub svn hg apt apt-get aptitude dpkg yum dnf apk brew choco snap pacman pip pip3 pipx easy_install
        conda mamba virtualenv venv corepack nvm n volta asdf mise rustup rbenv pyenv gem cpan cpanm luarocks openssl
        ssh-keygen ssh-keyscan ssh-add ssh-agent gpg base64 md5sum sha256sum shasum diff cmp patch file stat readlink
        realpath dirname basename seq expr let read mktemp systemctl service sysctl mount umount modprobe useradd
        usermod psql mysql mysqladmin createdb dropdb pg_isready pg_dump pg_restore redis-cli mongo mongosh sqlite3 nc
        netstat ss ping dig nslookup ip ifconfig iptables docker-machine minikube kind k3d codecov coveralls codeclimate
        cc-test-reporter wait-on cmake autoconf automake ./configure configure sphinx-build mkdocs doxygen twine wheel
        pyclean dotnet-coverage reportgenerator gcov lcov gcovr genhtml nohup disown exit return break continue shift
        source . eval trap local declare readonly typeset pip-compile pip-sync ensurepip site platform json.tool
        if-env is-ci rimraf rimraf.cmd del-cli del shx cpx cpy copyfiles mkdirp ncp wait-for-it serve
    http-server cog valgrind husky http.server compileall
        """
)
_CLOUD = _words(
    """
        az gcloud gsutil bq aws kubectl oc doctl flyctl fly eksctl ibmcloud linode-cli hcloud scw heroku kustomize
        """
)
_CLOUD_RUNS = {
    "gcloud": (("builds", "submit"), ("firebase", "test")),
    "az": (("acr", "run"), ("acr", "build"), ("pipelines", "run")),
    "aws": (("codebuild",), ("devicefarm",)),
    "kubectl": (("exec",), ("run",)),
    "oc": (("exec",), ("run",), ("rsh",)),
    "flyctl": (("ssh",), ("machine", "run")),
    "fly": (("ssh",), ("machine", "run")),
    "heroku": (("run",), ("ci:run",)),
}
"""Where a cloud's own program starts what the project says: there the words count."""
_COMPILER = re.compile(
    r"(?:[\w.]+-){0,6}(?:gcc|g\+\+|clang|clang\+\+|cc|c\+\+|clang-cl|ld|ar|ranlib|gfortran)(?:-\d[\d.]*)?"
)
_COMPILERS = _words(
    "javac kotlinc scalac rustc swiftc ghc ocamlc ocamlopt nasm protoc cl lcm-gen flatc thrift nvcc emcc em++ gnatmake"
)
_MANAGERS = _words("poetry uv pdm pipenv hatch rye pixi bundle composer npm pnpm yarn bun lerna docker docker-compose")
_COVERAGE = {"report", "xml", "html", "json", "combine", "erase", "lcov", "annotate", "debug"}

_PRINTS = re.compile(
    r"""\beval\s+["']?(?:\$\(|`)\s*(?:[\w./-]*/)?(?:aws\s+ecr\s+get-login|ssh-agent|docker-machine\s+env|minikube\s[^|;&]{0,40}"""
    r"""docker-env|(?:py|rb|nod|j|go|pl)env\s|brew\s+shellenv|direnv\s|fnm\s+env|opam\s|conda\s|mise\s|dircolors)"""
)


def prints_settings(line: str) -> bool:
    """Whether a line evaluates what a well-known tool prints to set up the shell: a login, variables, an agent."""
    return bool(_PRINTS.search(line[:200]))


def could_test(text: str) -> bool:
    """Whether words hint at tests. Used only to tell "unknown" from "no", never to say yes."""
    return bool(_TESTING.search(text))


def hints_at_tests(text: str) -> bool:
    """Like `could_test`, for programs from outside: words as wide as “check” say nothing there."""
    return bool(_TESTING.search(_WIDE.sub("", text)))


def is_neutral(words: Sequence[str]) -> bool:
    """Whether a command certainly runs no test."""
    name = program_of(words[0])
    if name in _NEUTRAL:
        return True
    first = next((word for word in words[1:] if not word.startswith("-")), "")
    if name in _COMPILERS or _COMPILER.fullmatch(name):
        return True
    if name in _CLOUD:
        plain = tuple(word for word in words[1:] if not word.startswith("-"))
        return not any(plain[: len(runs)] == runs for runs in _CLOUD_RUNS.get(name, ()))
    if name == "coverage":
        return first in _COVERAGE
    if name in _MANAGERS or is_known(name):
        return True
    if name in ("python", "python3", "pypy3", "node", "ruby", "perl"):
        return not any(word.endswith((".py", ".js", ".mjs", ".cjs", ".ts", ".rb", ".pl")) for word in words[1:])
    return False
