"""What a text may not say or ask, and what a question must say, per language of the texts."""

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
    who: str
    """How a question goes for a person, a name, a belief or an origin."""


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
        who=r"wie (er )?(heeft|hebben|deed|deden|zei|zeiden|zegt|zeggen|was|waren|is|zijn|zit|"
        r"zitten|zat|zaten|komt|komen|kwam|kwamen|dacht|denkt|vindt|gelooft)|van wie|namen van|"
        r"(noem|geef|meld|stuur|schrijf) (de |alle |hun |uw |je )*namen|hoe heten?|"
        r"waar (kom|komt|komen) .{1,40} vandaan|(wat|waarin) (geloof|gelooft|geloven)|"
        r"(welk|welke) (geloof|godsdienst|afkomst|herkomst|nationaliteit)",
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
        who=r"who (has|have|had|did|does|do|said|says|say|was|were|is|are|came|comes|come|thinks?|"
        r"thought|believes?|believed)|whose|names of|"
        r"(give|send|tell|report|write|name) (us |me )?(the |their |your |all |any )*names|"
        r"what (is|are) (his|her|their|your) names?|"
        r"where (do|does|did|are|is) .{1,40} from|what .{1,20} believes?|"
        r"(what|which) (faith|belief|religion|origin|nationality|background)",
    ),
    "tr": Said(
        belief_or_origin=r"müslüman\w*|islam\w*|yahudi\w*|hristiyan\w*|göçmen\w*|mülteci\w*|"
        r"türk\w*|kürt\w*|suriyeli\w*|fasl[ıi]\w*|din[iî]?|köken\w*",
        cause=r"terör\w*|şüpheli\w*|saldırgan\w*|fail\w*|cihat\w*|aşırıcı\w*|intikam\w*",
        place=r"cami\w*|sinagog\w*|kilise\w*|tapınak\w*",
        voluntary=r"gönüllü|zorunlu değil|isterseniz|mecbur değil",
        no_names=r"(isim|ad) (vermeyin|yazmayın|belirtmeyin)|isimsiz",
        example="Zorunlu değil. İsim yazmayın.",
        who=r"kim(ler)? (yaptı|yaptılar|söyledi|söylediler|dedi|vardı|var|geldi)|kimdi(r|ler)?|"
        r"kimin|(adını|adlarını|isimleri|isimlerini) (yazın|verin|bildirin|gönderin)|"
        r"nereli(ler)?|hangi (inanç|din|köken)\w*",
    ),
    "ar": Said(
        belief_or_origin=r"(ال)?(مسلم|إسلام|يهود|مسيح|مهاجر|لاجئ|مغرب|سوري|فلسطين|إسرائيل)\w*",
        cause=r"(ال)?(إرهاب|مشتبه|جاني|متطرف|انتقام)\w*",
        place=r"(ال)?(مسجد|مساجد|كنيس|كنيسة|معبد)",
        voluntary=r"طوعي\w*|لست ملزم\w*|غير إلزامي|اختياري\w*",
        no_names=r"دون أسماء|بدون أسماء|لا تذكر\w* (أي )?أسماء|لا تكتب\w* (أي )?أسماء",
        example="الجواب طوعي. لا تذكر أسماء.",
        who=r"من (فعل|قال|كان|هو|هم|هي|يقول|قام)|(اذكر|اكتب|أرسل|ارسل)وا? (ال)?أسماء|"
        r"ما (اسم|اسمه|أسماؤهم)|من أين (هو|هم|أتى|جاء)\w*|ما (دين|أصل)\w*",
    ),
    "pl": Said(
        belief_or_origin=r"muzułman\w*|islam\w*|żyd\w*|chrześcija\w*|imigrant\w*|uchodźc\w*|"
        r"maroka\w*|turk\w*|turec\w*|syryj\w*|pochodzeni\w*|religi\w*",
        cause=r"sprawc\w*|podejrzan\w*|terror\w*|ekstremi\w*|zemst\w*",
        place=r"meczet\w*|synagog\w*|kości[oó]ł\w*|świąty\w*",
        voluntary=r"dobrowoln\w*|nie musisz|nieobowiązkow\w*",
        no_names=r"bez nazwisk|bez imion|nie podawaj (imion|nazwisk|żadnych)",
        example="To dobrowolne. Bez nazwisk.",
        who=r"kto (to )?(zrobił|zrobili|powiedział|powiedzieli|mówi|mówił|był|jest|przyszedł|sądzi|"
        r"uważa)|czyj\w*|(podaj|podajcie|napisz|wyślij|zgłoś) (nazwiska|imiona)|jak się nazywa\w*|"
        r"skąd (pochodz\w+|jest|są)|jak\w+ (wyznani\w*|religi\w*|pochodzeni\w*)",
    ),
    "uk": Said(
        belief_or_origin=r"мусульман\w*|іслам\w*|євре\w*|християн\w*|мігрант\w*|біжен\w*|"
        r"походженн\w*|релігі\w*",
        cause=r"злочин\w*|підозрюван\w*|терор\w*|екстремі\w*|помст\w*",
        place=r"мечет\w*|синагог\w*|церк\w*|храм\w*",
        voluntary=r"добровільн\w*|не обов'язков\w*|не зобов'яз\w*|за бажанням",
        no_names=r"без імен|не називайте імен|не пишіть імен",
        example="Це добровільно. Без імен.",
        who=r"хто (це )?(зробив|зробили|сказав|сказали|каже|говорив|був|були|прийшов|думає|вважає)|"
        r"чий|чия|(назвіть|напишіть|надішліть|повідомте) імена|як (його|її|їх) звати|"
        r"звідки (він|вона|вони)|як\w+ (віросповідання|релігі\w*|походження)",
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
_WHO: Final = {language: _whole(said.who) for language, said in SAID.items()}
_SENTENCE: Final = re.compile(r"[^.!?؟\n]+[.!?؟]?")
_QUESTION_MARKS: Final = ("?", "؟")
# A sentence that begins like this asks something without a question mark.
_TELL: Final[dict[Language, re.Pattern[str]]] = {
    "nl": re.compile(
        r"^\W*(meld|vertel|laat( ons)? weten|geef|noem|stuur|schrijf|zeg)\b", re.IGNORECASE
    ),
    "en": re.compile(r"^\W*(report|tell|let us know|give|name|send|write|say)\b", re.IGNORECASE),
    "tr": re.compile(r"(bildirin|yazın|verin|gönderin|söyleyin)\W*$", re.IGNORECASE),
    "ar": re.compile(r"^\W*(اذكر|اكتب|أرسل|ارسل|أخبر)"),
    "pl": re.compile(r"^\W*(podaj|napisz|wyślij|zgłoś|powiedz)", re.IGNORECASE),
    "uk": re.compile(r"^\W*(назвіть|напишіть|надішліть|повідомте|скажіть)", re.IGNORECASE),
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


def asks_who(text: str, language: Language) -> list[str]:
    """Return the words with which the text asks for a person, a name, a belief or an origin.

    What it asks not to do ("give no names", "we do not ask who") is no such question.
    """
    return [
        found[0]
        for sentence in _SENTENCE.findall(text)
        if sentence.rstrip().endswith(_QUESTION_MARKS) or _TELL[language].search(sentence)
        for found in _WHO[language].finditer(sentence)
    ]
