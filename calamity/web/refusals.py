"""What the house says when it refuses, in the language of the reader.

Errors are written in English where they arise. Here stand those that can reach a page; the parts
that differ each time are found again by their place in the sentence.
"""

import re
from functools import cache

from calamity.domain.errors import CalamityError
from calamity.web.file_words import FILE_WORDS
from calamity.web.language import Language
from calamity.web.playbook_refusals import PLAYBOOK_REFUSALS
from calamity.web.sentences import N_

_PART = re.compile(r"%\((\w+)\)s")

REFUSALS = (
    # files on the timeline
    N_("This file is empty. Choose another."),
    N_("This file is too large. Use at most %(most)s MB."),
    N_("This is no file that can be kept here. Choose a PDF, an ODT, a PNG, or a text in UTF-8."),
    N_("There are signs in this text that cannot be read. Save it as plain text in UTF-8."),
    N_("There is too much text in this file. Split it."),
    N_(
        "There is personal data in this file: a number, an address or an account of a person. Take "
        "it out, and choose the file again."
    ),
    N_("This picture has too many pixels. Make it smaller first."),
    N_("This picture is damaged, or was cut off. Save it as PNG again."),
    N_("A picture in this document is damaged. Take it out."),
    N_("This PDF is damaged, or was cut off. Save it again."),
    N_("The properties of this PDF name its writer. Take that out, and save it again."),
    N_("This PDF is locked. Save it without a password or restrictions."),
    N_("There is a program or a form in this PDF. Print it to a new PDF first."),
    N_("There are other files in this PDF. Print it to a new PDF first."),
    N_("What is in this PDF is too large. Print it to a new PDF first."),
    N_("This PDF is packed in a way that cannot be checked. Print it to a new PDF."),
    N_("This document is damaged, or was cut off. Save it as ODT again."),
    N_("There are too many files in this document. Save it as PDF."),
    N_("This is not an ODT. Save the document as ODT or PDF."),
    N_("This document is locked. Save it without a password."),
    N_("There is a program in this document (a macro). Save it without."),
    N_("There is something in this document that cannot be kept. Save as PDF."),
    N_("What is in this document is too large. Make the pictures smaller."),
    N_(
        "There are comments or tracked changes in this document, and they name people. Accept or "
        "delete them first."
    ),
    N_(
        "Only a coordinator, or who keeps the timeline in the rapid team, adds files. Ask one of "
        "them."
    ),
    N_(
        "A file with personal data does not belong on the timeline. Take the data out first, or "
        "keep the file in your own file system and write a line that says where it is."
    ),
    N_("Look through the whole file first, and confirm that."),
    N_("This entry has no file, or it was erased."),
    N_("This file is not what was put here. Make an export now and tell the administrator."),
    # accounts and passwords
    N_("A login is an e-mail address or a short name, without spaces."),
    N_("Give a name of at most 80 characters."),
    N_("Nobody here has this number yet. Import this person first, then make the account."),
    N_("The present password is not right."),
    N_("The new password is the present one. Choose another."),
    N_("You cannot disable your own account. Ask a colleague."),
    N_("This login is taken. Choose another one."),
    N_("This account does not exist."),
    N_("The password needs at least 12 characters. Three or four words are easy to remember."),
    N_("The password is longer than 200 characters. Shorten it."),
    N_("The password must not hold the login. Choose another."),
    N_(
        "This password is among the first that others try. Choose three or four words that do not "
        "belong together."
    ),
    N_(
        "The role %(role)s may not do this (%(permission)s). Ask an administrator for an account "
        "with another role."
    ),
    # signing in with the work account
    N_("Who signs in with the work account has no password here."),
    N_(
        "Your work account is in no group that may use Calamity. Ask your administrator to add it "
        "to one."
    ),
    N_(
        "Your work account is in groups of more than one municipality, and they are kept apart. "
        "Ask your administrator to leave one."
    ),
    N_(
        "Your work account does not say for which municipality you work. Ask your administrator "
        "to look at your groups."
    ),
    N_(
        "Your account here belongs to another municipality. Ask an administrator there to close "
        "it, and one here to make another."
    ),
    N_("Your account here is closed. Ask an administrator."),
    N_("You have no account here yet. Ask an administrator to make one for your work account."),
    N_("Somebody else here signs in with this name. Ask an administrator to look at it."),
    N_("Somebody else came back from the work account. Sign in again."),
    N_("Your work account did not ask for your password again. Try once more."),
    N_("What came back from your work account does not hold. Sign in once more."),
    N_("This sign-in took too long, or began in another browser. Begin again."),
    N_("The sign-in with your work account was not completed."),
    N_(
        "The sign-in of the municipality does not answer. Try again, or use an account with a "
        "password."
    ),
    N_("The provider says something that we do not understand."),
    # second steps, sessions and taken rights
    N_("Give it a name of at most 40 characters."),
    N_("There are eight second steps already. Take one away first."),
    N_("This second step does not exist."),
    N_("Your role needs a second step. Add another one before you take this one away."),
    N_("Recovery codes belong to a second step. Add one first."),
    N_("Second steps of a work account are the provider's. Ask your administrator."),
    N_("Ask a colleague to do this for your own account."),
    N_("Only a person with an account has this."),
    N_("Who has taken rights does not look into those of others."),
    N_("This took too long, or began in another browser. Begin again."),
    N_("You have these rights already."),
    N_("These rights need a second step. Add one to your account first."),
    N_("Say in a sentence why this cannot wait."),
    N_("Use at most 400 characters."),
    N_("This does not exist."),
    N_("Somebody else looks into what you did yourself."),
    # phone numbers
    N_("This is not a phone number. Write it as 06-12345678, or begin with + and a country."),
    N_("Here stands more than one number, or other text. Keep one phone number."),
    N_("No such number exists. Check for a missing or surplus digit, and the country code."),
    N_("This is a landline and cannot get an SMS. Ask for a mobile number."),
    N_(
        "This kind of number (service, pager or internet line) cannot get an SMS reliably. Ask "
        "for a mobile number."
    ),
    # how somebody can be reached
    N_("This person is not here, or is not for you."),
    N_("Somebody else here has this number. Bring in a file when people share a phone."),
    N_("This is not an e-mail address. Write it as naam@gemeente.nl."),
    N_("This is not one word of 3 to 20 letters. Agree on one simple word, such as anker."),
    N_("This word makes every SMS longer. Choose a word without special letters."),
    # facts, rumours, promises, measures
    N_("This does not belong to an entry of this kind."),
    N_("Say to whom this was promised: a circle or a place, without names."),
    N_("Name who keeps this promise."),
    N_("Say before when this is kept."),
    N_("This may be the name of a person. Leave it out, or confirm that it is none."),
    N_("Choose one of the outcomes."),
    N_("Give the reason."),
    N_("Say why this changes: those who read it before will ask."),
    N_("This was ended before; its end is on the timeline."),
    N_("Somebody else changed this meanwhile. Look at the new words first."),
    N_("This entry does not exist, or is not for your role."),
    # officials who want to know more, and what they saw before
    N_("Your earlier question is still open."),
    N_("This request does not exist."),
    N_("This request was answered before."),
    N_("Write the answer."),
    N_("This moment does not exist."),
    N_("Write a day and a time: 2026-11-22T14:05."),
    # own words to an audience, and closing
    N_("Nobody read this in a text, or they were told before."),
    N_("This fact was withdrawn. Do not send it."),
    N_("Write the words in Dutch at least."),
    N_("Fill in what stands as three dots."),
    N_("Choose to whom this goes."),
    N_("Choose the fact that these words tell."),
    N_("People answered our questions. Tell them first what was done with their answers."),
    # the watch
    N_(
        "This calamity is on watch: nobody outside the rapid team hears from us yet. End the "
        "watch first, in the head of the room."
    ),
    N_(
        "This calamity is on watch: we write to nobody first. You can answer when this person "
        "writes to you."
    ),
    N_(
        "This calamity is not on watch: people outside the team may have heard from us. Start "
        "the whole playbook."
    ),
    N_("This calamity is on watch. Let the team stand down, or end the watch first."),
    N_("This calamity is not on watch."),
    N_("Say why the whole playbook starts."),
    N_("Say what you wait for."),
    # the handover of a shift
    N_("Choose one of the roles."),
    N_("Write what the next one must know."),
    N_("Somebody took this over before, or it was handed over anew."),
    N_("You handed this over yourself. Somebody else takes it."),
    N_("A shift passes between people. Sign in with an account of your own."),
    # texts of one's own
    N_(
        "There is a name, a number, an address or a short link in this text. Look again, and "
        "confirm that it may leave."
    ),
    N_("This person asked for a pause. You cannot write now."),
    N_("Say why you write yourself. The contact person reads it."),
    # the calendar of a person
    N_("A calendar belongs to a person. Use a token in the name of an account."),
    N_("This link opens no calendar. Make a new one."),
    # the situation report
    N_("Use at most %(most)s characters under a heading."),
    N_("Write at least one thing that goes well."),
    N_("Here stands the name of a key figure. Say what was heard, not by whom."),
    N_("Here stands a number or an address of a person. Leave it out."),
    N_("Here may stand the name of a person. Leave it out, or confirm that it may stand here."),
    N_("There is no draft yet. Write the report first."),
    N_("Nothing changed since version %(number)s."),
    N_(
        "%(who)s saved this report meanwhile. Look at what it says now, and save again on top of "
        "it."
    ),
    N_("This version of the report does not exist."),
    N_("A report has no such form."),
    N_("This report has no picture: no round had closed."),
    # the studio
    N_("The source cannot be read as it stands. Mend the first fault there."),
    N_("This change cannot be put into the source by itself. Make it in the source."),
    N_("This part does not exist any more. Choose another."),
    N_("Say that you looked at the warnings."),
    N_("A code is letters, digits, - and _, at most 40 together, and begins with a letter."),
    N_("Another part has this code already. Choose another."),
    # playbooks and activations
    N_("The version was not stored. Try again."),
    N_(
        "This version was published before with other words, and a published version never "
        "changes. Save your changes as version %(number)s."
    ),
    N_("Version %(newest)s was published already. Number this one %(number)s."),
    N_("This playbook version does not exist."),
    N_(
        "A signature on this document does not hold: it was changed after it was signed, or "
        "forged. Ask for it again."
    ),
    N_("Whoever wrote or published a version may not approve it. Ask a colleague."),
    N_("This text does not exist, or another municipality took it."),
    N_("The document is not the one that was exported: its fingerprint differs. Ask for it again."),
    N_("There is no such page."),
    N_("There is nothing at this address."),
    N_("There is no such playbook. See which there are: calamity playbooks list."),
    N_(
        "This playbook is published but nobody has approved it. A second person approves it on "
        "its page, or with: calamity playbooks approve."
    ),
    N_("This link does not lead to a calamity of your municipality."),
    N_("%(codes)s: no such neighbourhood. Choose from the list."),
    N_("Set the social level, with a reason, for a new calamity."),
    N_("{%(name)s} is not a placeholder. Use one of: %(known)s."),
    N_("The text needs a value for {%(name)s}. Fill it in."),
    # in a calamity
    N_("This calamity does not exist."),
    N_("This calamity is closed; its timeline can be read and exported."),
    N_("This calamity was closed before."),
    N_("Give the reason for closing."),
    N_("This level runs from 0 to %(highest)s."),
    N_("Give the reason for this level."),
    N_("Give the reason for this phase."),
    N_("This moment is still to come."),
    N_("Choose a visibility that you see yourself."),
    N_("Name the ground for erasing these words."),
    N_("Seals and erasures hold no words of people; they stay."),
    N_("The role %(role)s may not see what %(level)s see."),
    N_("This activation does not exist."),
    N_("This task does not exist."),
    N_("This task is no call-out."),
    N_("This task was started before; its result is on the timeline."),
    N_("This task sends nothing. Do it, then mark it as done."),
    N_("This calamity is closed; its tasks are over."),
    N_("This task was closed before."),
    N_("This task was closed before. It cannot be handed over any more."),
    N_("This task is with that role already. Choose another one."),
    N_("Choose one of the options."),
    N_("Give the reason for this decision."),
    N_("This task was started or closed before."),
    N_("The playbook does not allow this step to be left out."),
    N_("Say why this step is left out."),
    N_("The playbook does not ask all these questions. Answer only those it asks."),
    N_("The playbook proposes level %(level)s. Give the reason for another level."),
    N_("Not every stop condition is met. Say why it is closed all the same."),
    N_("This task has no form. Leave it out."),
    N_("Fill in the form of this task."),
    N_("Write what is going on, as the meeting sees it."),
    N_("Write what the meeting makes of it."),
    N_("Name who does this."),
    N_("Say before when this is done."),
    N_("Write at least one thing that is certain."),
    N_("Name who finds out about this: it hurts people."),
    N_("Write what is done."),
    N_("Say what the risk really is."),
    N_("Say what risk people feel."),
    N_("Say when this ends."),
    N_("This moment has passed. Choose a later one."),
    N_("This card does not exist."),
    N_("Say why all this is still needed."),
    N_("Fill this in."),
    N_("This call-out does not exist."),
    N_("This person is not in the call-out."),
    N_("This post was not set apart, or is gone."),
    N_("This text does not exist."),
    N_("This text does not exist, or is not for you."),
    N_("This round does not exist."),
    N_("This entry does not exist."),
    N_("The text of this entry was erased before."),
    N_("This round is closed. Your next check-in is welcome in the next round."),
    N_("This link does not lead to a check-in. Ask for a new one."),
    N_("This link does not lead to a question. Answer by text message."),
    N_(
        "This text holds personal data. Leave out names, numbers and addresses; in danger call 112."
    ),
    # the house itself
    N_("The post could not be kept. Try again."),
    N_("This municipality does not exist."),
    N_("Somebody did the same at the same moment. Look, then retry."),
    N_("This form is not of your present visit. Open the page again."),
    N_("Choose a file first."),
    N_("This form holds a field that does not belong there. Open the page again."),
    N_("This form cannot be read. Open the page again."),
    N_("Send less at a time."),
    # in the room, the inbox and the check-in form
    N_("Write what you want to say."),
    N_("You sent these very words a moment ago."),
    N_("This person asked us to stop. You cannot write."),
    N_("There is no agreement with this person yet. Call, and make one."),
    N_("This number may not be texted in an exercise."),
    N_("This person had enough messages today. Call instead."),
    N_("This text holds personal data. Leave out names, numbers and addresses."),
    N_("Your account is not tied to a contact person. Ask the administrator to do that."),
    N_("You do not know this key figure."),
    N_("Only the contact person handles texts of a key figure."),
    N_("This call-out is over."),
    N_("No playbook of this calamity has a round for these people."),
    N_("Choose one of the answers."),
    N_("Choose one of the phases."),
    N_("Choose one of the levels."),
    N_("There is no such level."),
    N_("The room has no such part."),
    N_("This page has no such part."),
    N_("Tick the box if this round must close now."),
    N_("This round was closed before."),
    N_("Write the time as 21:30."),
    N_("Line %(n)s corrected this line before. Look at that line first."),
    N_("These words stand there already. Change what is wrong."),
    N_("Use at most %(n)s characters."),
    N_("Tick all three boxes, or change the words."),
    N_("Write what lives in the neighbourhood."),
    N_("You were not asked in this round."),
)


def said(error: CalamityError, language: Language) -> str:
    """Return the message of an error in the reader's language, in English if there is no other."""
    return in_words(error.message, language) or error.message


def in_words(message: str, language: Language) -> str | None:
    """Return a sentence of ours in the reader's language, or None when we have no words for it."""
    for known in _known():
        if found := known[1].fullmatch(message):
            return language.text(known[0], **found.groupdict())
    return None


@cache
def _known() -> tuple[tuple[str, re.Pattern[str]], ...]:
    """Return each sentence with the pattern that recognises it, the plain ones first."""
    plain_first = sorted(
        (*REFUSALS, *PLAYBOOK_REFUSALS, *FILE_WORDS), key=lambda words: len(_PART.findall(words))
    )
    return tuple((words, re.compile(_pattern(words), re.DOTALL)) for words in plain_first)


def _pattern(words: str) -> str:
    pieces = _PART.split(words)
    return "".join(
        f"(?P<{piece}>.+?)" if place % 2 else re.escape(piece) for place, piece in enumerate(pieces)
    )
