"""What a call-out says on the phone, in the language of the person.

First who calls, then the words of the playbook, then the keys. To a machine only that a message
waits: whoever plays it back may be somebody else.
"""

import re
from enum import StrEnum

from calamity.domain.call_out import Answer
from calamity.domain.texts import without_sentences

_CHOICES = r"(?<!\d)[0-9]\s*="
_CLOCK = re.compile(r"(?<![\d.])(\d{1,2})\.(\d{2})(?!\.?\d)")


class Phrase(StrEnum):
    """What we say ourselves in a call."""

    WHO = "who"
    KEYS = "keys"
    NOT_HEARD = "not-heard"
    NO_ANSWER = "no-answer"
    KNOWN = "known"
    ENOUGH = "enough"
    NOT_KEPT = "not-kept"
    MACHINE = "machine"
    COMING = "coming"
    CANNOT = "cannot"
    LATE = "late"


WITHOUT_LANGUAGE = ("nl", "en")
"""In which languages we speak while we cannot look up the person."""

UNDERSTOOD = {
    Answer.COMING: Phrase.COMING,
    Answer.CANNOT: Phrase.CANNOT,
    Answer.LATE: Phrase.LATE,
}
"""What we say once a key was pressed."""

VOICES = {
    "nl": "nl-NL",
    "en": "en-GB",
    "tr": "tr-TR",
    "ar": "ar-XA",
    "pl": "pl-PL",
    "uk": "uk-UA",
}
"""Which voice speaks a language."""

_PHRASES: dict[Phrase, dict[str, str]] = {
    Phrase.WHO: {
        "nl": "Goedendag. Dit is een automatisch telefoontje van de gemeente {municipality}.",
        "en": "Hello. This is an automatic call from the municipality of {municipality}.",
        "tr": "Merhaba. Bu, {municipality} belediyesinin otomatik aramasıdır.",
        "ar": "مرحباً. هذه مكالمة آلية من بلدية {municipality}.",
        "pl": "Dzień dobry. To automatyczny telefon z gminy {municipality}.",
        "uk": "Добрий день. Це автоматичний дзвінок від муніципалітету {municipality}.",
    },
    Phrase.KEYS: {
        "nl": "Kom je? Toets 1. Kun je niet? Toets 2. Kom je later? Toets 3.",
        "en": "Are you coming? Press 1. You cannot come? Press 2. Coming later? Press 3.",
        "tr": "Geliyorsan 1'e bas. Gelemiyorsan 2'ye bas. Daha sonra gelecek misin? 3'e bas.",
        "ar": "إذا كنت قادماً اضغط 1. إذا لم تستطع اضغط 2. إذا كنت ستأتي لاحقاً اضغط 3.",
        "pl": "Przyjdziesz? Naciśnij 1. Nie możesz? Naciśnij 2. Przyjdziesz później? Naciśnij 3.",
        "uk": "Ви прийдете? Натисніть 1. Не можете? Натисніть 2. Прийдете пізніше? Натисніть 3.",
    },
    Phrase.NOT_HEARD: {
        "nl": "We hebben geen 1, 2 of 3 gehoord. We zeggen het nog een keer.",
        "en": "We did not hear 1, 2 or 3. We say it once more.",
        "tr": "1, 2 veya 3 duymadık. Bir kez daha söylüyoruz.",
        "ar": "لم نسمع 1 أو 2 أو 3. نعيد مرة أخرى.",
        "pl": "Nie usłyszeliśmy 1, 2 ani 3. Powtarzamy.",
        "uk": "Ми не почули 1, 2 або 3. Повторюємо.",
    },
    Phrase.NO_ANSWER: {
        "nl": "We hebben geen antwoord gehoord. Je kunt nog antwoorden met een sms, "
        "of bel {phone}. Tot ziens.",
        "en": "We did not hear an answer. You can still answer by text message, "
        "or call {phone}. Goodbye.",
        "tr": "Cevap duymadık. SMS ile cevap verebilir ya da arayabilirsin: {phone}.",
        "ar": "لم نسمع جواباً. يمكنك الرد برسالة نصية أو الاتصال على {phone}.",
        "pl": "Nie usłyszeliśmy odpowiedzi. Możesz odpowiedzieć SMS-em lub zadzwonić: {phone}.",
        "uk": "Ми не почули відповіді. Ви можете відповісти СМС або зателефонувати: {phone}.",
    },
    Phrase.KNOWN: {
        "nl": "We hebben je antwoord al. Dank je wel. Tot ziens.",
        "en": "We have your answer already. Thank you. Goodbye.",
        "tr": "Cevabını zaten aldık. Teşekkürler.",
        "ar": "لدينا جوابك بالفعل. شكراً.",
        "pl": "Mamy już Twoją odpowiedź. Dziękujemy.",
        "uk": "Ми вже маємо вашу відповідь. Дякуємо.",
    },
    Phrase.ENOUGH: {
        "nl": "Er zijn al genoeg mensen. Je hoeft nu niet te komen. Dank je wel.",
        "en": "We have enough people already. You need not come now. Thank you.",
        "tr": "Yeterli kişi var. Şimdi gelmene gerek yok. Teşekkürler.",
        "ar": "لدينا عدد كافٍ. لا حاجة لمجيئك الآن. شكراً.",
        "pl": "Mamy już dość osób. Nie musisz teraz przychodzić. Dziękujemy.",
        "uk": "Людей уже достатньо. Зараз приходити не треба. Дякуємо.",
    },
    Phrase.NOT_KEPT: {
        "nl": "Er ging iets mis bij ons. Antwoord met een sms. Tot ziens.",
        "en": "Something went wrong on our side. Please answer by text message. Goodbye.",
    },
    Phrase.MACHINE: {
        "nl": "Er staat een bericht voor je klaar. Kijk op je telefoon, of bel {phone}.",
        "en": "There is a message for you. Look at your phone, or call {phone}.",
        "tr": "Senin için bir mesaj var. Telefonuna bak ya da ara: {phone}.",
        "ar": "هناك رسالة لك. انظر إلى هاتفك أو اتصل على {phone}.",
        "pl": "Jest dla Ciebie wiadomość. Sprawdź telefon lub zadzwoń: {phone}.",
        "uk": "Для вас є повідомлення. Перевірте телефон або зателефонуйте: {phone}.",
    },
    Phrase.COMING: {
        "nl": "Begrepen: je komt. Dank je wel. Tot ziens.",
        "en": "Understood: you are coming. Thank you. Goodbye.",
        "tr": "Anlaşıldı: geliyorsun. Teşekkürler.",
        "ar": "فهمنا: أنت قادم. شكراً.",
        "pl": "Zrozumiano: przyjdziesz. Dziękujemy.",
        "uk": "Зрозуміло: ви прийдете. Дякуємо.",
    },
    Phrase.CANNOT: {
        "nl": "Begrepen: je kunt niet. We vragen je vervanger. Dank je wel. Tot ziens.",
        "en": "Understood: you cannot come. We ask your deputy. Thank you. Goodbye.",
        "tr": "Anlaşıldı: gelemiyorsun. Yerine bakana soracağız. Teşekkürler.",
        "ar": "فهمنا: لا تستطيع المجيء. سنسأل من ينوب عنك. شكراً.",
        "pl": "Zrozumiano: nie możesz. Zapytamy zastępcę. Dziękujemy.",
        "uk": "Зрозуміло: ви не можете. Ми запитаємо заступника. Дякуємо.",
    },
    Phrase.LATE: {
        "nl": "Begrepen: je komt later. Dank je wel. Tot ziens.",
        "en": "Understood: you will come later. Thank you. Goodbye.",
        "tr": "Anlaşıldı: daha sonra geleceksin. Teşekkürler.",
        "ar": "فهمنا: ستأتي لاحقاً. شكراً.",
        "pl": "Zrozumiano: przyjdziesz później. Dziękujemy.",
        "uk": "Зрозуміло: ви прийдете пізніше. Дякуємо.",
    },
}


def phrase(which: Phrase, language: str, *, municipality: str = "", phone: str = "") -> str:
    """Return what we say, in this language, else in Dutch; a number is said digit by digit."""
    texts = _PHRASES[which]
    words = texts.get(language, texts["nl"])
    digits = " ".join(phone.replace(" ", ""))
    return words.replace("{municipality}", municipality).replace("{phone}", digits)


def as_spoken(template: str) -> str:
    """Return the words of a text as they can be said: without links, and without digits to send."""
    heard = without_sentences(without_choices(template), re.escape("{link}"))
    return " ".join(heard.split())


def without_choices(template: str) -> str:
    """Leave out the sentences that say which digit to send."""
    return without_sentences(template, _CHOICES)


def clock_spoken(words: str) -> str:
    """Write clock times so that a voice says them as times: 14.30 becomes 14:30."""
    return _CLOCK.sub(r"\1:\2", words)
