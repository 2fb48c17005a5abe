"""What is refused around playbooks, in words that have Dutch beside them."""

from calamity.web.sentences import N_

PLAYBOOK_REFUSALS = (
    # their life
    N_("This version was taken out of use. Submit a new one."),
    N_("Give the reason, in 3 to 500 characters."),
    N_("Version %(number)s was revoked and cannot be used: %(reason)s"),
    N_(
        "Version %(number)s was retired: %(reason)s Use another version, or confirm that you want "
        "this one all the same."
    ),
    N_(
        "The document of this version was changed after it was published. It cannot be used. "
        "Publish it again as a new version, and have the database looked at."
    ),
    N_(
        "The signature of the municipality on this version is missing or forged. It cannot be "
        "used. Publish it again as a new version, and have the database looked at."
    ),
    N_(
        "The signature of who approved this version is missing or forged. It cannot be used. "
        "Publish it again as a new version, and have the database looked at."
    ),
    # drafts
    N_("Use 2 to 60 small letters, digits and hyphens, beginning with a letter."),
    N_("There is a playbook of this name already. Begin from its newest version."),
    N_("There is a block of this name already. Begin from its newest version."),
    N_("The document is larger than 512 KB. Make it shorter."),
    N_("The document is not text in UTF-8. Save it as such."),
    N_("This draft was submitted. Begin a new draft from the version."),
    N_(
        "%(name)s saved this draft at %(when)s, as revision %(revision)s. Look at what changed, "
        "and save again on top of it."
    ),
    N_("This draft does not exist any more."),
    # keys
    N_("Give the name of the municipality, of at most 120 characters."),
    N_("This key is trusted already."),
    N_("This key is not in the list."),
    N_("A fingerprint has 64 digits and letters a to f, in groups of four or not."),
    # handing over and taking over
    N_("No playbook is in use yet, so there is nothing to hand over."),
    N_("%(slug)s: this version was revoked. It is not handed over."),
    N_("Nothing came in under this name."),
    N_(
        "Nobody here trusts the key that signed this bundle, in the name of %(name)s. Phone that "
        "municipality, compare the fingerprint, and have an administrator add it; or confirm that "
        "you want the bundle all the same."
    ),
    N_("There is no version here to compare with. Import it anew."),
    N_("This came in with faults, as a draft to finish. Finish the draft."),
    N_("%(parts)s: does not differ, or not any more."),
    N_("Choose between ours and theirs for: %(parts)s."),
    # a bundle that is not to be trusted
    N_("This file is larger than 4 MB. A bundle is smaller: ask for it again."),
    N_("This file is damaged, or was cut off. Ask for it again."),
    N_("This is not a bundle of playbooks. Choose a file that ends in .calamity.zip."),
    N_("There are too many files in this bundle. Ask for it again."),
    N_("There is a link or a folder in this bundle, where only files belong."),
    N_("There is a file in this bundle that does not belong there."),
    N_("There is a file in this bundle twice. Ask for it again."),
    N_("This bundle is locked or packed in an unknown way. Ask for it again."),
    N_("What is in this bundle is too large. Ask for it again."),
    N_("There is a playbook in this bundle twice. Ask for it again."),
    N_("This is a zip, but not a bundle of playbooks: its list is missing."),
    N_("The list of this bundle cannot be read. It is damaged, or of a later release."),
    N_(
        "The signature on this bundle is forged, or the bundle was changed on its way. Ask the "
        "municipality itself for it."
    ),
    N_("The files in this bundle are not those on its list. Ask for it again."),
    N_(
        "A file in this bundle was changed after it was signed. Ask the municipality itself for it."
    ),
    N_("A playbook on the list of this bundle is not in it. Ask for it again."),
    N_("The playbook %(slug)s is larger than 512 KB."),
    N_("The playbook %(slug)s has faults. %(faults)s"),
    N_("The playbook %(slug)s is not the one that was signed."),
    N_("A signature on the playbook %(slug)s is forged. Ask the municipality itself for it."),
)
