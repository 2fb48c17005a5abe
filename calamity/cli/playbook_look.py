"""What a bundle would bring, as `calamity playbooks import` says it."""

from typing import TYPE_CHECKING, Any

from calamity.cli.operator import say
from calamity.cli.playbook_life import change_lines, short_lines

if TYPE_CHECKING:
    from calamity.actions.bundles import Incoming, Look


def say_look(look: "Look") -> None:
    """Print who signed a bundle, and of each playbook what it would bring."""
    from calamity.domain.playbook_life import grouped

    signer = look.signer
    if not signer.fingerprint:
        say("Nobody signed this: it is a document by itself.")
    else:
        trusted = f"trusted as {signer.trusted_as}" if signer.trusted_as else "NOT TRUSTED HERE"
        say(f"Signed in the name of {signer.municipality}: {trusted}.")
        say(f"Fingerprint of the key: {grouped(signer.fingerprint)}")
    for each in look.playbooks:
        _say_incoming(each)
        _say_crossings(each)


def _say_incoming(each: "Incoming") -> None:
    beside = f", beside our version {each.ours}" if each.ours else ""
    say(f"{each.provenance.slug} version {each.provenance.version}: {each.standing}{beside}.")
    _say_approval(each)
    for line in each.short:
        say(f"  - {line.said.nl}")
        say(f"    {line.said.en}")
    for gap in each.gaps:
        count = f" ({gap.held} of {gap.needed})" if gap.needed > 1 else ""
        say(f"  {_LACKING[gap.kind]}: {' '.join((gap.code, gap.name.en)).strip()}{count}.")
    for room in dict.fromkeys(gap.room for gap in each.gaps):
        say(f"  Next: {_BOUND_BY[room]}")


def _say_crossings(each: "Incoming") -> None:
    for crossing in each.crossings:
        say(f"  Look at {crossing.where}: {crossing.en}")
    for fault in each.faults:
        say(f"  To finish: {fault}")


def _say_approval(each: "Incoming") -> None:
    from calamity.domain.playbook_life import grouped

    approved = each.provenance.approved
    if approved is None:
        say("  Approved there: by nobody yet, or nobody says so.")
        return
    office = each.provenance.office or "somebody"
    say(f"  Approved there: {approved.at:%Y-%m-%d}, {office} of {approved.named}.")
    say(f"  Fingerprint of that key: {grouped(each.approved_with)}")


_LACKING = {
    "map": "Not known here yet",
    "role": "Role without people",
    "audience": "Group without people",
    "circle": "Circle without an agreement for these messages",
    "neighbourhood": "Neighbourhood without people",
}
_BOUND_BY = {
    "people": "calamity people import FILE.csv, or the page /people",
    "neighbourhoods": "calamity neighbourhoods import FILE.geojson, or the page /neighbourhoods",
}


def look_shown(look: "Look") -> dict[str, Any]:
    """Return the same as JSON shows it."""
    return {
        "municipality": look.signer.municipality,
        "fingerprint": look.signer.fingerprint,
        "trustedAs": look.signer.trusted_as,
        "playbooks": [
            {
                "slug": each.provenance.slug,
                "version": each.provenance.version,
                "sha256": each.provenance.sha256,
                "standing": each.standing,
                "ours": each.ours,
                "inShort": short_lines(each.short),
                "changes": change_lines(each.changes),
                "approved": each.provenance.approved
                and {
                    "office": each.provenance.office,
                    "municipality": each.provenance.approved.named,
                    "fingerprint": each.approved_with,
                    "at": each.provenance.approved.at,
                },
                "missing": each.gaps,
                "crossings": each.crossings,
                "faults": each.faults,
            }
            for each in look.playbooks
        ],
    }
