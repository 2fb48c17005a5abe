"""What a carrier's error codes mean for a coordinator, in plain Dutch and English.

The carrier may change its codes without notice: they explain, they do not decide. An unknown code
is an ordinary failure.
"""

from enum import StrEnum

from msgspec import Struct

from calamity.gateways.smpp_codes import ALIKE


class Trouble(StrEnum):
    """Where the cause of a failed text lies, and so who can do something about it."""

    CONTACT = "contact"
    """The number of this person."""
    OPTED_OUT = "opted-out"
    """The person asked for no more texts."""
    BLOCKED = "blocked"
    """Somebody between us and the phone stops the text."""
    TRANSIENT = "transient"
    """It may pass by itself."""
    CAPACITY = "capacity"
    """More texts than the carrier can take at once."""
    EXPIRED = "expired"
    """It took too long, and the text was no longer to be sent."""
    CONFIG = "config"
    """The carrier's account or our settings: the administrator."""
    BUG = "bug"
    """Calamity itself: the makers."""
    UNKNOWN = "unknown"
    """Nobody says why."""


class NextChannel(StrEnum):
    """How to reach this person after all."""

    VOICE = "voice"
    """Call: this number takes no text, or not in time."""
    E_MAIL = "e-mail"
    """The number itself is wrong: write, and ask for the right one."""
    TEXT_LATER = "text-later"
    """It is tried again by itself; call whom you need now."""
    OTHER_WORDS = "other-words"
    """The same text in other words may pass."""
    OTHER_ROUTE = "other-route"
    """No text of ours leaves this way: every other way, until someone has mended it."""


_NEXT = {
    Trouble.CONTACT: NextChannel.VOICE,
    Trouble.OPTED_OUT: NextChannel.VOICE,
    Trouble.BLOCKED: NextChannel.VOICE,
    Trouble.TRANSIENT: NextChannel.VOICE,
    Trouble.CAPACITY: NextChannel.TEXT_LATER,
    Trouble.EXPIRED: NextChannel.OTHER_WORDS,
    Trouble.CONFIG: NextChannel.OTHER_ROUTE,
    Trouble.BUG: NextChannel.VOICE,
    Trouble.UNKNOWN: NextChannel.VOICE,
}


class CodeMeaning(Struct, frozen=True, forbid_unknown_fields=True):
    """What a code means; *retry* tells whether sending again may help with nobody acting first.

    *instead* is how to reach this person, where it is not what usually follows from the kind.
    """

    kind: Trouble
    retry: bool
    nl: str
    en: str
    instead: NextChannel | None = None

    @property
    def next_channel(self) -> NextChannel:
        """How to reach this person after all."""
        return self.instead or _NEXT[self.kind]

    @property
    def stops_everyone(self) -> bool:
        """Whether no text at all can leave until someone has mended it."""
        return self.kind is Trouble.CONFIG and self.next_channel is NextChannel.OTHER_ROUTE


_NOT_A_NUMBER = CodeMeaning(
    Trouble.CONTACT,
    False,
    "Dit telefoonnummer klopt niet. Bel of mail deze persoon en verbeter het nummer.",
    "This phone number is wrong. Call or e-mail this person, and correct the number.",
    NextChannel.E_MAIL,
)
_NO_MOBILE = CodeMeaning(
    Trouble.CONTACT,
    False,
    "Dit nummer kan geen sms ontvangen, bijvoorbeeld omdat het een vaste lijn is. Bel deze "
    "persoon.",
    "This number cannot receive texts, for instance because it is a landline. Call this person.",
)
_NO_ADDRESS = CodeMeaning(
    Trouble.CONTACT,
    False,
    "Dit e-mailadres bestaat niet of neemt geen post aan. Bel deze persoon en verbeter het adres.",
    "This e-mail address does not exist, or takes no mail. Call this person, and correct the "
    "address.",
)
_OUR_SENDER = CodeMeaning(
    Trouble.CONFIG,
    False,
    "De afzender van onze sms'jes is niet goed ingesteld. Bel de beheerder; tot die tijd gaan er "
    "geen sms'jes uit.",
    "The sender of our texts is not set up well. Call the administrator; until then no texts "
    "leave.",
)
_OUR_CALLER = CodeMeaning(
    Trouble.CONFIG,
    False,
    "Het nummer waarmee wij bellen is niet goed ingesteld. Bel de mensen zelf en meld het aan de "
    "beheerder.",
    "The number from which we phone is not set up well. Call people yourself, and tell the "
    "administrator.",
    NextChannel.VOICE,
)
_OUR_SERVICE = CodeMeaning(
    Trouble.CONFIG,
    False,
    "De berichtendienst bij de provider ontbreekt of is leeg. Bel de beheerder.",
    "The messaging service at the carrier is missing or empty. Call the administrator.",
)
_OUR_REGION = CodeMeaning(
    Trouble.CONFIG,
    False,
    "De provider biedt dit niet aan in de regio die wij gebruiken. Bel de beheerder.",
    "The carrier does not offer this in the region that we use. Call the administrator.",
)
_OUR_ACCESS = CodeMeaning(
    Trouble.CONFIG,
    False,
    "De provider laat ons niet binnen: de sleutels kloppen niet. Bel nu de beheerder; er gaat "
    "geen enkele sms uit.",
    "The carrier does not let us in: the credentials are wrong. Call the administrator now; not "
    "a single text leaves.",
)
_SUSPENDED = CodeMeaning(
    Trouble.CONFIG,
    False,
    "De provider heeft ons account stilgezet. Bel nu de beheerder en bereik mensen op een andere "
    "manier.",
    "The carrier has suspended our account. Call the administrator now, and reach people another "
    "way.",
)
_OUR_FAULT = CodeMeaning(
    Trouble.BUG,
    False,
    "Calamity maakte een sms die de provider niet aanneemt. Bereik deze persoon op een andere "
    "manier en meld het aan de beheerder.",
    "Calamity made a text that the carrier does not take. Reach this person another way, and tell "
    "the administrator.",
)
_CARRIER_BUSY = CodeMeaning(
    Trouble.CAPACITY,
    True,
    "De provider heeft het druk. Het bericht wordt vanzelf opnieuw geprobeerd.",
    "The carrier is busy. The message is tried again by itself.",
)
_QUEUE_FULL = CodeMeaning(
    Trouble.CAPACITY,
    True,
    "De wachtrij bij de provider is vol. Bel eerst de mensen die je het hardst nodig hebt.",
    "The carrier's queue is full. First call the people whom you need most.",
)
_CARRIER_DOWN = CodeMeaning(
    Trouble.TRANSIENT,
    True,
    "Er is een storing bij de provider. Bel de mensen die je nu nodig hebt.",
    "The carrier has a fault. Call the people whom you need now.",
)
_FILTERED = CodeMeaning(
    Trouble.BLOCKED,
    False,
    "Het bericht is onderweg tegengehouden als ongewenst. Bel deze persoon, of stuur het in "
    "andere woorden.",
    "The message was held back on its way as unwanted. Call this person, or send it in other "
    "words.",
    NextChannel.OTHER_WORDS,
)
_OUR_ANSWER = CodeMeaning(
    Trouble.BUG,
    False,
    "Calamity gaf de provider een antwoord dat die niet begrijpt. Meld het aan de beheerder.",
    "Calamity gave the carrier an answer that it does not understand. Tell the administrator.",
)
_NO_APP = CodeMeaning(
    Trouble.CONTACT,
    False,
    "Deze persoon is niet via de berichtenapp te bereiken. Stuur een sms, of bel.",
    "This person cannot be reached in the messaging app. Send a text, or call.",
    NextChannel.OTHER_ROUTE,
)
_UNKNOWN = CodeMeaning(
    Trouble.UNKNOWN,
    True,
    "Het bericht kwam niet aan en de provider zegt niet waarom. Bel deze persoon.",
    "The message did not arrive, and the carrier does not say why. Call this person.",
)

CODES: dict[int, CodeMeaning] = {
    0: _OUR_FAULT,
    401: _OUR_ACCESS,
    403: _OUR_ACCESS,
    429: _CARRIER_BUSY,
    550: _NO_ADDRESS,
    551: _NO_ADDRESS,
    553: _NO_ADDRESS,
    11200: CodeMeaning(
        Trouble.CONFIG,
        False,
        "De provider kan ons niet bereiken: antwoorden en ontvangstbewijzen komen niet binnen. "
        "Bel de beheerder.",
        "The carrier cannot reach us: replies and receipts do not come in. Call the administrator.",
    ),
    12100: _OUR_ANSWER,
    12300: _OUR_ANSWER,
    13803: _OUR_REGION,
    14107: CodeMeaning(
        Trouble.TRANSIENT,
        True,
        "Er gingen te veel berichten heen en weer met dit nummer. Over een halve minuut kan het "
        "weer.",
        "Too many messages went back and forth with this number. In half a minute it works again.",
    ),
    14109: _OUR_ANSWER,
    20003: _OUR_ACCESS,
    20005: _SUSPENDED,
    20404: CodeMeaning(
        Trouble.CONFIG,
        False,
        "De provider kent ons account niet. Bel nu de beheerder; er gaat geen enkele sms uit.",
        "The carrier does not know our account. Call the administrator now; not a single text "
        "leaves.",
    ),
    20429: _CARRIER_BUSY,
    20500: _CARRIER_DOWN,
    20503: _CARRIER_DOWN,
    21205: _OUR_FAULT,
    21210: _OUR_CALLER,
    21211: _NOT_A_NUMBER,
    21212: _OUR_SENDER,
    21215: CodeMeaning(
        Trouble.CONFIG,
        False,
        "Bellen naar het land van dit nummer staat uit. Bel deze persoon zelf en vraag de "
        "beheerder om het land aan te zetten.",
        "Calls to the country of this number are off. Call this person yourself, and ask the "
        "administrator to switch the country on.",
        NextChannel.VOICE,
    ),
    21266: CodeMeaning(
        Trouble.CONTACT,
        False,
        "Dit is ons eigen nummer. Vul het nummer van de persoon zelf in.",
        "This is our own number. Fill in the number of the person.",
    ),
    21408: CodeMeaning(
        Trouble.CONFIG,
        False,
        "Sms naar het land van dit nummer staat uit. Bel deze persoon en vraag de beheerder om "
        "het land aan te zetten.",
        "Texts to the country of this number are off. Call this person, and ask the administrator "
        "to switch the country on.",
        NextChannel.VOICE,
    ),
    21601: _OUR_SENDER,
    21602: _OUR_FAULT,
    21603: _OUR_SENDER,
    21604: _OUR_FAULT,
    21606: _OUR_SENDER,
    21609: CodeMeaning(
        Trouble.CONFIG,
        False,
        "Ons eigen webadres is voor de provider niet bruikbaar. Bel de beheerder.",
        "The carrier cannot use our own web address. Call the administrator.",
    ),
    21610: CodeMeaning(
        Trouble.OPTED_OUT,
        False,
        "Deze persoon heeft STOP gestuurd en krijgt geen sms meer. Bel deze persoon, en alleen "
        "als het echt nodig is.",
        "This person has texted STOP and gets no more texts. Call this person, and only when it "
        "is really needed.",
    ),
    21611: _QUEUE_FULL,
    21612: CodeMeaning(
        Trouble.CONTACT,
        False,
        "Vanaf ons nummer is dit nummer niet te bereiken. Bel deze persoon.",
        "This number cannot be reached from ours. Call this person.",
    ),
    21614: _NO_MOBILE,
    21617: CodeMeaning(
        Trouble.BUG,
        False,
        "De tekst is te lang voor een sms. Maak de tekst korter dan 1600 tekens.",
        "The text is too long. Make it shorter than 1600 characters.",
    ),
    21624: _OUR_FAULT,
    21659: _OUR_SENDER,
    21660: _OUR_SENDER,
    21663: _OUR_REGION,
    21670: _OUR_REGION,
    21701: _OUR_SERVICE,
    21702: _OUR_SERVICE,
    21703: _OUR_SERVICE,
    21704: _OUR_SERVICE,
    21705: _OUR_SERVICE,
    30001: _QUEUE_FULL,
    30002: _SUSPENDED,
    30003: CodeMeaning(
        Trouble.TRANSIENT,
        True,
        "De telefoon staat uit of heeft geen bereik. Probeer nu een andere manier, en later weer "
        "een sms.",
        "The phone is off or has no coverage. Try another way now, and a text again later.",
    ),
    30004: CodeMeaning(
        Trouble.BLOCKED,
        False,
        "Deze telefoon of dit abonnement weigert onze berichten. Bel deze persoon.",
        "This phone or this subscription refuses our messages. Call this person.",
    ),
    30005: CodeMeaning(
        Trouble.CONTACT,
        False,
        "Dit nummer is niet meer in gebruik. Bel of mail deze persoon en verbeter het nummer.",
        "This number is no longer in use. Call or e-mail this person, and correct the number.",
        NextChannel.E_MAIL,
    ),
    30006: _NO_MOBILE,
    30007: _FILTERED,
    30008: _UNKNOWN,
    30017: CodeMeaning(
        Trouble.CAPACITY,
        True,
        "Het mobiele netwerk is overbelast. Probeer een andere manier; sms'jes komen later of "
        "niet aan.",
        "The mobile network is overloaded. Try another way; texts arrive late or not at all.",
    ),
    30034: _OUR_SENDER,
    30036: CodeMeaning(
        Trouble.EXPIRED,
        False,
        "Het bericht bleef te lang liggen en is niet meer verstuurd. Stuur het alleen opnieuw als "
        "het nog klopt.",
        "The message waited too long and was not sent. Send it again only if it still holds.",
    ),
    30042: _OUR_SENDER,
    30410: CodeMeaning(
        Trouble.TRANSIENT,
        True,
        "De provider kreeg op tijd geen antwoord van het netwerk. Misschien is het bericht toch "
        "aangekomen.",
        "The carrier got no answer from the network in time. The message may have arrived all "
        "the same.",
    ),
    30450: CodeMeaning(
        Trouble.BLOCKED,
        False,
        "De provider ziet dit bericht ten onrechte als misbruik. Bel deze persoon en vraag de "
        "beheerder om het nummer vrij te geven.",
        "The carrier wrongly takes this message for abuse. Call this person, and ask the "
        "administrator to clear the number.",
    ),
    30700: _OUR_REGION,
    35114: _OUR_FAULT,
    35118: _OUR_FAULT,
    57012: CodeMeaning(
        Trouble.CONFIG,
        False,
        "Wij geloven de provider niet: de handtekening klopt niet. Antwoorden komen niet binnen. "
        "Bel de beheerder.",
        "We do not believe the carrier: the signature is wrong. Replies do not come in. Call the "
        "administrator.",
    ),
    63003: _NO_APP,
    63016: _NO_APP,
    63018: _CARRIER_BUSY,
    63024: _NO_APP,
    63032: _NO_APP,
}
"""By the carrier's code, or by HTTP status where it gave none; 0 is a text we could not encode."""
CODES |= {code: CODES[like] for code, like in ALIKE.items()}


def meaning_of(code: int | None) -> CodeMeaning:
    """Return what a code means; one that is not known is an ordinary failure."""
    return _UNKNOWN if code is None else CODES.get(code, _UNKNOWN)
