"""Whether a sentence stands alone: what it leans on, and what says little in many words."""

from __future__ import annotations

import re

from pipeline.digest.features import Sentence
from pipeline.digest.pointers import points_back

# What begins with one of these speaks of somebody or something that the sentence before names.
_PARTS = r"(?:day|night|morning|afternoon|evening|week|month|year)"
_ENGLISH = re.compile(
    r"(?:he|she|it|they|him|them|his|her|hers|their|its|i|we|you|but|however|and|or|so|also|both|(?-i:[Ww]ho)|which|such"
    r"|moreover|furthermore|therefore|thus|hence|otherwise|instead|then|afterwards?|neither|nor"
    r"|this(?! (?:week|month|year|morning|afternoon|evening|spring|summer|autumn|winter|season|weekend|time)\b)"
    r"|these(?! days\b)|that|those"
    r"|there(?! (?:is|are|was|were|has|have|had|will)\b)|here"
    r"|others?|another|(?:many|some|several|most|few|all|none|either|one|two|three|four|five) (?:are|is|was|were|had|have"
    r"|said|say|also|remain|of (?:them|these|those|whom))"
    r"|the (?:latter|former (?:was|is|had|has|said)|same|two (?:men|women|sides|leaders|countries|had|have|were|are|said))"
    r"|the (?:second|third|fourth|fifth|other) [a-z]+ (?:was|were|is|are|had|has|have|came|will|would)"
    r"|(?:in|on|with|by|of|from|to|at|under|among|inside|within|without|behind|beside|between|through)"
    r" (?:it|him|them|that|those|these|this(?! (?:week|month|year|quarter|morning|afternoon|evening|spring|summer|autumn|winter|season"
    r"|weekend|time|century)\b))(?!['’]s)(?! (?:who|which|where|whose|of|in|week|year|month)\b)"
    r"|well(?=,)|despite (?:this|these|that|those|his|her|their|its)|amid (?:this|these|that|those)|after (?:this|that)"
    r"|according to (?:him|her|them)|in (?:addition|return|contrast|response|turn|other words|doing so)"
    r"|for (?:example|instance|this|that|these|those)|as (?:a result|such)|at the same time|on the other hand"
    # Times that count from what was told.
    r"|(?:by|since|until|from|before) then|at (?:the|that|this) (?:time|point|stage|moment)(?! of\b)"
    rf"|(?:on |by |in )?the (?:next|following|previous) {_PARTS}|(?:later|earlier)(?=,)"
    r"|(?:[a-z]{1,12} )?(?:moments|minutes|hours|days|weeks|months|years|shortly|soon|not long)"
    r" (?:later|after(?:wards)?|earlier|before)(?=,)"
    r"|(?:(?:even )?(?:when|as|while|if|although|though|because|after|before|since|once|until|unless)) (?:these|those|such"
    r"|(?:they|it|he|she)\b[^,.;:]{1,120}, (?:they|it|he|she|this|there))"
    # "On the line was an aide": a scene.
    r"|(?:in|on|at|behind|among|inside|outside|beside|around|under) the [a-z]{1,20} (?:was|were|is|are|stood|sat|lay|came)"
    # "In a statement, he …", "Waving a sword, she …": the main clause has a pronoun for a subject.
    r"|(?:in|on|at|by|with|during|under|from|for|among|asked|[a-z]{3,12}ing)\s(?!\S+\s(?:said|says)\b)[^,.;:“”\"]{1,100},"
    r"\s(?:he|she|it|they|(?:that|this|these|those) (?:is|was|are|were|has|have|had|will|would)))\b",
    re.IGNORECASE,
)
_GERMAN = re.compile(
    r"(?:er|sie|es|dies|diese[rsmn]?(?! (?:jahr|monat|tage|wochenende|sommer|winter|frühjahr|herbst|woche|nacht|saison)\b)"
    r"|aber|doch|und|auch|dort|hier|dabei|damit|dazu|dadurch|darauf|darum|deshalb|deswegen|daher"
    r"|darin|davon|dafür|demnach|somit|hierzu|hierfür|damals|letztere[rsmn]?|erstere[rsmn]?"
    r"|(?:in|an|auf|bei|mit|nach|von|vor|aus|zu|für|durch|unter) (?:ihm|ihnen|(?:diese[rnm])(?! (?:jahr|monat|tag|wochenende|sommer|winter"
    r"|frühjahr|herbst|woche|nacht|saison|zeit|montag|dienstag|mittwoch|donnerstag|freitag|samstag|sonntag)))"
    r"|danach|daraufhin|anschließend|zuvor|zudem|außerdem|allerdings|jedoch|denn|dennoch|trotzdem|dagegen|stattdessen"
    r"|unterdessen|derweil|gleichzeitig|so|solche|sein|seine[rsmn]?|ihr|ihre[rsmn]?|wir|ich|beide|später|seither|seitdem|bis dahin"
    r"|(?:kurz|tags|wenig später) darauf|am (?:nächsten|folgenden|selben) (?:tag|morgen|abend)|im anschluss|zu(?:m|r) diese[rm] zeitpunkt"
    r"|das (?:ist|war|sei|sind|waren|hat|hatte|habe|wird|wurde|wäre|teilte|sagte|berichtet|berichtete|gilt|geht|zeigt|bedeutet|soll)"
    r"|(?:ein |eine )?weitere[rsmn]?|andere[rsmn]?)\b",
    re.IGNORECASE,
)
# "Such attacks": of which another sentence tells. "Such as" names examples, "such a" measures.
_SUCH = re.compile(r"\bsuch (?!as\b|an?\b|that\b)[a-z]")
# Of which this one tells itself: "who treats such cases", "the first such visit by a president".
_TOLD_WHAT = re.compile(
    r"\b(?:(?:which|who|where|that|when)\s[^,;]{0,60}|(?:first|second|third|only|last|no|any|[a-z]{2,12}est)\s)$"
)
# A quotation that begins so speaks of what was asked or said before.
_SPEAKS_OF_IT = re.compile(r"[\"“„«「『‘]\s?(?:This|That|These|Those|They|He|She|Dies|Das|Er|Sie) ")
_SPEECH = ('"', "“", "„", "«", "「", "『", "‘")
# "Police said he had fled", "When she came, she was tired": who?
_SOMEBODY = re.compile(r"\b(?:he|she|his|her|him)\b")
# Whom such a word may mean: a name, or somebody told of here. A plural that opens the sentence is neither.
_PERSON = re.compile(
    r"(?<!^)(?<![^\W_])[^\W\d_a-zß-ÿ][^\W\d_]"
    r"|\b(?:an?|one|someone|somebody|anyone|anybody|everyone|everybody|nobody|no|who|whoever|each|every|any|another)\b"
)
_MANY = re.compile(r"(?:Police|[A-Z][a-z]+s)\b")
_PRONOUN = re.compile(r"\b(?:he|she|they|his|her|their|him|them|er|sie|ihm|ihn)\b", re.IGNORECASE)
_CAPITAL = re.compile(r"[^\W\d_a-zß-ÿ]")
_CAPITAL_WORD = re.compile(r"(?<![^\W_])[^\W\d_a-zß-ÿ][^\W\d_]+")
_QUOTED = re.compile(r"[\"“„«「『][^\"”“„«»「」『』]*+[\"”“»」』]")
# What weighs a thing instead of telling it. General phrases of the trade, in English and German.
_FILLER = re.compile(
    r"\b(?:remains? (?:to be seen|unclear|uncertain)|only time will tell|turning point|wake-up call|raises? (?:\w+ )?questions"
    r"|sends? a (?:\w+ )?(?:message|signal)|(?:comes?|came) at a (?:\w+ )?(?:time|moment)|paves? the way|sheds? light on"
    r"|testament to|game[- ]changer|a reminder (?:of|that)|serves? as a|far-reaching|at (?:a )?crossroads"
    r"|(?:could|may|might|would) re\w+ the (?:\w+ )?(?:future|face|course|landscape|balance|order|map|rules)"
    r"|what happens next|the stakes|speaks volumes|underlin(?:es?|ing) (?:the|how)|illustrat(?:es?|ing) (?:the|how)"
    r"|(?:could|may|might|would) (?:have (?:\w+ )?(?:consequences|implications|effects)|change the (?:course|face|future))"
    r"|(?:all )?eyes (?:are|will be) on|the world (?:is|will be|was) watching|in (?:an|the) (?:ever|increasingly) "
    r"|bleibt abzuwarten|wirft (?:\w+ )?fragen auf|(?:ist|war) ein (?:\w+ )?(?:zeichen|signal|weckruf)|wendepunkt"
    r"|weitreichende folgen|sorgt für (?:aufsehen|aufregung)|die welt (?:blickt|schaut)|man darf gespannt)",
    re.IGNORECASE,
)

# Who speaks is not said: a reader does not know whose "we" it is.
_FIRST_PERSON = re.compile(
    r"\b(?:(?<!^)I(?:['’](?:m|ve|d|ll))?|we|my|our|ours|us|ich|wir|mir|mich|uns|unsere?[rsmn]?|meine?[rsmn]?|nous|notre"
    r"|nosotros|nuestr[oa]s?|nostr[oaie]|nossas?|nossos?|wij|onze"
    r"|мы|нас|нам|нами|наш\w{0,3})\b"
)

# Of something told before, or shown beside: "this lion", "dieser Fund".
_SHOWN = re.compile(
    r"\b(?:these(?! days\b)|this(?! (?:week|month|year|quarter|morning|afternoon|evening|spring|summer|autumn|fall|winter|season|weekend"
    r"|time|century|decade)\b)|diese[rsmn]?(?! (?:Jahr|Monat|Tag|Wochen|Sommer|Winter|Frühjahr|Herbst|Woche|Nacht|Saison|Zeit)))\b",
    re.IGNORECASE,
)

# What such a sentence weighs beside one that stands and tells.
LEANING = 0.85
NO_NAME = 0.8
PRONOUN_FIRST = 0.8
FILLER = 0.3
FIRST_PERSON = 0.4
SHOWN = 0.8
NAMES_NOBODY = 0.4
LONG = ((46, 0.7), (40, 0.85))  # from so many words on


def leans_on_context(sentence: Sentence, language: str | None) -> bool:
    """Whether a sentence points back to the one before it ("He", "But", "Dies"), or is speech of nobody named.

    Args:
        language: Its language, as ISO 639-1; None asks the English and the German words.
    """
    text = sentence.text
    if text.startswith(_SPEECH):
        return bool(_SPEAKS_OF_IT.match(text)) or not _names_its_speaker(text) or _is_about_somebody(sentence)
    if language in (None, "en") and _ENGLISH.match(text):
        return True
    if (language in (None, "de") and _GERMAN.match(text)) or points_back(text, language):
        return True
    such = _SUCH.search(text)
    return (such is not None and not _TOLD_WHAT.search(text[: such.start()])) or _is_about_somebody(sentence)


def is_filler(text: str) -> bool:
    """Whether a sentence weighs a thing instead of telling it."""
    return bool(_FILLER.search(text))


def weigh_standing(sentence: Sentence) -> float:
    """What a sentence is worth for how it stands: 1 for one of fit length that names somebody before it says "he"."""
    worth = 1.0
    if not sentence.anchors:
        worth = NO_NAME
    elif (capital := _CAPITAL.search(sentence.text, 1)) and _PRONOUN.search(sentence.text, 0, capital.start()):
        worth = PRONOUN_FIRST
    if _is_of_a_speaker(sentence.text):
        worth *= FIRST_PERSON
    if _SHOWN.search(sentence.text) and _SHOWN.search(_QUOTED.sub("", sentence.text)):
        worth *= SHOWN
    return worth * next((weight for words, weight in LONG if sentence.word_count >= words), 1.0)


def _is_about_somebody(sentence: Sentence) -> bool:
    """Whether an English sentence says "he" or "she" of somebody whom nothing before it in the sentence names."""
    if not _SOMEBODY.search(sentence.text):
        return False
    told = _QUOTED.sub(",", sentence.text)
    match = _SOMEBODY.search(told)
    if match is None or _PERSON.search(told, 0, match.start()):
        return False
    if match.start() and (told.startswith("The ") or (sentence.opening and not _MANY.match(told))):
        return False  # the first word may be he; of "The man" another rule asks
    comma = told.find(",", match.end())  # "After her speech, Ida Holm left."
    return comma < 0 or not _CAPITAL_WORD.match(told, comma + 2)


def _is_of_a_speaker(text: str) -> bool:
    """Whether somebody speaks whom the sentence does not name: "we" outside of a quotation, an exclamation."""
    if not (text.endswith("!") or _FIRST_PERSON.search(text)):
        return False
    told = _QUOTED.sub("", text)
    return told.endswith("!") or bool(_FIRST_PERSON.search(told))


def _names_its_speaker(text: str) -> bool:
    """Whether a sentence that begins with a quotation names somebody outside it."""
    return bool(_CAPITAL_WORD.search(_QUOTED.sub("", text)))
