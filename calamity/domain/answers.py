"""The short words with which every inbound text is answered, in the language of the person.

Plain language, one part where it can be, no promise that the service cannot keep.
"""

from enum import StrEnum


class AnswerText(StrEnum):
    """Which words answer an inbound text."""

    COMING = "coming"
    CANNOT = "cannot"
    LATE = "late"
    ENOUGH = "enough"
    CALL_OUT_UNCLEAR = "call-out-unclear"
    MOOD = "mood"
    MOOD_CHANGED = "mood-changed"
    MOOD_UNCLEAR = "mood-unclear"
    KEPT = "kept"
    STOPPED = "stopped"
    STARTED = "started"
    HELP = "help"
    PAUSED = "paused"
    SOMEONE_ELSE = "someone-else"
    ACCESS = "access"
    LATE_ANSWER = "late-answer"
    CODE_MISSING = "code-missing"
    CODE_WRONG = "code-wrong"
    CODES_LOCKED = "codes-locked"


_TEXTS: dict[AnswerText, dict[str, str]] = {
    AnswerText.COMING: {
        "nl": "Genoteerd: je komt. Dank je wel.",
        "en": "Noted: you are coming. Thank you.",
    },
    AnswerText.CANNOT: {
        "nl": "Genoteerd: je kunt niet. We vragen je vervanger. Dank voor je antwoord.",
        "en": "Noted: you cannot come. We ask your deputy. Thank you for answering.",
    },
    AnswerText.LATE: {
        "nl": "Genoteerd: je komt later. Dank je wel.",
        "en": "Noted: you will come later. Thank you.",
    },
    AnswerText.ENOUGH: {
        "nl": "Dank je wel. Er zijn al genoeg mensen. Je hoeft nu niet te komen.",
        "en": "Thank you. We have enough people already. You need not come now.",
    },
    AnswerText.CALL_OUT_UNCLEAR: {
        "nl": "We begrijpen je antwoord niet. Stuur alleen: 1 = ik kom, 2 = ik kan niet, "
        "3 = ik kom later.",
        "en": "We do not understand your answer. Send only: 1 = coming, 2 = cannot, "
        "3 = coming later.",
    },
    AnswerText.MOOD: {
        "nl": "Dank je wel. Je antwoord telt mee. Bellen kan altijd: {phone}. {sender}",
        "en": "Thank you. Your answer counts. You can always call: {phone}. {sender}",
        "tr": "Teşekkürler. Cevabın sayıldı. Her zaman ara: {phone}. {sender}",
        "ar": "شكراً. تم احتساب جوابك. يمكنك الاتصال: {phone}. {sender}",
        "pl": "Dziękujemy. Odpowiedź się liczy. Można dzwonić: {phone}. {sender}",
        "uk": "Дякуємо. Вашу відповідь враховано. Дзвоніть: {phone}. {sender}",
    },
    AnswerText.MOOD_CHANGED: {
        "nl": "Dank je wel. Je nieuwe antwoord telt, het vorige niet meer. {sender}",
        "en": "Thank you. Your new answer counts, the earlier one no longer. {sender}",
        "tr": "Teşekkürler. Yeni cevabın sayılır, önceki değil. {sender}",
        "ar": "شكراً. جوابك الجديد هو المحتسب. {sender}",
        "pl": "Dziękujemy. Liczy się nowa odpowiedź. {sender}",
        "uk": "Дякуємо. Враховано нову відповідь. {sender}",
    },
    AnswerText.MOOD_UNCLEAR: {
        "nl": "Dank je. Alleen {sender} leest dit. Wil je meedoen? Stuur alleen een cijfer: "
        "1 = rustig tot 5 = onveilig, 0 = geen idee.",
        "en": "Thank you. Only {sender} reads this. To take part, send just one digit: "
        "1 = calm to 5 = unsafe, 0 = no idea.",
        "tr": "Teşekkürler. Bunu yalnız {sender} okur. Katılmak için tek rakam gönder: 0-5.",
        "ar": "شكراً. يقرأ هذا {sender} فقط. للمشاركة أرسل رقماً واحداً 0-5.",
        "pl": "Dziękujemy. Czyta to tylko {sender}. Wyślij jedną cyfrę: 0-5.",
        "uk": "Дякуємо. Це читає лише {sender}. Надішліть одну цифру: 0-5.",
    },
    AnswerText.KEPT: {
        "nl": "Dank je. {sender} leest je bericht. Haast? Bel {phone}. Bij gevaar: 112.",
        "en": "Thank you. {sender} reads your message. Urgent? Call {phone}. In danger: 112.",
        "tr": "Teşekkürler. Mesajını {sender} okur. Acilse ara: {phone}. Tehlikede: 112.",
        "ar": "شكراً. {sender} يقرأ رسالتك. للعجلة: {phone}. عند الخطر: 112.",
        "pl": "Dziękujemy. Czyta to {sender}. Pilne? Tel. {phone}. Zagrożenie: 112.",
        "uk": "Дякуємо. Це прочитає {sender}. Терміново? {phone}. Небезпека: 112.",
    },
    AnswerText.STOPPED: {
        "nl": "Je krijgt geen berichten meer van ons. Vergissing? Stuur START of bel {phone}.",
        "en": "You get no more messages from us. A mistake? Send START or call {phone}.",
        "tr": "Artık mesaj almayacaksın. Hata mı? START gönder ya da ara: {phone}.",
        "ar": "لن تصلك رسائل منا بعد الآن. خطأ؟ أرسل START أو اتصل: {phone}.",
        "pl": "Nie wyślemy więcej wiadomości. Pomyłka? START lub {phone}.",
        "uk": "Більше не надсилатимемо. Помилка? START або {phone}.",
    },
    AnswerText.STARTED: {
        "nl": "Je krijgt weer berichten van ons. Stoppen kan altijd: stuur STOP.",
        "en": "You get messages from us again. You can always stop: send STOP.",
        "tr": "Yeniden mesaj alacaksın. Bırakmak için STOP gönder.",
        "ar": "ستصلك رسائلنا من جديد. للإيقاف أرسل STOP.",
        "pl": "Znów wysyłamy wiadomości. Aby przestać: STOP.",
        "uk": "Ми знову надсилаємо повідомлення. Зупинити: STOP.",
    },
    AnswerText.HELP: {
        "nl": "Direct gevaar? Bel 112. Anders: bel {phone}. We hebben je bericht gezien. "
        "Stoppen: stuur STOP.",
        "en": "In danger? Call 112. Otherwise call {phone}. We have seen your message. "
        "To stop: send STOP.",
        "tr": "Tehlikede misin? 112. Değilse {phone}. Bırakmak: STOP.",
        "ar": "خطر مباشر؟ 112. غير ذلك: {phone}. للإيقاف: STOP.",
        "pl": "Zagrożenie? 112. Inaczej: {phone}. Koniec: STOP.",
        "uk": "Небезпека? 112. Інакше: {phone}. Зупинити: STOP.",
    },
    AnswerText.PAUSED: {
        "nl": "Je krijgt tot {date} geen berichten van ons. Eerder weer? Stuur START. "
        "Bellen kan altijd: {phone}.",
        "en": "You get no messages from us until {date}. Sooner? Send START. "
        "You can always call: {phone}.",
        "tr": "{date} tarihine kadar mesaj yok. Daha önce: START. Tel. {phone}.",
        "ar": "لا رسائل منا حتى {date}. للعودة قبل ذلك: START. هاتف {phone}.",
        "pl": "Do {date} nic nie wyślemy. Wcześniej: START. Tel. {phone}.",
        "uk": "До {date} не пишемо. Раніше: START. Тел. {phone}.",
    },
    AnswerText.SOMEONE_ELSE: {
        "nl": "Dank je. We kijken van wie dit nummer is. Geen berichten meer? Stuur STOP. "
        "Vragen? Bel {phone}.",
        "en": "Thank you. We check whose number this is. No more messages? Send STOP. "
        "Questions? Call {phone}.",
        "tr": "Teşekkürler. Numaraya bakıyoruz. Bırakmak: STOP. Tel. {phone}.",
        "ar": "شكراً. سنتحقق من الرقم. للإيقاف: STOP. هاتف {phone}.",
        "pl": "Dziękujemy. Sprawdzimy numer. Koniec: STOP. Tel. {phone}.",
        "uk": "Дякуємо. Перевіримо номер. Зупинити: STOP. Тел. {phone}.",
    },
    AnswerText.ACCESS: {
        "nl": "We hebben je vraag gezien. Binnen een maand laten we zien wat we van je bewaren. "
        "Vragen? Bel {phone}.",
        "en": "We have seen your question. Within a month we show what we keep of you. "
        "Questions? Call {phone}.",
        "tr": "Bir ay içinde sende neyi sakladığımızı gösteririz. {phone}.",
        "ar": "خلال شهر نريك ما نحفظه عنك. هاتف {phone}.",
        "pl": "W ciągu miesiąca pokażemy Twoje dane. Tel. {phone}.",
        "uk": "Протягом місяця покажемо ваші дані. Тел. {phone}.",
    },
    AnswerText.LATE_ANSWER: {
        "nl": "Dank je. Deze vraag is gesloten: je antwoord telt niet meer mee. "
        "Bellen kan: {phone}. Bij gevaar: 112.",
        "en": "Thank you. This question is closed: your answer no longer counts. "
        "You can call: {phone}. In danger: 112.",
        "tr": "Teşekkürler. Soru kapandı, cevap sayılmaz. Tel. {phone}.",
        "ar": "شكراً. أُغلق السؤال ولا يُحتسب الجواب. هاتف {phone}.",
        "pl": "Dziękujemy. Pytanie zamknięte, to już za późno. Tel. {phone}.",
        "uk": "Дякуємо. Питання закрито, відповідь запізно. Тел. {phone}.",
    },
    AnswerText.CODE_MISSING: {
        "nl": "We missen de code. Stuur je antwoord nog eens, met erachter de code uit ons "
        "bericht.",
        "en": "The code is missing. Send your answer again, followed by the code in our message.",
        "tr": "Kod eksik. Cevabı mesajımızdaki kodla yeniden gönder.",
        "ar": "الرمز ناقص. أعد الجواب مع الرمز من رسالتنا.",
        "pl": "Brak kodu. Wyślij odpowiedź ponownie, z kodem z SMS-a.",
        "uk": "Немає коду. Надішліть відповідь ще раз, з кодом.",
    },
    AnswerText.CODE_WRONG: {
        "nl": "Deze code geldt niet of niet meer. Kijk in ons laatste bericht, of bel {phone}.",
        "en": "This code is not valid, or no longer. Look in our last message, or call {phone}.",
        "tr": "Bu kod geçerli değil. Son mesaja bak ya da ara: {phone}.",
        "ar": "هذا الرمز غير صالح. انظر رسالتنا الأخيرة أو اتصل {phone}.",
        "pl": "Kod jest nieważny. Sprawdź ostatni SMS lub zadzwoń: {phone}.",
        "uk": "Код не дійсний. Див. останнє SMS або дзвоніть: {phone}.",
    },
    AnswerText.CODES_LOCKED: {
        "nl": "We kunnen antwoorden met een code nu niet lezen. Een mens kijkt ernaar. "
        "Haast? Bel {phone}.",
        "en": "We cannot read answers with a code now. A person looks at it. Urgent? Call {phone}.",
        "tr": "Şimdi kodlu cevap okuyamıyoruz. Biri bakacak. Acilse: {phone}.",
        "ar": "لا نقرأ الرموز الآن. سينظر موظف. للعجلة: {phone}.",
        "pl": "Kodów teraz nie czytamy. Sprawdzi to człowiek. Tel. {phone}.",
        "uk": "Зараз не читаємо коди. Перевірить людина. Тел. {phone}.",
    },
}


_CODE_WORDS = {
    "nl": "Zet {code} achter je antwoord.",
    "en": "Put {code} after your answer.",
    "tr": "Cevabın sonuna {code} yaz.",
    "ar": "اكتب {code} بعد جوابك.",
    "pl": "Dopisz {code} do odpowiedzi.",
    "uk": "Допишіть {code} до відповіді.",
}


def code_words(language: str, code: str) -> str:
    """Return the line below a question whose answer must carry a code."""
    return _CODE_WORDS.get(language, _CODE_WORDS["nl"]).replace("{code}", code)


def answer_in(which: AnswerText, language: str) -> str:
    """Return the words in this language, else in Dutch.

    They may hold {phone}, {sender} and {date}.
    """
    texts = _TEXTS[which]
    return texts.get(language, texts["nl"])
