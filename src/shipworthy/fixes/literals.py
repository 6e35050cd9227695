"""Makes the fix for `secrets-not-in-tree` and `secret-store`: a string in code becomes a read of the environment."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tree_sitter import Node

from shipworthy.facts.secrets import Secrets
from shipworthy.facts.stack import Part, Stack
from shipworthy.facts.stack.tables import BROWSERS
from shipworthy.fixes.desk import Desk, listed
from shipworthy.fixes.lines import line_end, line_span
from shipworthy.fixes.model import Fix, NoFix, Splice
from shipworthy.model import Confidence
from shipworthy.project import is_test_path, syntax

_MOST = 50
"""Places looked at for one fix: each takes a look at its whole file."""
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,100}", re.ASCII)
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_PUBLIC = re.compile(r"^(?:NEXT_PUBLIC|VITE|REACT_APP|PUBLIC|NUXT_PUBLIC|EXPO_PUBLIC|GATSBY)_")
_SERVER_PATH = re.compile(r"(^|/)(api|server|scripts?)/|\.server\.[jt]s$|(^|/)(route|middleware|server)\.[cm]?[jt]s$")
_BINDING = ("parameters", "typed_parameter", "default_parameter", "function_definition", "as_pattern_target")
_PYTHON_READS = ("os.environ.get", "os.getenv")


def make(desk: Desk) -> Fix | NoFix:
    """Only what is assigned to a name, and a default beside an environment read; the rest takes a look at the code."""
    done: list[str] = []
    places: list[str] = []
    for number, (path, line, column) in enumerate(_places(desk)):
        if number == _MOST:
            desk.refuse(f"there are more than {_MOST} places: apply this, then look again.")
            break
        name = _replace(desk, path, line, column)
        if name:
            done.append(name)
            places.append(f"{path}:{line}")
    if places:
        desk.note(
            f"First replace what stands at {listed(places)} where it was issued, or make a new one if you made it "
            "up: it stays in the git history, and whoever saw it still has it."
        )
    names = sorted(set(done))
    for name in names:
        desk.note(f"Set {name} where the app and its tests run; list it in .env.example without its value.")
    return desk.result(f"Read {listed(names)} from the environment instead of the code.")


def _places(desk: Desk) -> Iterator[tuple[str, int, int]]:
    """(path, line, column) of every open literal, columns 1-based; 0 where only the line is known."""
    sure = [each for each in desk.findings if each.confidence is not Confidence.REVIEW]
    opened = {
        (place.path, place.line) for each in sure for place in (each.location, *each.related) if each.rule != "bug"
    }
    sightings = desk.fact(Secrets).sightings
    same = {each.identity for each in sightings if (each.location.path, each.location.line) in opened}
    seen: set[tuple[str, int]] = set()
    for each in sightings:
        here = (each.location.path, each.location.line)
        if here in opened or (each.identity in same and each.counts):
            path, line = each.location.path or "", each.location.line or 0
            if (path, line) not in seen:
                seen.add((path, line))
                yield path, line, each.location.column or 0
    for finding in desk.of("secret-default"):
        path, line = finding.location.path or "", finding.location.line or 0
        if (path, line) not in seen:
            seen.add((path, line))
            yield path, line, finding.location.column or 0


def _replace(desk: Desk, path: str, line: int, column: int) -> str | None:
    """Put a read in the place of a literal; the setting's name, or None after saying why not."""
    if not line:
        desk.refuse(f"{path} has a secret in its name: rename it by hand, once the key is replaced.")
        return None
    language = syntax.language_of(path)
    data = desk.read(path)
    where = f"{path}:{line}"
    if path.rpartition("/")[2].startswith(".env"):
        desk.refuse(f"{where} is an env file: replace its secrets, and take it out of git (item env-files-ignored).")
        return None
    if language not in ("python", "javascript", "typescript", "tsx") or data is None:
        desk.refuse(f"{where} is no Python, JavaScript or TypeScript file of yours: move this secret by hand.")
        return None
    if is_test_path(path):
        desk.refuse(f"{where} is test code: a made-up value there should look like one.")
        return None
    tree = syntax.parse(language, data)
    if tree is None or syntax.first_error(tree) is not None:
        desk.refuse(f"{path} has a syntax error, so it is not changed by machine.")
        return None
    node = _literal(tree.root_node, data, line, column)
    if node is None:
        desk.refuse(f"{where} is not one plain string in one place: move this secret by hand.")
        return None
    if language == "python":
        return _python(desk, path, data, tree.root_node, node)
    return _script(desk, path, data, tree.root_node, node, language)


def _literal(root: Node, data: bytes, line: int, column: int) -> Node | None:
    """The one string on a line that holds the column (or the only one there)."""
    span = line_span(data, line)
    if span is None:
        return None
    at = span[0] + len(data[span[0] : span[1]].decode("utf-8", "replace")[: max(column - 1, 0)].encode("utf-8"))
    found = [
        node
        for node in syntax.find(root, "string", "template_string")
        if (node.start_byte <= at < node.end_byte if column else False)
        or (not column and span[0] <= node.start_byte < span[1])
    ]
    whole = [node for node in found if _plain(node)]
    if column:
        return whole[-1] if whole and len(found) == 1 else None
    # Without a column: the default, which is the last string of the line's only read.
    return whole[-1] if whole and len(found) <= 2 else None


def _plain(node: Node) -> bool:
    """A string without interpolation, on one line, that nothing is joined to."""
    if node.start_point[0] != node.end_point[0]:
        return False
    if any(child.type in ("interpolation", "template_substitution") for child in node.children):
        return False
    if node.type == "string" and (node.text or b"")[:1] not in (b'"', b"'"):
        return bool(re.match(rb"(?:[rRuU])[\"']", node.text or b""))
    return True


def _splice(node: Node, new: str) -> Splice:
    text = node.text or b'""'
    quote = text[-1:]
    return Splice(node.start_byte, node.end_byte, new.encode(), quote * 2)


def _python(desk: Desk, path: str, data: bytes, root: Node, node: Node) -> str | None:
    where = f"{path}:{syntax.line_of(node)}"
    if _aside(node):
        desk.refuse(
            f"{where} is a value for tests or development, or an address without a password: look at it yourself."
        )
        return None
    parent = node.parent
    left = parent.child_by_field_name("left") if parent is not None else None
    right = parent.child_by_field_name("right") if parent is not None else None
    if parent is not None and left is not None and right is not None and right.id == node.id:
        statement = parent.parent
        if parent.type == "assignment" and statement is not None and statement.type == "expression_statement":
            name = _target(left)
            kind = parent.child_by_field_name("type")
            if name and kind is not None and _reads_itself(node):
                # Such a class reads the environment by itself, and its env file too: without a default it must.
                desk.change(path, Splice(kind.end_byte, node.start_byte, b""), _splice(node, ""))
                return name
            if name and _import_os(desk, path, data, root):
                desk.change(path, _splice(node, f'os.environ["{name}"]'))
                return name
            if name:
                desk.refuse(f"{where}: `os` is not the module there, so this takes a look at the code.")
                return None
        if parent.type == "boolean_operator" and syntax.text_of(parent.children[1]) == "or":
            name = _read_name(left, 1)
            if name:
                read = f'os.environ["{name}"]'.encode()
                desk.change(path, Splice(left.start_byte, node.start_byte, read), _splice(node, ""))
                return name
    if parent is not None and parent.type == "argument_list" and parent.parent is not None:
        call = parent.parent
        name = _read_name(call, 2)
        if name and parent.named_children[1].id == node.id:
            desk.change(
                path,
                Splice(call.start_byte, node.start_byte, f'os.environ["{name}"]'.encode()),
                _splice(node, ""),
                Splice(node.end_byte, call.end_byte, b""),
            )
            return name
    desk.refuse(f"{where} is no plain assignment to one name: read it from the environment by hand.")
    return None


def _class_of(node: Node) -> Node | None:
    """The class whose body a node stands in."""
    here = node.parent
    while here is not None and here.type not in ("class_definition", "class_declaration", "function_definition"):
        here = here.parent
    return here if here is not None and here.type != "function_definition" else None


def _reads_itself(node: Node) -> bool:
    """Whether the class around it is one of pydantic's settings."""
    owner = _class_of(node)
    bases = owner.child_by_field_name("superclasses") if owner is not None else None
    return bases is not None and bool(re.search(r"\b\w*Settings\b", syntax.text_of(bases)))


def _aside(node: Node) -> bool:
    """Whether a value is no production secret: where demanding it could stop an app that never uses it."""
    owner = _class_of(node)
    name = owner.child_by_field_name("name") if owner is not None else None
    if name is not None and re.search(r"Test|Dev|Local", syntax.text_of(name)):
        return True
    line = node.parent.parent if node.parent is not None and node.parent.parent is not None else node
    if re.search(r"\b(?:[A-Z0-9]+_)*(?:TEST|TESTING|DEV|LOCAL)_[A-Z_]+\b", syntax.text_of(line)[:400]):
        return True
    value = syntax.text_of(node).strip("rRuU\"'`")
    return bool(re.match(r"[a-z][a-z0-9+.-]{1,30}://", value)) and "@" not in value


def _target(left: Node) -> str | None:
    """The setting's name for what a value is assigned to: a name, or a key written out (`config["SECRET_KEY"]`)."""
    if left.type == "identifier":
        return _setting(syntax.text_of(left))
    if left.type == "attribute":
        # Flask's own name for it; for any other attribute a person knows better what the setting is called.
        return "SECRET_KEY" if re.fullmatch(r"\w+\.secret_key", syntax.text_of(left)) else None
    keys = left.named_children[1:] if left.type == "subscript" else []
    if len(keys) == 1 and keys[0].type == "string" and _plain(keys[0]):
        key = syntax.text_of(keys[0])[1:-1]
        return key if re.fullmatch(r"[A-Z][A-Z0-9_]{1,100}", key) else None
    return None


def _read_name(call: Node, count: int) -> str | None:
    """The setting a call of `os.environ.get` or `os.getenv` with this many arguments reads; None for other calls."""
    function, given = call.child_by_field_name("function"), call.child_by_field_name("arguments")
    if call.type != "call" or function is None or given is None or syntax.text_of(function) not in _PYTHON_READS:
        return None
    arguments = given.named_children
    if len(arguments) != count or arguments[0].type != "string" or not _plain(arguments[0]):
        return None
    name = syntax.text_of(arguments[0])[1:-1]
    return name if _NAME.fullmatch(name) else None


def _script(desk: Desk, path: str, data: bytes, root: Node, node: Node, language: str) -> str | None:
    where = f"{path}:{syntax.line_of(node)}"
    if _in_browser(desk, path, data):
        desk.refuse(f"{where} may run in the browser, where no setting stays secret: move the call to the server.")
        return None
    if _aside(node):
        desk.refuse(
            f"{where} is a value for tests or development, or an address without a password: look at it yourself."
        )
        return None
    parent = node.parent
    typed = b" as string" if language in ("typescript", "tsx") else b""
    if parent is not None and parent.type == "binary_expression":
        left, right = parent.child_by_field_name("left"), parent.child_by_field_name("right")
        sign = parent.child_by_field_name("operator")
        read = syntax.text_of(left) if left is not None else ""
        name = read.removeprefix("process.env.")
        joined = sign is not None and syntax.text_of(sign) in ("||", "??")
        sides = left is not None and right is not None and right.id == node.id and read != name
        if joined and sides and left is not None and _NAME.fullmatch(name) and not _PUBLIC.match(name):
            # What stays is the read alone, typed as it is now.
            desk.change(path, Splice(left.end_byte, node.start_byte, typed), _splice(node, ""))
            return name
    if parent is not None and parent.type == "variable_declarator":
        target, value = parent.child_by_field_name("name"), parent.child_by_field_name("value")
        if target is not None and target.type == "identifier" and value is not None and value.id == node.id:
            wanted = _setting(syntax.text_of(target))
            if wanted and not _PUBLIC.match(wanted):
                desk.change(path, _splice(node, f"process.env.{wanted}{typed.decode()}"))
                desk.note(f"Node starts without {wanted} and finds out late: refuse to start where it is missing.")
                return wanted
    desk.refuse(f"{where} is no plain assignment to one name: read it from the environment by hand.")
    return None


def _in_browser(desk: Desk, path: str, data: bytes) -> bool:
    if path.endswith((".jsx", ".tsx")) or re.search(rb"^[ \t]*[\"']use client[\"']", data[:2_000], re.M):
        return True
    stack = desk.fact(Stack)
    owners = [each.root for each in stack.components if each.contains(path)]
    root = max(owners, key=lambda each: 0 if each == "." else len(each), default=".")
    frameworks = stack.names(Part.FRAMEWORK, root)
    # Next and its like run the same file on both sides, except below the folders that only answer requests.
    both = frameworks & {"next", "nuxt", "sveltekit", "remix", "astro", "gatsby"}
    return bool(frameworks & BROWSERS or both) and not _SERVER_PATH.search(path)


def _setting(name: str) -> str | None:
    """The environment's name for a variable: `stripeKey` is STRIPE_KEY."""
    found = _HUMP.sub("_", name).upper().strip("_")
    return found if _NAME.fullmatch(found) and len(found) > 1 else None


def _import_os(desk: Desk, path: str, data: bytes, root: Node) -> bool:
    """Make sure that `os` is the module before anything reads it; False where it is something else."""
    last: Node | None = None
    first: Node | None = None
    for node in root.children:
        if node.type == "import_statement":
            if any(syntax.text_of(child) == "os" for child in node.named_children):
                return not _bound(root)
            first = first or node
        elif node.type == "import_from_statement":
            first = first or node
        elif node.type == "future_import_statement" or (last is None and first is None and _docstring(node)):
            last = node
    if _bound(root):
        return False
    end = line_end(data)
    if first is not None:
        start = data.rfind(b"\n", 0, first.start_byte) + 1
        if data[start : first.start_byte].strip():
            return False  # behind a semicolon
        desk.change(path, Splice(start, start, b"import os" + end))
    elif last is not None:
        stop = data.find(b"\n", last.end_byte)
        if data[last.end_byte : stop if stop >= 0 else len(data)].strip():
            return False
        if stop < 0:
            return False
        desk.change(path, Splice(stop + 1, stop + 1, end + b"import os" + end))
    else:
        start = _behind_comments(data)
        desk.change(path, Splice(start, start, b"import os" + end + end))
    return True


def _docstring(node: Node) -> bool:
    return node.type == "expression_statement" and len(node.children) == 1 and node.children[0].type == "string"


def _behind_comments(data: bytes) -> int:
    """Behind a byte order mark, a #! line, an encoding line and the comment that opens a file."""
    position = 3 if data.startswith(b"\xef\xbb\xbf") else 0
    while data[position : position + 1] == b"#":
        stop = data.find(b"\n", position)
        if stop < 0:
            return position
        position = stop + 1
    return position


def _bound(root: Node) -> bool:
    """Whether the name `os` is given to anything but the module."""
    for node in syntax.find(root, "identifier"):
        if syntax.text_of(node) != "os" or node.parent is None:
            continue
        parent = node.parent
        target = parent.child_by_field_name("left") if parent.type in ("assignment", "for_statement") else None
        if target is not None and target.id == node.id:
            return True
        if parent.type in _BINDING:
            return True
        if parent.type == "aliased_import" and parent.child_by_field_name("alias") == node:
            return True
    return False
