"""A token without its provider's checksum is made up, so it is for a person to look at."""

from __future__ import annotations

import pytest
from tests.facts.secrets.examples import drawn

from shipworthy.facts.secrets.forms import crc32
from shipworthy.facts.secrets.scanner import scan

PREFIXES = [*(f"gh{kind}_" for kind in "pousr"), "np" + "m_"]
RIGHT, MADE_UP, LONG = drawn("crc", 36, 3), drawn("an", 36, 3), drawn("an", 80, 3)


def said(path: str, text: str) -> list[str]:
    return [str(hit.confidence) for hit in scan(path, text.encode()).hits]


@pytest.mark.parametrize("prefix", PREFIXES)
@pytest.mark.parametrize("text", ["x = '{}'\n", "API_TOKEN={}\n", "const token: string = '{}'\n"])
def test_the_checksum_tells_a_made_up_token(prefix: str, text: str) -> None:
    assert said("a/settings.sh", text.format(prefix + RIGHT)) == ["certain"]
    assert said("a/settings.sh", text.format(prefix + MADE_UP)) == ["review"]


def test_a_longer_token_has_no_checksum_there() -> None:
    assert said("a.py", f"x = '{PREFIXES[3]}{LONG}'\n") == ["certain"]


def test_a_place_that_only_a_real_token_goes_to_still_counts() -> None:
    assert said(".npmrc", f"//npm.plantshop.example/:_authToken={PREFIXES[-1]}{MADE_UP}\n") == ["likely"]


@pytest.mark.parametrize(("body", "checksum"), [("123456789", "3jZRME"), ("", "000000")])
def test_the_sum_is_crc_32_in_base_62(body: str, checksum: str) -> None:
    # The check value of CRC-32 (RFC 1952's polynomial) over the nine digits is 0xCBF43926.
    assert crc32(body) == checksum
