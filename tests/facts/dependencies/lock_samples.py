"""One small lock of every format, all of the same few packages."""

from __future__ import annotations

import json

HOST = "https://registry.example"

NPM3 = f"""\
{{
  "name": "shop",
  "lockfileVersion": 3,
  "packages": {{
    "": {{"dependencies": {{"left-pad": "^1.3.0"}}, "devDependencies": {{"mocha": "^9.0.0"}}}},
    "node_modules/left-pad": {{
      "version": "1.3.0",
      "resolved": "{HOST}/left-pad/-/left-pad-1.3.0.tgz",
      "integrity": "sha512-x"
    }},
    "node_modules/mocha": {{
      "version": "9.0.0",
      "integrity": "sha512-x",
      "dev": true,
      "dependencies": {{"ms": "2.0.0"}}
    }},
    "node_modules/mocha/node_modules/ms": {{
      "version": "2.0.0",
      "dev": true
    }},
    "packages/own": {{"version": "1.0.0"}},
    "node_modules/own": {{"resolved": "packages/own", "link": true}}
  }}
}}
"""
NPM1 = """\
{
  "lockfileVersion": 1,
  "dependencies": {
    "left-pad": {
      "version": "1.3.0",
      "integrity": "sha512-x"
    },
    "mocha": {
      "version": "9.0.0",
      "integrity": "sha512-x",
      "dev": true,
      "dependencies": {
        "ms": {
          "version": "2.0.0",
          "dev": true
        }
      }
    }
  }
}
"""
PNPM9 = """\
lockfileVersion: '9.0'

importers:

  .:
    dependencies:
      left-pad:
        specifier: ^1.3.0
        version: 1.3.0
    devDependencies:
      mocha:
        specifier: ^9.0.0
        version: 9.0.0(ms@2.0.0)

packages:

  left-pad@1.3.0:
    resolution: {integrity: sha512-x}
    deprecated: |-
      use String.prototype.padStart()

  mocha@9.0.0:
    resolution: {integrity: sha512-x}
    engines: {node: '>=12'}

  ms@2.0.0:
    resolution: {tarball: https://host.example/ms.tgz}

snapshots:

  left-pad@1.3.0: {}

  mocha@9.0.0(ms@2.0.0):
    dependencies:
      ms: 2.0.0
    transitivePeerDependencies:
      - supports-color

  ms@2.0.0: {}
"""
PNPM6 = """\
lockfileVersion: '6.0'
dependencies:
  left-pad:
    specifier: ^1.3.0
    version: 1.3.0
devDependencies:
  mocha:
    specifier: ^9.0.0
    version: 9.0.0(ms@2.0.0)
packages:
  /left-pad@1.3.0:
    resolution:
      {
        integrity: sha512-x,
      }
    dev: false
  /mocha@9.0.0(ms@2.0.0):
    resolution: {integrity: sha512-x}
    dependencies:
      ms: 2.0.0
    dev: true
  /ms@2.0.0:
    resolution: {tarball: https://host.example/ms.tgz}
    dev: true
"""
PNPM5 = """\
lockfileVersion: 5.4
specifiers:
  left-pad: ^1.3.0
  mocha: ^9.0.0
dependencies:
  left-pad: 1.3.0
devDependencies:
  mocha: 9.0.0_ms@2.0.0
packages:
  /left-pad/1.3.0:
    resolution: {integrity: sha512-x}
    dev: false
  /mocha/9.0.0_ms@2.0.0:
    resolution: {integrity: sha512-x}
    dependencies:
      ms: 2.0.0
    dev: true
  /ms/2.0.0:
    resolution: {tarball: https://host.example/ms.tgz}
    dev: true
"""
YARN1 = f"""\
# yarn lockfile v1


left-pad@^1.3.0:
  version "1.3.0"
  resolved "{HOST}/left-pad/-/left-pad-1.3.0.tgz#{"0" * 40}"
  integrity sha512-x

"mocha@^9.0.0", mocha@~9.0.0:
  version "9.0.0"
  resolved "{HOST}/mocha/-/mocha-9.0.0.tgz"
  integrity sha512-x
  dependencies:
    ms "2.0.0"

ms@2.0.0:
  version "2.0.0"
  resolved "{HOST}/ms/-/ms-2.0.0.tgz"
"""
BERRY = """\
__metadata:
  version: 8

"left-pad@npm:^1.3.0":
  version: 1.3.0
  resolution: "left-pad@npm:1.3.0"
  checksum: 10/abc
  languageName: node
  linkType: hard

"mocha@npm:^9.0.0, mocha@npm:~9.0.0":
  version: 9.0.0
  resolution: "mocha@npm:9.0.0"
  dependencies:
    ms: "npm:2.0.0"
  checksum: 10/abc

"ms@npm:2.0.0":
  version: 2.0.0
  resolution: "ms@npm:2.0.0"

"shop@workspace:.":
  version: 0.0.0-use.local
  resolution: "shop@workspace:."
  dependencies:
    left-pad: "npm:^1.3.0"
    mocha: "npm:^9.0.0"
  linkType: soft
"""
BUN = """\
{
  "lockfileVersion": 1,
  "workspaces": {
    "": {
      "name": "shop", // the root
      "dependencies": { "left-pad": "^1.3.0", },
      "devDependencies": { "mocha": "^9.0.0", },
    },
  },
  "packages": {
    "left-pad": ["left-pad@1.3.0", "", {}, "sha512-x"],

    "mocha": ["mocha@9.0.0", "", { "dependencies": { "ms": "2.0.0" } }, "sha512-x"],

    "mocha/ms": ["ms@2.0.0", "", {}],
  }
}
"""
UV = f"""\
version = 1

[[package]]
name = "flask"
version = "2.0.1"
source = {{ registry = "{HOST}/simple" }}
dependencies = [{{ name = "click" }}]
wheels = [{{ url = "{HOST}/f.whl", hash = "sha256:00" }}]

[[package]]
name = "click"
version = "8.0"
source = {{ registry = "{HOST}/simple" }}
sdist = {{ url = "{HOST}/c.tar.gz", hash = "sha256:00" }}

[[package]]
name = "pytest"
version = "7.0"
source = {{ registry = "{HOST}/simple" }}

[[package]]
name = "shop"
version = "0.1.0"
source = {{ virtual = "." }}
dependencies = [{{ name = "flask" }}]

[package.dev-dependencies]
dev = [{{ name = "pytest" }}]

[package.metadata]
requires-dist = [{{ name = "flask", specifier = ">=2" }}]

[package.metadata.requires-dev]
dev = [{{ name = "pytest" }}]
"""
POETRY_OLD = """\
[[package]]
name = "Flask"
version = "2.0.1"
category = "main"
[package.dependencies]
click = ">=8"

[[package]]
name = "click"
version = "8.0"
category = "main"

[[package]]
name = "pytest"
version = "7.0"
category = "dev"

[metadata]
content-hash = "00"

[metadata.files]
flask = [{file = "f", hash = "sha256:00"}]
click = [{file = "c", hash = "sha256:00"}]
pytest = []
"""
POETRY_NEW = """\
[[package]]
name = "flask"
version = "2.0.1"
groups = ["main"]
files = [{file = "f", hash = "sha256:00"}]
[package.dependencies]
click = ">=8"

[[package]]
name = "click"
version = "8.0"
groups = ["main", "dev"]
files = [{file = "f", hash = "sha256:00"}]

[[package]]
name = "pytest"
version = "7.0"
groups = ["dev"]
files = []

[metadata]
lock-version = "2.1"
content-hash = "00"
"""
POETRY_MIDDLE = POETRY_OLD.replace('category = "main"\n', "").replace('category = "dev"\n', "")
PDM = """\
[metadata]
lock_version = "4.5"
[[package]]
name = "flask"
version = "2.0.1"
groups = ["default"]
dependencies = ["click>=8"]
files = [{file = "f", hash = "sha256:00"}]
[[package]]
name = "click"
version = "8.0"
groups = ["default", "dev"]
files = [{file = "f", hash = "sha256:00"}]
[[package]]
name = "pytest"
version = "7.0"
groups = ["dev"]
files = []
"""
PYLOCK = """\
lock-version = "1.0"
created-by = "uv"
[[packages]]
name = "flask"
version = "2.0.1"
wheels = [{url = "https://host.example/f.whl", hashes = {sha256 = "00"}}]
[[packages]]
name = "click"
version = "8.0"
sdist = {url = "https://host.example/c.tar.gz", hashes = {sha256 = "00"}}
[[packages]]
name = "pytest"
version = "7.0"
"""
PIPENV = json.dumps(
    {
        "_meta": {"hash": {"sha256": "00"}},
        "default": {
            "flask": {"hashes": ["sha256:00"], "version": "==2.0.1"},
            "click": {"hashes": ["sha256:00"], "version": "==8.0"},
        },
        "develop": {"pytest": {"version": "==7.0"}},
    },
    indent=4,
)
