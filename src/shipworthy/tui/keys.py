"""Every key of the coach, by group, each with an id that a keymap can point elsewhere."""

from __future__ import annotations

from textual.binding import Binding


def _key(keys: str, action: str, name: str, words: str, id: str, *, show: bool = False) -> Binding:
    return Binding(keys, action, name, tooltip=words, id=id, show=show)


MOVE = (
    _key("n", "next_open", "Next", "Go to the next open item, the most pressing one first", "next-open", show=True),
    _key("enter", "open", "Open", "Open the item; on a folded line, unfold it", "open"),
    _key("escape", "back", "Back", "Back to the list; drop the filter", "back"),
    _key("down,j", "down", "Down", "One down", "down"),
    _key("up,k", "up", "Up", "One up", "up"),
    _key("pagedown", "page_down", "Page down", "One page down", "page-down"),
    _key("pageup", "page_up", "Page up", "One page up", "page-up"),
    _key("home", "first", "First", "The first item", "first"),
    _key("end", "last", "Last", "The last item", "last"),
    _key("J", "scroll_item(1)", "Scroll", "Scroll the item while the list keeps the cursor", "item-down"),
    _key("K", "scroll_item(-1)", "Scroll back", "Scroll the item back", "item-up"),
    _key("right_square_bracket", "evidence(1)", "Next evidence", "The next piece of evidence", "evidence-next"),
    _key("left_square_bracket", "evidence(-1)", "Last evidence", "The piece of evidence before", "evidence-previous"),
    _key("slash", "filter", "Filter", "Show only items with these words: title, state, area, file", "filter"),
    _key("f", "fold", "Fold", "Fold or unfold what is only suggested or optional", "fold"),
)

DO = (
    _key("r", "recheck", "Re-check", "Check just this item again", "recheck", show=True),
    _key("R", "recheck_all", "Re-check all", "Check everything again", "recheck-all"),
    _key("x", "stop_checking", "Stop", "Stop the check that is running", "stop-checking"),
    _key("a", "attest", "Attest", "Say that it is true: what only a person can know", "attest", show=True),
    _key("F", "form", "Form", "Answer a few questions about it, and keep the answers in the repository", "form"),
    _key("w", "waive", "Waive", "Accept it as it is, with a reason and an end date", "waive", show=True),
    _key("u", "undo", "Undo", "Take back what was said about this item", "undo"),
    _key("y", "copy", "Copy", "Copy evidence, fix and pass condition for your AI assistant", "copy-prompt", show=True),
    _key("d", "fix", "Fix", "Show what a machine would change, as a diff; apply it when you say so", "fix", show=True),
    _key("U", "undo_fix", "Undo fix", "Take back the last fix that was applied here", "undo-fix"),
    _key("e", "edit", "Edit", "Open the line in $VISUAL or $EDITOR", "edit", show=True),
    _key("s", "sign", "Sign", "Sign the readiness file", "sign", show=True),
    _key("V", "review", "Review", "Review this sign-off: somebody else's, as the second person", "review"),
    _key("D", "changes", "Changes", "What changed since the last accepted sign-off", "changes"),
    _key("P", "people", "People", "Your keys, and the people this repository lets sign", "people"),
)

COACH = (
    _key("question_mark", "help", "Help", "Every key, and what the states mean", "help", show=True),
    _key("q", "app.quit", "Quit", "Leave; everything decided is already written down", "quit"),
)

GROUPS = (("Move", MOVE), ("Do", DO), ("The coach", COACH))
"""What the help screen lists. The palette's key, ctrl+p, is Textual's own."""

_MOVES = ("down", "up", "page-down", "page-up", "first", "last", "item-down", "item-up")

REVIEW = (
    (
        "Answer",
        (
            _key("a", "accept", "Accept", "Accept the claim: you would say the same", "review-accept", show=True),
            _key("b", "send_back", "Send back", "Do not accept it: say what has to change", "review-back", show=True),
            _key("c", "countersign", "Countersign", "Approve the file with your key", "review-countersign", show=True),
            _key("t", "tell", "Tell", "Commit what you sent back as remarks to the author", "review-tell"),
        ),
    ),
    (
        "Look",
        (
            _key("n", "next_open", "Next", "The next claim without your answer", "review-next", show=True),
            _key("enter,space", "open", "Open", "Read what is under the cursor in full", "review-open"),
            _key("d", "changes", "Changes", "What changed since the last sign-off", "review-changes", show=True),
            _key("v", "bytes", "Bytes", "The exact bytes that were signed", "review-bytes", show=True),
            _key("r", "again", "Re-run", "Repeat the checks here once more", "review-again"),
        ),
    ),
    ("Move", tuple(each for each in MOVE if each.id in _MOVES)),
    (
        "Leave",
        (
            _key("question_mark", "help", "Help", "Every key, and what the words mean", "review-help", show=True),
            _key("escape", "back", "Back", "Back to the list; from there, leave", "review-escape"),
            _key("q", "leave", "Leave", "Leave; every answer is already written down", "review-leave"),
        ),
    ),
)
"""What the review screen is steered with, by group."""


def _leaving(screen: str) -> tuple[Binding, ...]:
    return (
        _key("question_mark", "help", "Help", "Every key of this screen", f"{screen}-help", show=True),
        _key("escape,q", "leave", "Back", "Back to where you came from", f"{screen}-leave", show=True),
    )


CHANGES = (
    (
        "Look",
        (
            _key("o", "other", "Other", "The last two sign-offs in place of what is here now; and back",
                 "changes-other", show=True),
        ),
    ),
    ("Leave", _leaving("changes")),
)  # fmt: skip
"""What the screen of changes is steered with, by group."""

PEOPLE = (
    (
        "Do",
        (
            _key(
                "y",
                "copy",
                "Copy my line",
                "Copy the line a lead needs to list your key",
                "people-copy",
                show=True,
            ),
            _key(
                "m",
                "make",
                "Make a key",
                "Make a signing key of your own, under a passphrase",
                "people-make",
                show=True,
            ),
            _key("r", "again", "Look again", "Look for keys and people again", "people-again", show=True),
        ),
    ),
    ("Look", (_key("enter,space", "open", "Open", "All about what is under the cursor", "people-open", show=True),)),
    ("Move", tuple(each for each in MOVE if each.id in _MOVES)),
    (
        "Leave",
        (
            _key("question_mark", "help", "Help", "Every key, and what the words mean", "people-help", show=True),
            _key("escape", "back", "Back", "Back to the list; from there, leave", "people-back", show=True),
            _key("q", "leave", "Leave", "Leave this screen", "people-leave"),
        ),
    ),
)
"""What the screen of keys and people is steered with, by group."""

FORM = (
    (
        "In a table",
        (
            _key("space", "confirm", "It is so", "Say that the row is so, or that it is not sure yet",
                 "form-confirm", show=True),
            _key("enter", "fill", "Fill", "Fill in the row under the cursor; on the last line, add one",
                 "form-fill", show=True),
            _key("plus,insert", "add", "Add", "Add a row", "form-add", show=True),
            _key("minus,delete", "remove", "Remove", "Take the row out", "form-remove", show=True),
            _key("j", "down", "Down", "One row down; from the last one, on to the next question", "form-row-down"),
            _key("k", "up", "Up", "One row up; from the first one, back to the question before", "form-row-up"),
            _key("home", "first", "First", "The first row", "form-first"),
            _key("end", "last", "Last", "The last row", "form-last"),
        ),
    ),
    (
        "Everywhere",
        (
            _key("tab", "app.focus_next", "Next", "The next question", "form-next", show=True),
            _key("shift+tab", "app.focus_previous", "Back", "The question before", "form-previous"),
            _key("down", "down", "Down", "Down; from the last line, on to the next question", "form-down"),
            _key("up", "up", "Up", "Up; from the first line, back to the question before", "form-up"),
            _key("pagedown", "page(1)", "Page down", "One page down", "form-page-down"),
            _key("pageup", "page(-1)", "Page up", "One page up", "form-page-up"),
        ),
    ),
    (
        "Leave",
        (
            _key("ctrl+s", "save", "Save", "Save what is there, also when something is missing", "form-save",
                 show=True),
            _key("escape", "leave", "Back", "Back to the list; asks first where something is not saved",
                 "form-leave", show=True),
            _key("f1,question_mark", "help", "Help", "Every key of this screen", "form-help", show=True),
        ),
    ),
)  # fmt: skip
"""What a form is filled in with, by group; letters are letters wherever text is typed."""

SCROLL = (
    _key("down,j", "scroll_down", "Down", "", "scroll-down"),
    _key("up,k", "scroll_up", "Up", "", "scroll-up"),
    _key("pagedown,space", "page_down", "Page down", "", "scroll-page-down"),
    _key("pageup", "page_up", "Page up", "", "scroll-page-up"),
    _key("home", "scroll_home", "Start", "", "scroll-home"),
    _key("end", "scroll_end", "End", "", "scroll-end"),
)

DIALOG = (
    _key("escape", "cancel", "Cancel", "", "dialog-cancel"),
    _key("down", "app.focus_next", "Next field", "", "dialog-next"),
    _key("up", "app.focus_previous", "Field before", "", "dialog-previous"),
)
"""In dialogs. Arrows walk the fields, because the safest button has the focus at first."""

PAGES = (
    _key("j", "text_scroll(1)", "Down", "", "text-down"),
    _key("k", "text_scroll(-1)", "Up", "", "text-up"),
    _key("pagedown", "text_page(1)", "Page down", "", "text-page-down"),
    _key("pageup", "text_page(-1)", "Page up", "", "text-page-up"),
)
"""In a dialog with a long text whose safest button has the focus."""
