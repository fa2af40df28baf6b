"""Whether a sentence stands alone: what it leans on, and what says little in many words."""

from __future__ import annotations

import re

from pipeline.digest.features import Sentence

# What begins with one of these speaks of somebody or something that the sentence before names.
_LEANS = re.compile(
    r"(?:he|she|it|they|him|them|his|her|hers|their|its|i|we|you|but|however|and|or|so|also|both|who|which|such"
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
    r"|er|sie|es|dies|diese[rsmn]?|aber|doch|und|auch|dort|dabei|damit|dazu|dadurch|darauf|darum|deshalb|deswegen|daher"
    r"|darin|davon|dafür|demnach|somit|hierzu|hierfür|damals|letztere[rsmn]?|erstere[rsmn]?"
    r"|(?:in|an|auf|bei|mit|nach|von|vor|aus|zu|für|durch|unter) (?:ihm|ihnen|(?:diese[rnm])(?! (?:jahr|monat|tag|wochenende|sommer|winter"
    r"|frühjahr|herbst|woche|nacht|saison|zeit|montag|dienstag|mittwoch|donnerstag|freitag|samstag|sonntag)))"
    r"|danach|daraufhin|anschließend|zuvor|zudem|außerdem|allerdings|jedoch|denn|dennoch|trotzdem|dagegen|stattdessen"
    r"|unterdessen|derweil|gleichzeitig|so|solche|sein|seine[rsmn]?|ihr|ihre[rsmn]?|wir|ich|beide"
    r"|das (?:ist|war|sei|sind|waren|hat|hatte|habe|wird|wurde|wäre|teilte|sagte|berichtet|berichtete|gilt|geht|zeigt|bedeutet|soll)"
    r"|(?:ein |eine )?weitere[rsmn]?|andere[rsmn]?"
    r"|il(?! y a\b)|elle|ils|elles|cela|ceci|mais|pero|ce dernier|cette dernière|ces derniers|celui-ci|celle-ci"
    r"|ceux-ci|este último|también|además|ellos|ellas|esto|eso)\b",
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

# What such a sentence weighs beside one that stands and tells.
LEANING = 0.85
NO_NAME = 0.8
PRONOUN_FIRST = 0.8
FILLER = 0.3
NAMES_NOBODY = 0.4
LONG = ((46, 0.7), (40, 0.85))  # from so many words on


def leans_on_context(sentence: Sentence) -> bool:
    """Whether a sentence points back to the one before it ("He", "But", "Dies"), or is speech of nobody named."""
    text = sentence.text
    if text.startswith(_SPEECH):
        return bool(_SPEAKS_OF_IT.match(text)) or not _names_its_speaker(text)
    such = _SUCH.search(text)
    return bool(_LEANS.match(text)) or (such is not None and not _TOLD_WHAT.search(text[: such.start()]))


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
    return worth * next((weight for words, weight in LONG if sentence.word_count >= words), 1.0)


def _names_its_speaker(text: str) -> bool:
    """Whether a sentence that begins with a quotation names somebody outside it."""
    return bool(_CAPITAL_WORD.search(_QUOTED.sub("", text)))
