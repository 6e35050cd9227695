"""Signing in the line mode: what it covers, the key and its passphrase, the commit, and how to verify."""

from __future__ import annotations

from typing import TYPE_CHECKING

from shipworthy.assess.signing import SessionError, Signed, SigningPlan
from shipworthy.coaching.refusals import why_not_sign
from shipworthy.coaching.signing import Row, covered, signed_words, terms
from shipworthy.plain.talk import Choice, Unseen
from shipworthy.text import plural, visible

if TYPE_CHECKING:
    from shipworthy.plain.conversation import Conversation

_NOT_SIGNED = "Nothing was signed."


def sign(here: Conversation) -> None:
    """Examine afresh, show what would be signed, and sign it after a yes."""
    from shipworthy.signing import NoKey

    if words := why_not_sign(here.known):
        here.talk.say(words)
        return
    while True:
        here.talk.say("Examining everything once more, without what was kept from before.")
        try:
            plan = here.session.signing()
            break
        except NoKey as error:
            if not _made_key(here, error):
                return
        except SessionError as error:
            here.problem("This cannot be signed yet", error)
            return
    _say_plan(here, plan)
    if _agrees(here, plan) and (signed := _signed(here, plan)) is not None:
        _commit(here, signed)
    here.look()


def _say_plan(here: Conversation, plan: SigningPlan) -> None:
    talk = here.talk
    settled = sum(each.settled for each in plan.assessment.required)
    talk.say("", f"READY TO SIGN. {settled} of {len(plan.assessment.required)} settled.")
    talk.say("You sign: what was checked, what you said, and this tree. Nothing else.")
    name = ""
    for row in (*covered(plan, here.session.today), *terms(plan)):
        name = row.name or name
        talk.say(_words(row, name))


def _words(row: Row, name: str) -> str:
    """One row as a sentence; a row without a name takes that of the row before."""
    number = "" if row.number is None else f" {row.number}"
    said = ", ".join(visible(each.replace("  ", ", "), 400) for each in (row.text, row.aside) if each)
    if row.number == 0:
        return f"{name}: none."
    return f"{name}{number}: {said}."


def _agrees(here: Conversation, plan: SigningPlan) -> bool:
    answers = (Choice("no", "no"), Choice("yes", "yes, sign"), Choice("v", "show the exact bytes"))
    while True:
        answer = here.talk.choose(f"This writes {plural(len(plan.files), 'file')} below .shipworthy. Sign?", answers)
        if answer == "no":
            here.talk.say(_NOT_SIGNED)
        if answer != "v":
            return answer == "yes"
        here.talk.say(f"{plural(len(plan.payload), 'byte')}:")
        here.talk.quote(*plan.payload.decode("utf-8", "surrogateescape").splitlines())


def _signed(here: Conversation, plan: SigningPlan) -> Signed | None:
    """Sign, asking for the passphrase again where it does not fit; None where the person stops or nothing helps."""
    while True:
        passphrase = None
        if plan.needs_passphrase:
            passphrase = _passphrase(here, "Passphrase of this key")
            if not passphrase:
                here.talk.say(_NOT_SIGNED)
                return None
        here.talk.say("Signing. If your key has a button, touch it now.")
        try:
            return here.session.sign(plan, passphrase)
        except SessionError as error:
            here.problem("It was not signed", error)
            if not plan.needs_passphrase:
                return None


def _passphrase(here: Conversation, question: str) -> str:
    try:
        return here.talk.passphrase(question)
    except Unseen:
        here.talk.say("A passphrase cannot be typed unseen in this terminal, so none is asked for.")
        return ""


def _commit(here: Conversation, signed: Signed) -> None:
    talk = here.talk
    talk.say(f"Signed. Wrote {', '.join(visible(each, 200) for each in signed.files)}.")
    talk.say("The signature holds for this tree only. The commit would be exactly this:")
    talk.quote(signed.commit_command)
    made = ""
    if talk.agrees("This makes that commit. Commit it now?"):
        try:
            made = here.session.commit(signed)
            talk.say(f"Committed as {made[:12]}.")
        except SessionError as error:
            here.problem("It was not committed", error)
    here.signed = signed_words(signed, made)
    if not made:
        talk.say("Nothing was committed. Commit it yourself, or it counts for nothing.")
    talk.say("Before a deploy, this command decides; exit 0 means ready:")
    talk.quote(f"shipworthy verify --trust {signed.fingerprint}")


def _made_key(here: Conversation, error: SessionError) -> bool:
    """Offer to make a key; True once there is one."""
    talk = here.talk
    talk.say("No key to sign with.")
    here.problem("Looked for one", error)
    talk.say("shipworthy can make an Ed25519 key of yours, kept under a passphrase.")
    if not talk.agrees("This writes a key file in your home folder. Make one?"):
        talk.say(_NOT_SIGNED)
        return False
    while True:
        first = _passphrase(here, "Passphrase for the new key")
        if not first:
            talk.say("No key was made.")
            return False
        if _passphrase(here, "Once more") != first:
            talk.say("The two differ. Type both again.")
            continue
        talk.say("Making the key. This takes a moment on purpose.")
        try:
            fingerprint = here.session.make_key(first)
            break
        except SessionError as problem:
            here.problem("No key was made", problem)
    talk.say(f"Made key {fingerprint}.")
    if talk.agrees("Keep the passphrase in your desktop's keyring, so that signing asks no more?"):
        try:
            here.session.keep_passphrase(fingerprint, first)
            talk.say("Kept.")
        except SessionError as problem:
            here.problem("The key is made, and asks each time", problem)
    return True
