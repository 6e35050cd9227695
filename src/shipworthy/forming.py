"""The part of a session that opens and saves forms. What it needs is imported when it is asked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from shipworthy.assess.signing import SessionError
from shipworthy.home import home
from shipworthy.model.form_files import FORM_FILES

if TYPE_CHECKING:
    from threading import Event

    from shipworthy.facts.forms import Answers, Form
    from shipworthy.forms import Filled, Saved
    from shipworthy.forms.drafts import Draft


class FormChanged(SessionError):
    """The form's file is not what it was when it was opened."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A form as a person sees it first."""

    form: Form
    filled: Filled
    """The answers, with rows added for what the code names."""
    held: Answers
    """What the file itself says."""
    draft: Draft | None = None
    """What was typed before and never saved, where a kill or a crash came in between."""


class Forming:
    """What `session.Session` can do about forms. Opening and saving wait for the disk, so a screen asks in a thread."""

    root: Path
    _clock: Callable[[], datetime]

    def form_file(self, item: str) -> str:
        """The path of the item's form from the repository's top; "" for an item without a form."""
        return FORM_FILES.get(item, "")

    def form_there(self, item: str) -> bool:
        """Whether the item's form was written, in whatever state."""
        file = self.form_file(item)
        return bool(file) and (self.root / file).is_file()

    def open_form(self, item: str, stop: Event) -> Opened:
        """The item's form, filled from its file and from the code; reading ends early once `stop` is set.

        It reads the repository in another process and waits for it. Raises SessionError, also for a broken file.
        """
        from shipworthy import forms
        from shipworthy.assess.context import state_dir
        from shipworthy.forms import drafts

        form = forms.form_of(item)
        if form is None:
            raise SessionError(f"no form serves {item}", "See which there are: shipworthy form")
        try:
            held = forms.opened(self.root, form)
            filled = forms.prefilled(self.root, form, stop)
            draft = drafts.kept(state_dir(home()), self.root, form, held)
            draft = draft and drafts.continued(form, draft, filled.answers)
            return Opened(form=form, filled=filled, held=held, draft=draft)
        except forms.FormError as error:
            raise SessionError(str(error), error.diagnostics) from error

    def save_form(self, form: Form, answers: Answers, held: Answers | None) -> Saved:
        """Write the answers into the form's file, which must still say what `held` says; None asks no such thing.

        Raises SessionError, FormChanged; then the file is as it was.
        """
        from shipworthy import forms

        try:
            if held is not None and not _says(forms.opened(self.root, form), form, held):
                raise FormChanged(
                    f"{form.file} was changed by somebody else since you opened it",
                    "Look at it before you write over it.",
                )
            return forms.save(self.root, form, answers)
        except forms.FormError as error:
            raise SessionError(str(error), error.diagnostics) from error

    def keep_draft(self, form: Form, answers: Answers, held: Answers) -> bool:
        """Keep what is typed until it is saved or thrown away; whether that could be done. A screen goes on without."""
        from shipworthy.assess.context import state_dir
        from shipworthy.forms import drafts

        try:
            drafts.keep(state_dir(home()), self.root, form, answers, held, self._clock())
        except OSError:
            return False
        return True

    def drop_draft(self, form: Form) -> None:
        """Forget what was typed and not saved."""
        from shipworthy.assess.context import state_dir
        from shipworthy.forms import drafts

        drafts.drop(state_dir(home()), self.root, form)


def _says(now: Answers, form: Form, held: Answers) -> bool:
    """Whether a file that says `now` says what was read from it, or saved into it, before."""
    from shipworthy.forms.words import normal

    return now.same(held) or now.same(normal(form, held))
