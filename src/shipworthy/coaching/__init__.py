"""What the coach says and refuses, whichever face it has: the screen (`tui`) or lines (`plain`). No textual here."""
