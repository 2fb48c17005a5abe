"""The scene of a calamity: what every part of its pages needs to know, read once."""

from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from msgspec import Struct

from calamity.domain.corrections import CORRECTION, LOOP_BACK
from calamity.domain.permissions import Actor
from calamity.domain.playbook import Group, Playbook, Round, Step
from calamity.domain.texts import as_exercise, fill
from calamity.store.calamities import Pinned, get_calamity, list_pinned
from calamity.store.database import Session
from calamity.store.municipalities import get_municipality, neighbourhood_names
from calamity.store.playbooks import PlaybookVersion, versions_at_work
from calamity.store.tables import CalamityRow
from calamity.web.house import House
from calamity.web.language import Language
from calamity.web.pages.frame import PageRequest, house_of, language_of, now
from calamity.web.sentences import N_

_SYSTEM = N_("system")


class Scene(Struct, frozen=True):
    """A calamity with the playbooks at work in it, for one reader at one moment."""

    actor: Actor
    language: Language
    at: datetime
    zone: ZoneInfo
    public_url: str
    municipality: str
    calamity: CalamityRow
    pinned: list[Pinned]
    versions: Mapping[str, PlaybookVersion]
    """By activation id."""
    places: Mapping[str, str]
    """Names of neighbourhoods by code."""
    names: Mapping[str, str]
    """Titles of roles, phases, audiences and neighbourhoods by code."""
    until: datetime | None = None
    """Of an earlier moment: what was written down from here on is not seen."""

    @property
    def playbooks(self) -> list[Playbook]:
        """The playbooks at work, the newest activation first."""
        return [self.versions[each.id].playbook for each in reversed(self.pinned)]

    def step(self, activation_id: str, code: str) -> Step:
        """Return a step of the version to which an activation is pinned."""
        return self.versions[activation_id].playbook.step(code)

    def title(self, code: str) -> str:
        """Return the title of a role, phase or audience; its code where there is none."""
        return self.names.get(code, code)

    def who(self, role: str) -> str:
        """Say in which role something was done: a role of the playbook, or of an account."""
        if role in self.names:
            return self.names[role]
        return self.language.text(role.replace("-", " "))

    def verbatim(self, texts: Mapping[str, str], message_code: str) -> tuple[str, str]:
        """Return (words, language) of a text as it went out, names and numbers left open."""
        spoken = self.language.code if self.language.code in texts else "nl"
        if spoken not in texts:
            spoken = next(iter(texts))
        pinned = self._pinned_with(message_code)
        language = self.language
        values = {
            "municipality": self.municipality,
            "first_name": language.text("[first name]"),
            "sender": language.text("[contact person]"),
            "phone": language.text("[phone number]"),
            "role": language.text("[role]"),
            "neighbourhood": language.text("[neighbourhood]"),
            "link": language.text("[link]"),
            "incident": pinned.inputs.incident_in(spoken) if pinned else "",
            "place": (pinned.inputs.place if pinned else "") or language.text("[place]"),
            "time": language.text("[time]"),
            "date": language.text("[date]"),
            "check_word": language.text("[check word]"),
        }
        if pinned and pinned.inputs.meeting_at and not self._is_of_round(pinned, message_code):
            local = pinned.inputs.meeting_at.astimezone(self.zone)
            values |= {"time": f"{local:%H.%M}", "date": f"{local.day}-{local.month}"}
        words = fill(texts[spoken], values)
        return (as_exercise(words) if self.calamity.is_exercise else words), spoken

    def _is_of_round(self, pinned: Pinned, message_code: str) -> bool:
        """Say whether a text asks in a round: its time is the closing, which differs each time."""
        acts = (step.act for step in self.versions[pinned.id].playbook.steps)
        return any(
            isinstance(act, Round) and message_code in (act.message, act.form) for act in acts
        )

    def _pinned_with(self, message_code: str) -> Pinned | None:
        for each in reversed(self.pinned):
            if any(m.code == message_code for m in self.versions[each.id].playbook.messages):
                return each
        return self.pinned[-1] if self.pinned else None


async def scene_of(request: PageRequest, session: Session, actor: Actor, calamity_id: str) -> Scene:
    """Read the scene of a calamity of the actor's municipality. Raises NotFound."""
    return await scene_for(
        house_of(request), language_of(request), session, actor, calamity_id=calamity_id
    )


async def scene_for(
    house: House, language: Language, session: Session, actor: Actor, *, calamity_id: str
) -> Scene:
    """Read the scene for a reader of this language. Raises NotFound."""
    settings = house.settings
    calamity = await get_calamity(session, actor.municipality_id, calamity_id)
    pinned = await list_pinned(session, calamity_id)
    versions = await versions_at_work(session, calamity_id)
    places = await neighbourhood_names(session, actor.municipality_id)
    return Scene(
        actor=actor,
        language=language,
        at=now(),
        zone=settings.zone,
        public_url=settings.public_url,
        municipality=(await get_municipality(session, actor.municipality_id)).name,
        calamity=calamity,
        pinned=pinned,
        versions=versions,
        places=places,
        names=_names(versions, places, language),
    )


def _names(
    versions: Mapping[str, PlaybookVersion], places: Mapping[str, str], spoken: Language
) -> dict[str, str]:
    language = spoken.code
    names = dict(places) | {
        CORRECTION: spoken.text("who read it before"),
        LOOP_BACK: spoken.text("who answered our questions"),
        Group.RAPID_TEAM.value: spoken.text("rapid team"),
    }
    for version in versions.values():
        playbook = version.playbook
        names |= {each.code: each.title.in_language(language) for each in playbook.audiences}
        names |= {each.code: each.title.in_language(language) for each in playbook.phases}
        names |= {each.code: each.title.in_language(language) for each in playbook.roles}
    return names
