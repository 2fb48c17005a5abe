"""Lists for the likely-name warning: frequent first names and surnames, and words that are none.

The lists only lead to a question to the person who writes; nobody is looked up in them.
"""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Frequent first names in the Netherlands, of all origins in one list, without any distinction.
# Left out: names that are Dutch words as well (Roos, Storm, Hope, Wil, Mark, Ties).
FIRST_NAMES = _words(
    """
    aad aaliyah aart abdel abdullah achmed adam adriaan agnes ahmed aicha aisha albert ali alida
    alina amina amir amira anastasia andrea andrzej angela anita anja anke ann anna anne annelies
    annemarie annie anouk anton antoine arend arjan arnold arthur aylin ayse ayşe barbara bart bas
    bashir bennie bernard bert berta bilal bogdan bram brahim brigitte carla carlos carolien
    caroline cees celine chantal charlotte chris christiaan christina cindy claudia clara cor
    cornelis corrie daan daniel danielle danique david debbie demi denise dennis derk diana dick
    dirk dmitri dorien driss edwin eelco elif elise elisabeth ella els elsa emma emine emre erik
    esmee esra esther eva evelien fadi fatiha fatima fatma femke fenna ferry finn fleur floor
    floris frank frans fred frederik freek geert gerard gerda gerrit gert gijs greet greta guus
    hakan halima hamid hamza hanna hannah hannie hans harm harrie harry hasan hassan hatice heleen
    helena hendrik henk henny herman hilde hugo hussein huseyin hüseyin ibrahim ilse imane imran
    ine inge ingrid irene iris irina isa isabel ismail ivan jaap jacob jacqueline jamal jan jana
    janneke jannie jantje jasmijn jasper jeanette jelle jeroen jesse jeffrey jessica jeremy joep
    johan johanna johannes jolanda jonas joost joris jos josephine joyce judith julia jurgen
    justin kaan karel karim karin katarzyna kees kevin khadija khalid kim klaas koen krzysztof
    larissa lars laura leila lena lenny leo leon leontien levi lidewij lieke linda lisa lisanne
    liesbeth lisette lotte louis louise lucas luuk luca maaike maarten machteld maja malika manon
    marcel margriet maria mariam marianne marieke marije marijke marina marion marjan marjolein
    marleen marloes marlies marta martijn martin martine mathijs mats matthijs max mees mehmet
    melanie melissa menno merel mia michael michel michelle miguel mieke mike milan mila milou
    mina mirjam mo moh mohamed mohammad mohammed monique mostafa mourad mustafa nadia naima nadine
    natalia natasja nathalie nick niek niels nienke nina noah noor noud nora olena olga oksana
    oleksandr olivia omar oscar osman oussama pascal patricia patrick paula pauline peter petra
    philip piet pieter pim piotr quinten rachid rachida rania raymond rayan rebecca reinier remco
    rene renate renee rens ria richard rik rita rob robert robin roel rogier roland ronald rosa
    ruben rudy rutger ruud sabrina saida salim salma sam samantha samir samira sanne sandra sara
    sarah saskia sebastiaan selim selma serhii sem semra sergei sharon shirley simon simone sjaak
    sjors sofie sonja sophia sophie stefan stephan stephanie steven stijn suleyman suzanne svetlana
    sven sylvia tamara tanja tara tatiana tess teun thea theo theodoor thijs thom thomas tim timo
    tineke tjeerd tom tomasz tygo ursula vera veronique victor viktor vincent volodymyr walter
    wendy werner wesley wilhelmina willem willeke wilma wim wouter xander yara yasin yasmin yassin
    yavuz youssef yusuf yvette yvonne zahra zainab zeynep zoe
    """
)

# Surnames that follow a particle: De Vries, van den Berg, El Amrani.
SURNAMES = _words(
    """
    aa aalst amrani allal andel baan bakker beek beer berg bergh bie bock boer bos bosch bouazza
    brink broek bruijn bruin bruyn buuren daalen dam dijk dongen doorn eijk elst es essen gelder
    gils graaf groot haan haar haddad hall hamid heijden heide heuvel hoek hof hoff hond horst
    hout idrissi jager jong jonge jongh kamp kaouachi khattabi klerk koning kok kooij kroon laan
    lange leeuw lee linde linden loo maat meer meij meijden meijer meulen mansouri molen mooij
    moussaoui nijs noort oever omari ouali oord pol poel pool putten rijn roos ridder rooij ruiter
    santos schoot silva smet smit steen slimane spek straten swart velde velden veen veer ven vegt
    veld vink visser vliet vos vries waal wal wees weide werf wiel wijk wit witte wolf woude zaken
    zanden zande zwaan zwart
    """
)

# Words with a capital that are no person: days, months, places, bodies, and words that often
# begin a sentence beside another capital.
NO_NAMES = _words(
    """
    maandag dinsdag woensdag donderdag vrijdag zaterdag zondag januari februari maart april mei
    juni juli augustus september oktober november december monday tuesday wednesday thursday
    friday saturday sunday january february march may june july august october
    nederland nederlands nederlandse nederlanders holland belgië duitsland frankrijk engeland
    turkije marokko polen oekraïne syrië israël gaza palestina europa europese amsterdam rotterdam
    utrecht amersfoort haag groningen eindhoven tilburg almere breda nijmegen apeldoorn arnhem
    enschede haarlem zwolle leiden maastricht dordrecht zoetermeer delft deventer venlo leeuwarden
    brussel parijs londen berlijn den noord zuid oost west noorden zuiden oosten westen midden
    nieuw nieuwe oud oude groot grote klein kleine hoge lage rode groene
    kruis leger heils politie gemeente brandweer ambulance burgemeester wethouder college raad
    koning koningin prins prinses kamer tweede eerste ministerie rijk provincie veiligheidsregio
    ggd nctv nos rtv ns ov whatsapp facebook instagram tiktok telegram twitter youtube google
    snapchat signal teams sociaal social media
    de het een en of maar want dus ook er daar hier wij we ik je jij u zij ze hij dit dat die deze
    in op aan bij naar van voor met na tot over om uit te ten ter door zonder onder tussen tijdens
    geen niet veel vele weinig sommige alle alles iedereen niemand mensen bewoners ouders jongeren
    ouderen kinderen scholen winkeliers vandaag gisteren morgen nu toen straks soms vaak
    the a an and or but there here we i you he she it they this that these those at by to from
    for with no not many some all people residents parents young today yesterday tomorrow
    goed rustig onrustig wat wie waar wanneer hoe waarom welke kan kun wil moet mag gaat komt is
    zijn was waren heeft hebben wordt worden koningsdag bevrijdingsdag dodenherdenking oudjaar
    nieuwjaar sinterklaas
    buurthuis wijkteam jongerenwerk welzijn dorpshuis station winkelcentrum stadhuis gemeentehuis
    bibliotheek ziekenhuis sporthal oefening alarm crisis snelteam halt veilig thuis stichting
    vereniging kring team
    """
)
