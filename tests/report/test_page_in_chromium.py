"""The page in a real browser: it is quiet, asks no network for anything, prints whole, and fits a narrow screen."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import zlib
from html import escape
from pathlib import Path

import pytest
from page_cases import PAYLOADS, page

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium: the page was not seen in a real browser")
FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--enable-logging=stderr",
    # No name leads anywhere, so that not even the browser's own questions leave the machine.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]  # fmt: skip
HOSTILE = "".join(PAYLOADS[name] for name in ("closing", "script", "image", "breakout", "meta", "base", "css", "frame"))


def browse(folder: Path, html: str, *flags: str) -> tuple[str, str]:
    """What the browser wrote to stdout, and to stderr, for a page."""
    file = folder / "page.html"
    file.write_text(html, encoding="utf-8")
    done = subprocess.run(
        [str(CHROMIUM), *FLAGS, f"--user-data-dir={folder / 'profile'}", f"--log-net-log={folder / 'net.json'}",
         *flags, file.as_uri()],
        capture_output=True, text=True, timeout=120, check=True,
    )  # fmt: skip
    return done.stdout, done.stderr


def requested(folder: Path) -> set[str]:
    """Every address the browser's network stack was asked for, beside files and what the browser asks its maker."""
    text = (folder / "net.json").read_text(encoding="utf-8", errors="replace")
    found = re.findall(r'"url":"([^"]*)"', text)
    own = re.compile(r"(?:file|data|chrome|chrome-\w+|devtools):|https?://[\w.-]+\.(?:google|googleapis|gstatic)\.com/")
    return {each for each in found if not own.match(each)}


PLAIN_TOO = [pytest.param("plain", id="plain", marks=pytest.mark.long), pytest.param(HOSTILE, id="hostile")]


@pytest.mark.parametrize("words", PLAIN_TOO)
def test_it_is_quiet_and_asks_for_nothing(words: str, tmp_path: Path) -> None:
    out, error = browse(tmp_path, page(words), "--dump-dom")
    assert "What this page does not cover" in out
    assert "CONSOLE" not in error
    assert requested(tmp_path) == set()
    assert "<script" not in out
    assert "<img" not in out


def test_the_browser_tells_when_something_would_load(tmp_path: Path) -> None:
    # What the test above rests on: a page that breaks its own policy is heard.
    spoiled = page("plain").replace("</main>", '<img src="https://evil.example/x.png"><script>1</script></main>')
    assert "CONSOLE" in browse(tmp_path, spoiled, "--dump-dom")[1]
    assert requested(tmp_path) == set()
    free = '<img src="http://127.0.0.1:9/x.png">'
    browse(tmp_path, free, "--dump-dom")
    assert requested(tmp_path) == {"http://127.0.0.1:9/x.png"}


@pytest.mark.parametrize("words", PLAIN_TOO)
def test_it_prints_on_more_than_one_sheet(words: str, tmp_path: Path) -> None:
    pdf = tmp_path / "page.pdf"
    _, error = browse(tmp_path, page(words), f"--print-to-pdf={pdf}", "--no-pdf-header-footer")
    data = pdf.read_bytes()
    assert data.startswith(b"%PDF-")
    assert "CONSOLE" not in error
    assert pages(data) >= 3


def pages(data: bytes) -> int:
    """The number of pages in a PDF, whose objects may be packed."""
    packed = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", data, re.S)
    whole = data
    for each in packed:
        try:
            whole += zlib.decompress(each)
        except zlib.error:
            continue
    return len(re.findall(rb"/Type\s*/Page\b(?!s)", whole))


@pytest.mark.parametrize(
    "words", ["plain", "漢字" * 30, "x" * 3_000, "a/b-c_d." * 60], ids=["plain", "wide", "long", "path"]
)
def test_it_fits_a_screen_of_320_pixels(words: str, tmp_path: Path) -> None:
    # The browser's own window cannot be that narrow, so the page is measured in a frame that is.
    frame = (
        f'<iframe width="320" height="900" style="border:0" srcdoc="{escape(page(words))}"></iframe><p id="told"></p>'
        "<script>document.querySelector('iframe').onload = (event) => {"
        "const whole = event.target.contentDocument.documentElement;"
        "document.getElementById('told').textContent = JSON.stringify([whole.scrollWidth, whole.clientWidth]);"
        "}</script>"
    )
    out, _ = browse(tmp_path, frame, "--dump-dom")
    told = re.search(r'<p id="told">(\[.*?\])</p>', out)
    assert told is not None
    needed, given = json.loads(told.group(1))
    assert 300 <= given <= 320  # a scroll bar takes its part
    assert needed <= given
