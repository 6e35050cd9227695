"""Three themes of our own: dark, light, and high contrast."""

from __future__ import annotations

from textual.theme import Theme

THEMES = (
    Theme(
        name="shipworthy-dark",
        primary="#6cb6ff",
        secondary="#9db4cc",
        accent="#c8a6ff",
        success="#7bd09a",
        warning="#f0b95b",
        error="#ff857c",
        foreground="#d7dee7",
        background="#0f141b",
        surface="#161d27",
        panel="#222c39",
        dark=True,
        variables={
            "input-selection-background": "#6cb6ff 35%",
            "border": "#3a4657",
            "dim": "#97a1ad",
            "faint": "#7b8591",
        },
    ),
    Theme(
        name="shipworthy-light",
        primary="#0b57a4",
        secondary="#3e5368",
        accent="#6b3fb5",
        success="#136433",
        warning="#855300",
        error="#b3261e",
        foreground="#1c2430",
        background="#fbfaf7",
        surface="#f1efe9",
        panel="#dfdbd1",
        dark=False,
        variables={
            "input-selection-background": "#0b57a4 25%",
            "border": "#b9b3a5",
            "dim": "#525a66",
            "faint": "#676d76",
        },
    ),
    Theme(
        name="shipworthy-contrast",
        primary="#00e5ff",
        secondary="#ffffff",
        accent="#ff9cff",
        success="#00ff6a",
        warning="#ffe600",
        error="#ff6a6a",
        foreground="#ffffff",
        background="#000000",
        surface="#000000",
        panel="#2a2a2a",
        dark=True,
        text_alpha=1.0,
        variables={
            "input-selection-background": "#00e5ff 40%",
            "border": "#ffffff",
            "dim": "#e0e0e0",
            "faint": "#c4c4c4",
        },
    ),
)
