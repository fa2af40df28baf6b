"""Words that say nothing about what an article is about: function words, and the small change of news prose.

Lists for English and German. For any other language `is_stop_word` falls back on what function words have in common:
in scripts with letters and spaces they are short.
"""

from __future__ import annotations

_ENGLISH = """
a about above across after again against ago ahead all almost along already also although always am amid among an and
another any anyone anything are aren around as aside at away back be became because become been before behind being
below between both but by came can cannot come could couldn despite did didn do does doesn doing don done down during
each either else enough even ever every everyone everything few for from further gave get gets getting give given go
goes going gone got had hadn has hasn have haven having he her here hers herself him himself his how however i if in
instead into is isn it its itself just kept know last later least less let like ll made make makes making many may
maybe me meanwhile might more most much must my myself near nearly need never next no nobody none nor not nothing now
of off often on once one ones only onto or other others our ours out over own per perhaps put quite rather re really s
said same say saying says seem seemed seems several shall she should shouldn since so some someone something soon
still such t take taken takes taking than that the their theirs them themselves then there therefore these they thing
things this those though through throughout thus to today together told tomorrow too took toward towards two under
until up upon us used using ve very via want wants was wasn way we well went were weren what whatever when where
whether which while who whom whose why will with within without won would wouldn yes yesterday yet you your yours
added according asked called includes including part saw see seen set think thought three first second new
year years month months week weeks day days time times people monday tuesday wednesday thursday friday saturday sunday
january february march april june july august september october november december mr mrs ms dr
"""

_GERMAN = """
ab aber alle allem allen aller allerdings alles als also am an andere anderem anderen anderer anderes auch auf aus
ausserdem bald bei beide beiden beim bereits besonders bin bis bisher bist bleibt da dabei dadurch dafür dagegen daher
dahin damals damit danach dann daran darauf daraus darf darin darum darüber das dass davon davor dazu dein deine dem
demnach den denen denn dennoch der deren derzeit des deshalb dessen deutlich dich die dies diese diesem diesen dieser
dieses dir doch dort drei du durch dürfen ebenso ein eine einem einen einer eines einige einigen einmal er erst erste
ersten es etwa etwas euch euer für gab gar gebe geben gegen gegenüber geht gehen gemacht genau gerade gewesen gibt
ging habe haben habt hat hatte hatten heisst her heute hier hin hinter ich ihm ihn ihnen ihr ihre ihrem ihren ihrer
ihres im immer in indem ins insgesamt ist ja je jede jedem jeden jeder jedes jedoch jene jetzt jeweils kam kann kaum
kein keine keinem keinen keiner kommen kommt konnte konnten können könne könnte könnten lassen laut letzte letzten
liegt machen macht man mehr mehrere mein meine mich mir mit muss musste mussten müsse müssen müssten nach nachdem
nahm neben nein neue neuen neuer neues nicht nichts noch nun nur ob oder offenbar ohne schon sehr sei seien sein seine
seinem seinen seiner seines seit seitdem selbst sich sie sieht sind so sobald sodass sogar solche soll sollen sollte
sollten sondern sonst soweit sowie sowohl später statt steht stehen trotz über um und uns unser unsere unter viel
viele vielen vom von vor vorher wann war waren warum was wegen weil weiter weitere weiteren weiterhin welche welcher
wenig wenige weniger wenn wer werde werden wesentlich wie wieder will wir wird wo wobei wollen wollte worden wurde
wurden während wäre wären würde würden zu zudem zuletzt zum zunächst zur zurück zwar zwei zwischen
sagt sagte sagten erklärte betonte sprach spricht teilte mitteilte hiess uhr jahr jahre jahren jahres monat monate
monaten woche wochen tag tage tagen zeit menschen montag dienstag mittwoch donnerstag freitag samstag sonntag januar
februar märz april mai juni juli august september oktober november dezember herr frau
"""

STOP_WORDS: dict[str, frozenset[str]] = {
    "en": frozenset(_ENGLISH.split()),
    "de": frozenset(word.casefold() for word in _GERMAN.split()),
}

# Letters up to which a word of another language is held to be a function word.
SHORT_WORD_CHARS = 3


def is_stop_word(word: str, language: str | None) -> bool:
    """Tell whether a folded word carries no subject.

    Args:
        word: One case-folded word.
        language: ISO 639-1 code; languages without a list, and None, go by length.
    Example:
        >>> is_stop_word("the", "en"), is_stop_word("aus", None), is_stop_word("treaty", "en")
        (True, True, False)
    """
    words = STOP_WORDS.get(language or "")
    return len(word) <= SHORT_WORD_CHARS if words is None else word in words
