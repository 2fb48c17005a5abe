"""The table of the grammar: which words mean what, in every language of the network."""

from calamity.domain.replies.readings import (
    Access,
    AutoReply,
    CallMe,
    Help,
    InWords,
    No,
    Reading,
    SomeoneElse,
    Start,
    Stop,
    Yes,
)

# The whole message, apart from case, accents, spaces and end marks. Carriers act on the control
# words by themselves, hence they stand here too. Not here: "ok" and a thumb, which only say "seen".
TABLE: tuple[tuple[Reading, str], ...] = (
    (
        Stop(),
        """stop, stopall, stoppen, stopzetten, afmelden, uitschrijven, unsubscribe, end, quit,
        cancel, revoke, optout, opt out, durdur, iptal, abonelikten çık, توقف, ايقاف, إلغاء,
        koniec, rezygnuję, wypisz, стоп, зупинити, відписатися""",
    ),
    (
        Start(),
        """start, unstop, aanmelden, inschrijven, subscribe, başla, başlat, ابدأ, اشتراك, zapisz,
        старт, почати, підписатися""",
    ),
    (
        Help(),
        """help, help help, help me, help mij, help ons, help us, help aub, help please,
        please help, hulp, hulp nodig, hulp aub, ik heb hulp nodig, we hebben hulp nodig,
        wij hebben hulp nodig, i need help, we need help, bel 112, call 112, info, sos, 112,
        noodgeval, emergency, yardım, yardım edin, bana yardım edin, imdat, bilgi, مساعدة, ساعدوني,
        ساعدني, النجدة, معلومات, pomoc, pomocy, pomóż mi, pomóżcie, ratunku, допомога, допоможіть,
        допоможіть мені, інфо""",
    ),
    (
        CallMe(),
        """bel, bel me, bel mij, bel me terug, bel mij terug, bel terug, bel me aub, bel mij aub,
        terugbellen, bellen, call, call me, call me back, please call, please call me, ara,
        ara beni, beni ara, beni arayın, اتصل, اتصل بي, اتصلوا بي, zadzwoń, zadzwoń do mnie,
        proszę zadzwonić, подзвони, подзвоніть, подзвоніть мені, зателефонуйте,
        зателефонуйте мені""",
    ),
    (
        SomeoneElse(),
        """ander, iemand anders, een ander, ander nummer, ander persoon, verkeerd nummer,
        verkeerde persoon, dit is niet mijn nummer, someone else, somebody else, wrong number,
        wrong person, other, başka, başkası, yanlış numara, شخص آخر, رقم خاطئ, رقم غلط, inny,
        inna osoba, zły numer, інший, інша людина, не той номер""",
    ),
    (
        Access(),
        """inzage, mijn gegevens, inzage gegevens, inzage in mijn gegevens, access, my data,
        verilerim, bilgilerim, بياناتي, معلوماتي, moje dane, dostęp do danych, мої дані,
        доступ до даних""",
    ),
    (
        InWords(1),
        """ik kom, kom, ik kom eraan, ik kom er aan, kom eraan, ik kom nu, ik kom direct, onderweg,
        ik ben onderweg, ik ben er, ja ik kom, ja ik kom eraan, coming, i'm coming, i am coming,
        i come, on my way, i'm on my way, i will come, i'll come, yes i'm coming,
        yes i am coming""",
    ),
    (
        InWords(2),
        """kan niet, ik kan niet, ik kan niet komen, kan niet komen, ik kan vandaag niet,
        ik kom niet, kom niet, lukt niet, het lukt niet, lukt me niet, het lukt me niet, verhinderd,
        ik ben verhinderd, nee ik kan niet, nee ik kom niet, cannot, can not, i cannot, can't,
        i can't, i can't come, i cannot come, can't come, can't make it, i can't make it,
        i'm not coming, not coming, unable, i am unable to come, no i can't""",
    ),
    (
        InWords(3),
        """later, kom later, ik kom later, ik kom iets later, iets later, ik ben later,
        ik kan later, kan later, ik kom wat later, coming later, i'm coming later, i'll come later,
        i'll be late, i will be late, running late, late""",
    ),
    (
        Yes(),
        """ja, jaa, jaaa, ja ja, jazeker, jawel, ja hoor, ja graag, ja prima, ja is goed,
        ja dat is goed, ja dat mag, ja natuurlijk, ja akkoord, akkoord, yes, yes please, yeah, yep,
        yes of course, evet, evet lütfen, evet olur, نعم, نعم من فضلك, اي نعم, أجل, أيوه, ايوا,
        tak, tak proszę, tak jest, так, так будь ласка, авжеж""",
    ),
    (
        No(),
        """nee, neen, neee, nee hoor, nee nee, nee dank je, nee dank u, nee dankjewel, nee bedankt,
        nee liever niet, liever niet, nee dat mag niet, no, nope, no thanks, no thank you, hayır,
        hayır teşekkürler, لا, لا شكرا, كلا, nie, nie dziękuję, ні, ні дякую""",
    ),
    (
        AutoReply(),
        """ik rijd nu, ik ben aan het rijden, ik ben aan het autorijden, ik zit achter het stuur,
        i'm driving, i am driving, i'm driving right now, araba kullanıyorum, أنا أقود الآن,
        prowadzę samochód, я за кермом""",
    ),
)

# A number of days may stand behind or before these words; without one it is a week.
PAUSE = """pauze, pauzeer, even niet, pause, ara ver, mola, duraklat, استراحة, توقف مؤقت, przerwa,
pauza, пауза, перерва"""
DAYS = """dag, dagen, d, day, days, gün, يوم, أيام, ايام, dzień, dni, день, дні, днів"""
WEEKS = """week, weken, weeks, hafta, أسبوع, أسابيع, tydzień, tygodnie, tygodni, тиждень, тижні,
тижнів"""
# What people write before the digits of a code.
CODE = "code, de code, met code, code is, kod, kodu, رمز, الرمز, код"
