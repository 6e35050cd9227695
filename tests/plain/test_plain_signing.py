"""Signing in the line mode: what is said before a yes, keys and passphrases, and every way out."""

from __future__ import annotations

import pytest
from fake import FakeEngine, FakeSession
from made_up import ALL_GOOD, DECIDED, FINGERPRINT
from talking import talk

YES = "2"


def ready(**changes: object) -> FakeSession:
    return FakeSession(decisions=dict(DECIDED), **changes)  # type: ignore[arg-type]  # as the session takes them


def test_signing_says_what_it_covers_and_how_to_verify() -> None:
    said = talk("s", YES, YES, "l", session=ready(), engine=FakeEngine(ALL_GOOD))
    for words in (
        "READY TO SIGN. 12 of 12 settled.", "Checked by shipworthy 8: all pass at 4f2a91c.",
        "Said by you 2: Tests prove that strangers are refused, “Tested the other six routes by hand.” to 16 Feb 2027.",
        "Said by you: A backup was restored once", "Waived 1: Someone is alerted on errors",
        "Does not apply 1: Debug pages", f"Key: ada-laptop, {FINGERPRINT}, in the ssh agent.",
        "Writes: .shipworthy/readiness.production.dsse.json.", "With: .shipworthy/decisions.toml, in the same commit.",
        "This writes 2 files below .shipworthy. Sign? 1 no, 2 yes, sign, 3 show the exact bytes.",
        "\ngit add .shipworthy && git commit", "Committed as 8caf24000000.",
        "Done: Signed with SHA256:kX3vQm0Yb8J5t…, committed as 8caf240.",
        f"\nshipworthy verify --trust {FINGERPRINT}\n",
    ):  # fmt: skip
        assert words in said.text, (words, said.text)
    assert [each[0] for each in said.did] == ["sign", "commit"]


@pytest.mark.parametrize(
    ("typed", "unseen", "changes", "did", "says"),
    [
        (["s", ""], (), {}, [], "Nothing was signed."),
        (["s", "3", ""], (), {}, [], '"verdict": "READY"'),
        (["s", YES, ""], (), {}, ["sign"], "Nothing was committed. Commit it yourself, or it counts for nothing."),
        (["s", YES, ""], ("correct horse",), {"passphrase": "correct horse"}, ["sign"], "Passphrase of this key"),
        (["s", YES, ""], ("no", "correct horse"), {"passphrase": "correct horse"}, ["sign"], "does not fit the key"),
        (["s", YES], ("",), {"passphrase": "correct horse"}, [], "Nothing was signed."),
        (["s", YES], None, {"passphrase": "correct horse"}, [], "cannot be typed unseen"),
        (["s", YES], (), {"passphrase": "correct horse"}, [], "Left. Everything"),
        (["s", ""], (), {"no_key": True}, [], "There is no key to sign with.\nMake one: ssh-keygen"),
        (["s", YES], ("",), {"no_key": True}, [], "No key was made."),
        (
            ["s", YES, "", YES, ""], ("correct horse", "wrong", "correct horse", "correct horse", "correct horse"),
            {"no_key": True}, ["make_key", "sign"], "The two differ. Type both again.",
        ),
        (
            ["s", YES, YES, YES, ""], ("short", "short", "correct horse", "correct horse", "correct horse"),
            {"no_key": True}, ["make_key", "keep", "sign"], "No key was made: This passphrase is too short.",
        ),
        (
            ["s", YES, YES, ""], ("correct horse", "correct horse"), {"no_key": True, "no_keyring": True},
            ["make_key"], "The key is made, and asks each time: There is no keyring here.",
        ),
    ],
)  # fmt: skip
def test_keys_passphrases_and_every_way_out_of_signing(
    typed: list[str], unseen: tuple[str, ...] | None, changes: dict[str, object], did: list[str], says: str
) -> None:
    said = talk(*typed, session=ready(**changes), engine=FakeEngine(ALL_GOOD), unseen=unseen)
    assert [each[0] for each in said.did] == did
    assert says in said.text, said.text
    assert "horse" not in said.text


def test_ready_is_said_and_enter_does_not_sign() -> None:
    said = talk("", "n", session=ready(), engine=FakeEngine(ALL_GOOD))
    assert "READY. 12 of 12 settled." in said.text
    assert "Next: everything required is settled. Press s to sign." in said.text
    assert "Nothing is open. Press s to sign." in said.text
    assert said.did == []
