"""Where keys stand in a TOML text: every key of any text tomllib accepts is found."""

from __future__ import annotations

import tomllib

from hypothesis import given, settings
from hypothesis import strategies as st

from shipworthy.checklist.positions import line_numbers, statements

toml_keys = st.one_of(
    st.from_regex(r"[a-z0-9_-]{1,4}", fullmatch=True),
    st.sampled_from(["'q.k'", '"a \\" b"', '"\\u0041"', '""']),
)
toml_values = st.recursive(
    st.sampled_from(
        ['"x"', "'#'", "1", "1979-05-27 07:32:00Z", "true", '"""\n#\n"x\\\n ]"""', "'''\n[a]\n'''", '"\\"]"', "0.5"]
    ),
    lambda inner: st.lists(inner, max_size=3).map(lambda each: "[ # c,]\n" + ",\n".join(each) + "\n]")
    | st.lists(inner, max_size=3).map(lambda each: "{" + ", ".join(f"k{n} = {v}" for n, v in enumerate(each)) + "}"),
    max_leaves=6,
)  # fmt: skip
toml_lines = st.one_of(
    st.tuples(st.lists(toml_keys, min_size=1, max_size=3), toml_values).map(lambda kv: f"{'.'.join(kv[0])} = {kv[1]}"),
    st.lists(toml_keys, min_size=1, max_size=3).map(lambda keys: f"[{' . '.join(keys)}]"),
    st.lists(toml_keys, min_size=1, max_size=3).map(lambda keys: f"[[{'.'.join(keys)}]]"),
    st.sampled_from(["", "# x = 1", "  "]),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(toml_lines, max_size=10))
def test_positions_find_every_key_of_any_valid_text(lines: list[str]) -> None:
    text = "\n".join(lines)
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return
    found = line_numbers(text)

    def paths(value: object, above: tuple[str | int, ...]) -> list[tuple[str | int, ...]]:
        if isinstance(value, dict):
            inside = [((*above, key), each) for key, each in value.items()]
        elif isinstance(value, list):
            inside = [((*above, index), each) for index, each in enumerate(value)]
        else:
            return []
        return [path for place, each in inside for path in [place, *paths(each, place)]]

    assert set(found) == set(paths(table, ()))
    assert all(1 <= line <= text.count("\n") + 1 for line in found.values())
    assert [row.start for row in statements(text)] == sorted(row.start for row in statements(text))
