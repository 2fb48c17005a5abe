"""What a text may not say, and what a question must say, in each language that texts can have."""

import re
from typing import Final

from msgspec import Struct

from calamity.domain.playbook import Language

_BELIEF_OR_ORIGIN = (
    "it points at a belief or an origin, and people hear an accusation in it",
    "het wijst naar een geloof of afkomst, en mensen horen er een beschuldiging in",
)
_CAUSE = (
    "it names a cause or a culprit that is seldom certain in the first hours",
    "het noemt een oorzaak of dader die in de eerste uren zelden vaststaat",
)
_PLACE = (
    "it may point out a place that could be threatened",
    "het kan een plek aanwijzen die bedreigd kan worden",
)


class Said(Struct, frozen=True):
    """The words of one language: *voluntary* and *no_names* are each enough to say so."""

    belief_or_origin: str
    cause: str
    place: str
    voluntary: str
    no_names: str
    example: str


SAID: Final[dict[Language, Said]] = {
    "nl": Said(
        belief_or_origin=r"moslims?|islamitische?|islam|jood|joden|joodse?|christen(en)?|"
        r"christelijke?|hindoes?|allochto\w+|migrant(en)?|marokkaan\w*|marokkanen|turken|turkse?|"
        r"syri\w+|israeli\w*|palestijn\w*|asielzoekers?|vluchtelingen?|statushouders?|geloofs\w+|"
        r"afkomst|nationaliteit",
        cause=r"daders?|verdachten?|terrorist\w*|terreur\w*|jihad\w*|extremist\w*|radicaal|"
        r"radicale|wraak",
        place=r"moskee\w*|synagoges?|kerk(en)?|gebedshui\w+|tempels?|azc",
        voluntary=r"vrijwillig|hoeft niet|hoef je niet|niet verplicht",
        no_names=r"geen namen|geen naam|zonder namen",
        example="Het hoeft niet. Noem geen namen.",
    ),
    "en": Said(
        belief_or_origin=r"muslims?|islamic|islam|jews?|jewish|christians?|hindus?|migrants?|"
        r"immigrants?|moroccans?|turks|turkish|syrians?|israelis?|palestinians?|refugees?|"
        r"asylum|religion|religious|ethnic\w*|nationality",
        cause=r"perpetrators?|suspects?|terroris\w+|terror|jihad\w*|extremis\w+|radical|revenge",
        place=r"mosques?|synagogues?|church(es)?|temples?|place of worship|places of worship",
        voluntary=r"voluntary|do not have to|don't have to|need not|up to you|no obligation",
        no_names=r"no names|not name|without names|leave out names",
        example="You do not have to. Please give no names.",
    ),
    "tr": Said(
        belief_or_origin=r"müslüman\w*|islam\w*|yahudi\w*|hristiyan\w*|göçmen\w*|mülteci\w*|"
        r"türk\w*|kürt\w*|suriyeli\w*|fasl[ıi]\w*|din[iî]?|köken\w*",
        cause=r"terör\w*|şüpheli\w*|saldırgan\w*|fail\w*|cihat\w*|aşırıcı\w*|intikam\w*",
        place=r"cami\w*|sinagog\w*|kilise\w*|tapınak\w*",
        voluntary=r"gönüllü|zorunlu değil|isterseniz|mecbur değil",
        no_names=r"(isim|ad) (vermeyin|yazmayın|belirtmeyin)|isimsiz",
        example="Zorunlu değil. İsim yazmayın.",
    ),
    "ar": Said(
        belief_or_origin=r"(ال)?(مسلم|إسلام|يهود|مسيح|مهاجر|لاجئ|مغرب|سوري|فلسطين|إسرائيل)\w*",
        cause=r"(ال)?(إرهاب|مشتبه|جاني|متطرف|انتقام)\w*",
        place=r"(ال)?(مسجد|مساجد|كنيس|كنيسة|معبد)",
        voluntary=r"طوعي\w*|لست ملزم\w*|غير إلزامي|اختياري\w*",
        no_names=r"دون أسماء|بدون أسماء|لا تذكر\w* (أي )?أسماء|لا تكتب\w* (أي )?أسماء",
        example="الجواب طوعي. لا تذكر أسماء.",
    ),
    "pl": Said(
        belief_or_origin=r"muzułman\w*|islam\w*|żyd\w*|chrześcija\w*|imigrant\w*|uchodźc\w*|"
        r"maroka\w*|turk\w*|turec\w*|syryj\w*|pochodzeni\w*|religi\w*",
        cause=r"sprawc\w*|podejrzan\w*|terror\w*|ekstremi\w*|zemst\w*",
        place=r"meczet\w*|synagog\w*|kości[oó]ł\w*|świąty\w*",
        voluntary=r"dobrowoln\w*|nie musisz|nieobowiązkow\w*",
        no_names=r"bez nazwisk|bez imion|nie podawaj (imion|nazwisk|żadnych)",
        example="To dobrowolne. Bez nazwisk.",
    ),
    "uk": Said(
        belief_or_origin=r"мусульман\w*|іслам\w*|євре\w*|християн\w*|мігрант\w*|біжен\w*|"
        r"походженн\w*|релігі\w*",
        cause=r"злочин\w*|підозрюван\w*|терор\w*|екстремі\w*|помст\w*",
        place=r"мечет\w*|синагог\w*|церк\w*|храм\w*",
        voluntary=r"добровільн\w*|не обов'язков\w*|не зобов'яз\w*|за бажанням",
        no_names=r"без імен|не називайте імен|не пишіть імен",
        example="Це добровільно. Без імен.",
    ),
}


def _whole(words: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)(?:{words})(?!\w)", re.IGNORECASE)


_LOADED: Final = {
    language: (
        (_whole(said.belief_or_origin), _BELIEF_OR_ORIGIN),
        (_whole(said.cause), _CAUSE),
        (_whole(said.place), _PLACE),
    )
    for language, said in SAID.items()
}
_VOLUNTARY: Final = {language: _whole(said.voluntary) for language, said in SAID.items()}
_NO_NAMES: Final = {language: _whole(said.no_names) for language, said in SAID.items()}


def loaded_words(text: str, language: Language) -> list[tuple[str, tuple[str, str]]]:
    """Return the words that a text should not say, each with the reason in English and Dutch."""
    return [
        (found[0], reason)
        for pattern, reason in _LOADED[language]
        for found in pattern.finditer(text)
    ]


def says_voluntary(text: str, language: Language) -> bool:
    """Tell whether the text says that nobody has to answer."""
    return _VOLUNTARY[language].search(text) is not None


def says_no_names(text: str, language: Language) -> bool:
    """Tell whether the text says to leave out names."""
    return _NO_NAMES[language].search(text) is not None
