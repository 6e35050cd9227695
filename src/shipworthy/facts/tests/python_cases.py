"""Reads one Python test file: its tests, and every construct that disables one (pytest, unittest, Django)."""

from __future__ import annotations

import re
from typing import Any

from tree_sitter import Node

from shipworthy.facts.tests.draft import Draft
from shipworthy.facts.tests.nodes import by_type
from shipworthy.project.syntax import text_of, walk

_MARKS = {"pytest.mark.skip", "pytest.mark.skipif", "pytest.mark.xfail"}
_UNITTEST = {"skip", "skipIf", "skipUnless", "expectedFailure", "SkipTest"}
_SETUPS = {"setUp", "setUpClass", "setup_method", "setup_class", "setup", "asyncSetUp", "setUpTestData"}
_TRUE = {"True", "1", "not False", "'True'", '"True"', "not None", "1 == 1", "not 0"}
_FALSE = {"False", "0", "not True", "None", "'False'", '"False"'}
# Names a project gives its own decorators. The first kind turns a test off, the second under a condition.
_OFF_NAME = re.compile(r"^(skip|skipped|disabled?|ignored?|broken|skip_?this|skip_?test|ignore_?test|xfail)$", re.I)
_SKIPPY_NAME = re.compile(r"skip|xfail", re.I)
_COMMENTED = re.compile(r"^\s*#[#\s]*(?:async\s+)?(?:def\s+(test\w*)\s*\(|class\s+(Test\w*)\s*[(:])")
_IN_STRING = re.compile(r"^[ \t]*(?:async[ \t]+)?def[ \t]+(test\w*)[ \t]*\(", re.M)
_TYPES = ("import_statement", "import_from_statement", "assignment", "call", "comment", "expression_statement",
          "attribute")  # fmt: skip
FRAMEWORKS = ("pytest", "unittest", "django", "nose", "nose2", "behave", "hypothesis", "testtools", "asynctest")


class PythonFile:
    """One pass over a syntax tree; `draft` collects what it sees."""

    def __init__(self, root: Node, lines: list[str]) -> None:
        self.root = root
        self.nodes = by_type("python", root, *_TYPES)
        self.draft = Draft(lines, "#")
        self.names: dict[str, str] = {}
        self.aliases: dict[str, Node] = {}
        self.testcases: set[str] = set()
        self.accounted: set[int] = set()
        self.styles: set[str] = set()
        self.frameworks: set[str] = set()

    def record(self) -> dict[str, Any]:
        self._imports()
        self._aliases()
        self._block(self.root, "", 0)
        self._params()
        self._sweep()
        self._comments()
        self.draft.empty = not any(child.type not in _IDLE for child in self.root.children if not _is_text(child))
        return self.draft.record(frameworks=sorted(self.frameworks), styles=sorted(self.styles))

    # -- names ---------------------------------------------------------------------------------------------------

    def _imports(self) -> None:
        for node in [*self.nodes["import_statement"], *self.nodes["import_from_statement"]]:
            module = ""
            if node.type == "import_from_statement":
                source = node.child_by_field_name("module_name")
                module = text_of(source) + "." if source else ""
                self._framework(module)
            for name in node.children_by_field_name("name"):
                alias = name.child_by_field_name("alias")
                full = name.child_by_field_name("name") if name.type == "aliased_import" else name
                if full is None:
                    continue
                dotted = text_of(full)
                if alias is not None:
                    self.names[text_of(alias)] = module + dotted
                elif module:
                    self.names[dotted] = module + dotted
                if not module:
                    self._framework(dotted)

    def _framework(self, module: str) -> None:
        top = module.partition(".")[0]
        if top in FRAMEWORKS:
            self.frameworks.add(top)

    def dotted(self, node: Node) -> str:
        """`pt.mark.skip` as "pytest.mark.skip": the first name resolved through the file's imports."""
        if node.type not in ("identifier", "attribute"):
            return ""
        text = text_of(node).replace(" ", "")
        first, dot, rest = text.partition(".")
        full = self.names.get(first, first) + dot + rest
        if full.startswith("unittest.case."):
            return "unittest." + full.removeprefix("unittest.case.")
        return full if not full.startswith("_pytest.") else "pytest." + full.rpartition(".")[2]

    def _aliases(self) -> None:
        """Marks kept under a name: `needs_db = pytest.mark.skipif(...)`."""
        for node in self.nodes["assignment"]:
            left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
            if left is None or right is None or left.type != "identifier" or text_of(left) == "pytestmark":
                continue
            if self._kind_of(right):
                self.aliases[text_of(left)] = right
                self.accounted.add(_callee(right).id)

    # -- structure -----------------------------------------------------------------------------------------------

    def _block(self, block: Node, prefix: str, depth: int) -> None:
        """The statements of a module, a class body, or a branch at those levels."""
        conditional = block.type != "module" and not prefix and depth > 0
        for child in block.children:
            if child.type == "decorated_definition":
                definition = child.child_by_field_name("definition")
                decorators = [each for each in child.children if each.type == "decorator"]
                if definition is not None:
                    self._definition(definition, decorators, prefix, depth)
            elif child.type in ("function_definition", "class_definition"):
                self._definition(child, [], prefix, depth)
            elif child.type in ("if_statement", "try_statement", "with_statement", "else_clause", "elif_clause",
                                "except_clause", "finally_clause", "block"):  # fmt: skip
                if depth < 20:
                    self._block(child, prefix, depth + 1)
            else:
                self._statement(child, prefix, conditional or (depth > 0 and block.type == "block"))

    def _statement(self, node: Node, prefix: str, conditional: bool) -> None:
        """A statement outside any function: a mark for the whole file or class, or a skip of it."""
        where = prefix.rstrip(".") or "the whole file"
        inner = node.children[0] if node.type == "expression_statement" and node.children else node
        if inner.type == "assignment":
            left, right = inner.child_by_field_name("left"), inner.child_by_field_name("right")
            if left is None or right is None:
                return
            name = text_of(left)
            if name == "pytestmark":
                for mark in right.named_children if right.type in ("list", "tuple") else [right]:
                    if not self._mark(mark, where, group=True, scope=prefix, at=node) and self._is_reference(mark):
                        self._by_name(mark, where, group=True, scope=prefix, at=node)
            elif name in ("__unittest_skip__",) and text_of(right) == "True":
                self.draft.add("skip", where, node, name, group=True, scope=prefix)
            return
        found = self._immediate(node)
        if found:
            kind, how, reason = found
            kind = "conditional" if conditional else kind
            self.draft.add(kind, where, node, how, group=True, scope=prefix, reason=reason)

    def _definition(self, node: Node, decorators: list[Node], prefix: str, depth: int) -> None:
        name_node, body = node.child_by_field_name("name"), node.child_by_field_name("body")
        if name_node is None or body is None:
            return
        name = text_of(name_node)
        at = decorators[0] if decorators else node
        if node.type == "class_definition":
            if depth >= 20 or not self._collects(node, name, body):
                return
            self._decorators(decorators, prefix + name, group=True, scope=prefix + name + ".", at=at)
            self._block(body, prefix + name + ".", depth + 1)
            return
        if prefix and name in _SETUPS:
            self._first_statement(body, prefix.rstrip("."), group=True, scope=prefix)
        if not name.startswith("test") or any("fixture" in text_of(each) for each in decorators):
            return
        if prefix == "" or not self.testcases.intersection({prefix.rstrip(".").rpartition(".")[2]}):
            self.styles.add("class" if prefix else "function")
        else:
            self.styles.add("testcase")
        self.draft.test(prefix + name, node)
        self._decorators(decorators, prefix + name, group=False, scope=prefix + name, at=at)
        self._first_statement(body, prefix + name, group=False, scope=prefix + name)

    def _collects(self, node: Node, name: str, body: Node) -> bool:
        """False where the class says it is not collected. Its name is not asked: projects choose `python_classes`."""
        bases = node.child_by_field_name("superclasses")
        names = [each for each in bases.named_children if each.type in ("identifier", "attribute")] if bases else []
        for base in names:
            dotted = self.dotted(base)
            if dotted.endswith("TestCase") or dotted in self.testcases or dotted.startswith("unittest."):
                self.testcases.add(name)
            if dotted.startswith(("unittest.", "django.test", "rest_framework.test")):
                self.frameworks.add("unittest" if dotted.startswith("unittest") else "django")
        return not any(_assigns(child, "__test__", "False") for child in body.children)

    # -- what disables -------------------------------------------------------------------------------------------

    def _decorators(self, decorators: list[Node], name: str, *, group: bool, scope: str, at: Node) -> None:
        for decorator in decorators:
            if not decorator.named_children:
                continue
            expression = decorator.named_children[0]
            if not self._mark(expression, name, group=group, scope=scope, at=at):
                self._by_name(expression, name, group=group, scope=scope, at=at)

    def _kind_of(self, node: Node) -> str:
        dotted = self.dotted(_callee(node))
        if dotted in _MARKS:
            return dotted
        if dotted.startswith("unittest.") and dotted.partition(".")[2] in _UNITTEST:
            return dotted
        return ""

    def _mark(self, node: Node, name: str, *, group: bool, scope: str, at: Node) -> bool:
        """Write down what a mark does; False where the expression is none that disables."""
        if node.type == "identifier" and text_of(node) in self.aliases:
            node = self.aliases[text_of(node)]
        dotted = self._kind_of(node)
        if not dotted:
            return False
        self.accounted.add(_callee(node).id)
        first, keywords = _arguments(node)
        reason = keywords.get("reason", "")
        condition = ""
        kind = "skip"
        if dotted in ("pytest.mark.skip", "unittest.skip"):
            reason = reason or (first[:1] and _string(first[0])) or ""
        elif dotted in ("pytest.mark.skipif", "unittest.skipIf", "unittest.skipUnless"):
            condition = text_of(first[0])[:200] if first else keywords.get("condition", "")
            reason = reason or (_string(first[1]) if len(first) > 1 else "")
            always, never = (_FALSE, _TRUE) if dotted.endswith("skipUnless") else (_TRUE, _FALSE)
            if condition in never:
                return True
            kind = "skip" if condition in always else "conditional"
        elif dotted == "unittest.expectedFailure":
            kind = "strict-xfail"
        else:
            strict = keywords.get("strict", "")
            condition = text_of(first[0])[:200] if first and not _string(first[0]) else keywords.get("condition", "")
            if condition in _FALSE:
                return True
            kind = {"True": "strict-xfail", "False": "xfail"}.get(strict, "xfail-default")
            if keywords.get("run", "") == "False":
                kind = "skip"
            elif condition and condition not in _TRUE:
                kind = "conditional"
        self.draft.add(kind, name, at, dotted, group=group, scope=scope, reason=reason, condition=condition)
        return True

    def _is_reference(self, node: Node) -> bool:
        return node.type in ("identifier", "attribute", "call")

    def _by_name(self, node: Node, name: str, *, group: bool, scope: str, at: Node) -> None:
        """A decorator from elsewhere that says by its name that it skips."""
        dotted = self.dotted(_callee(node))
        last = dotted.rpartition(".")[2]
        if not _SKIPPY_NAME.search(last) and not _OFF_NAME.match(last):
            return
        if dotted.startswith("pytest.mark."):
            return
        first, keywords = _arguments(node)
        reason = keywords.get("reason", "") or next((_string(each) for each in first if _string(each)), "")
        kind = "skip" if _OFF_NAME.match(last) else "conditional"
        self.draft.add(kind, name, at, dotted, group=group, scope=scope, reason=reason, condition=last)

    def _immediate(self, node: Node) -> tuple[str, str, str] | None:
        """(kind, construct, reason) of a statement that skips there and then."""
        call = node.named_children[0] if node.type in ("expression_statement", "raise_statement", "await") and (
            node.named_children) else None  # fmt: skip
        if call is None:
            return None
        target = _callee(call)
        dotted = self.dotted(target)
        first, keywords = _arguments(call)
        reason = keywords.get("reason", keywords.get("msg", "")) or (_string(first[0]) if first else "")
        if node.type == "raise_statement":
            if dotted.rpartition(".")[2] == "SkipTest" or dotted == "pytest.skip.Exception":
                return "skip", f"raise {dotted}", reason
            return None
        if call.type != "call":
            return None
        if dotted == "pytest.skip" or dotted.endswith("self.skipTest") or dotted == "cls.skipTest":
            return "skip", dotted, reason
        if dotted == "pytest.xfail":
            return "skip", dotted, reason
        if dotted == "pytest.importorskip":
            return "conditional", dotted, reason or f"needs {reason}"
        return None

    def _first_statement(self, body: Node, name: str, *, group: bool, scope: str) -> None:
        statements = [child for child in body.named_children if child.type != "comment"]
        if statements and _is_text(statements[0]):
            statements = statements[1:]
        if not statements:
            return
        found = self._immediate(statements[0])
        if found:
            kind, how, reason = found
            self.draft.add(kind, name, statements[0], how, group=group, scope=scope, reason=reason)
        elif statements[0].type == "return_statement" and len(statements) > 1 and not group:
            self.draft.add("skip", name, statements[0], "return as the first statement", scope=scope)

    def _params(self) -> None:
        """Single cases of a parametrisation: `pytest.param(..., marks=pytest.mark.skip)`."""
        for call in self.nodes["call"]:
            if self.dotted(_callee(call)) != "pytest.param":
                continue
            arguments = call.child_by_field_name("arguments")
            for each in arguments.named_children if arguments else []:
                key, value = each.child_by_field_name("name"), each.child_by_field_name("value")
                if each.type != "keyword_argument" or key is None or value is None or text_of(key) != "marks":
                    continue
                title = "case " + " ".join(text_of(arguments).split())[1:60] if arguments else "case"
                for mark in value.named_children if value.type in ("list", "tuple") else [value]:
                    self._mark(mark, title, group=False, scope="\0case", at=call)

    def _sweep(self) -> None:
        """Marks used anywhere else: put on at run time."""
        for node in self.nodes["attribute"]:
            if node.id in self.accounted or self.dotted(node) not in _MARKS:
                continue
            dotted = self.dotted(node)
            call = node.parent if node.parent is not None and node.parent.type == "call" else node
            _, keywords = _arguments(call)
            self.draft.add("dynamic", dotted, node, dotted, reason=keywords.get("reason", ""), scope="\0dynamic")

    def _comments(self) -> None:
        for node in self.nodes["comment"]:
            found = _COMMENTED.match(text_of(node)[:500])
            if found:
                self.draft.commented(found[1] or found[2], node)
        for node in self.nodes["expression_statement"]:
            if _is_text(node) and node.parent is not None:
                inside = _IN_STRING.search(text_of(node))
                if inside and node.parent.type in ("module", "block") and _is_disabled_code(node):
                    self.draft.commented(inside[1], node)


_IDLE = {"comment", "import_statement", "import_from_statement", "future_import_statement", "pass_statement"}


def _is_text(node: Node) -> bool:
    return node.type == "expression_statement" and bool(node.children) and node.children[0].type == "string"


def _is_disabled_code(node: Node) -> bool:
    """A string that is no docstring: not the first thing in its module, class or function."""
    before = node.prev_named_sibling
    while before is not None and before.type == "comment":
        before = before.prev_named_sibling
    return before is not None


def _callee(node: Node) -> Node:
    if node.type == "call":
        return node.child_by_field_name("function") or node
    return node


def _assigns(node: Node, name: str, value: str) -> bool:
    inner = node.children[0] if node.type == "expression_statement" and node.children else node
    if inner.type != "assignment":
        return False
    left, right = inner.child_by_field_name("left"), inner.child_by_field_name("right")
    return left is not None and right is not None and text_of(left) == name and text_of(right) == value


def _arguments(node: Node) -> tuple[list[Node], dict[str, str]]:
    """Positional argument nodes, and keywords as text (strings without their quotes)."""
    found = node.child_by_field_name("arguments") if node.type == "call" else None
    if found is None:
        return [], {}
    first: list[Node] = []
    keywords: dict[str, str] = {}
    for each in found.named_children:
        if each.type == "keyword_argument":
            key, value = each.child_by_field_name("name"), each.child_by_field_name("value")
            if key is not None and value is not None:
                keywords[text_of(key)] = _string(value) or text_of(value)[:300]
        elif each.type != "comment":
            first.append(each)
    return first, keywords


def _string(node: Node) -> str:
    """The text of a string literal or of adjacent and added ones; "" for anything else."""
    if node.type not in ("string", "concatenated_string", "parenthesized_expression", "binary_operator"):
        return ""
    if node.type == "binary_operator" and not any(each.type == "string" for each in node.children):
        return ""
    return "".join(text_of(each) for each in walk(node) if each.type in ("string_content", "interpolation"))[:300]
