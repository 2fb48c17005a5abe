"""What a call-out says in an e-mail, in the language of the person.

The first line is the subject. It says who writes and that there is something to answer; what has
happened stands below it, for a subject is seen by who looks over a shoulder.
"""

from calamity.domain.texts import as_exercise

_SUBJECT = {
    "nl": "Oproep van de gemeente {municipality}",
    "en": "Call-out of the municipality of {municipality}",
    "tr": "{municipality} belediyesinden çağrı",
    "ar": "نداء من بلدية {municipality}",
    "pl": "Wezwanie od gminy {municipality}",
    "uk": "Виклик від муніципалітету {municipality}",
}
_ANSWER = {
    "nl": "Kom je? Geef hier je antwoord, met één tik:",
    "en": "Are you coming? Give your answer here, with one tap:",
    "tr": "Geliyor musun? Cevabını buradan ver:",
    "ar": "هل ستأتي؟ أجب من هنا:",
    "pl": "Czy przyjdziesz? Odpowiedz tutaj:",
    "uk": "Чи прийдете ви? Дайте відповідь тут:",
}
_OWN = {
    "nl": "Deze link is alleen van jou. Stuur deze e-mail niet door.",
    "en": "This link is yours alone. Do not forward this e-mail.",
    "tr": "Bu bağlantı yalnız senin. Bu e-postayı iletme.",
    "ar": "هذا الرابط لك وحدك. لا تُعد إرسال هذه الرسالة.",
    "pl": "Ten link jest tylko dla Ciebie. Nie przesyłaj tej wiadomości dalej.",
    "uk": "Це посилання лише для вас. Не пересилайте цей лист.",
}


def call_out_mail(
    words: str, language: str, *, municipality: str, link: str, is_exercise: bool
) -> str:
    """Return an e-mail, its subject first, with the link of its own by which it is answered."""
    subject, answer, own = (texts.get(language, texts["nl"]) for texts in (_SUBJECT, _ANSWER, _OWN))
    subject = subject.replace("{municipality}", municipality)
    if is_exercise:
        subject = as_exercise(subject)
    return f"{subject}\n\n{words}\n\n{answer}\n{link}\n\n{own}"


def split_mail(text: str) -> tuple[str, str]:
    """Return the subject and the rest of an e-mail."""
    subject, _, rest = text.partition("\n")
    return subject.strip(), rest.strip()
