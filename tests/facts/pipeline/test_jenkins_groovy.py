"""The Groovy of Jenkinsfiles: strings, comments, brackets, and what is refused."""

from __future__ import annotations

import pytest

from shipworthy.facts.pipeline.systems.jenkins_tokens import NotGroovy, tokens_of
from shipworthy.facts.pipeline.systems.jenkins_tree import tree_of


@pytest.mark.parametrize(
    "text",
    [
        "x = '" + "a" * 500_000 + "'",
        "(" * 200,
        '"' + "${" * 60 + "}" * 60 + '"',
        "a /* b",
        "x = '''a",
        'x = "${a"',
        "a ) b",
        "f(]",
    ],
    ids=["long", "deep", "deep-hole", "comment", "string", "hole", "closer", "pair"],
)
def test_what_is_no_groovy(text: str) -> None:
    with pytest.raises(NotGroovy) as error:
        tree_of(text)
    assert error.value.line >= 1


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("'a\\'b\\n'", ["a'b\n"]),
        ("'''a\n'b'\n'''", ["a\n'b'\n"]),
        ('"$a.b ${c("}")} $"', ["  $"]),
        ("x ==~ /a\\/b/", ["x", "==~", "a/b"]),
        ("a / b", ["a", "/", "b"]),
        ("$/ a/b /$", [" a/b "]),
        ("'\\u0041'", ["A"]),
    ],
)
def test_strings(text: str, shown: list[str]) -> None:
    assert [token.text for token in tokens_of(text)] == shown
