"""Words with which a sentence points back to the one before it, by language: function words alone, as they begin a sentence."""

from __future__ import annotations

import re

# What was told is not meant by "this" before one of these: "this week", "este martes", "bu yıl".
_TIMES = (
    r"(?:week(?:end)?|month|year|morning|afternoon|evening|spring|summer|autumn|winter|season|time"
    r"|semaine|mois|ann[ée]e|matin|soir|été|automne|hiver|printemps|fois|lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche"
    r"|semana|mes|mês|a[ñn]o|mañana|manhã|tarde|noche|noite|verano|verão|lunes|martes|miércoles|jueves|viernes|sábado|domingo|fin|fim"
    r"|segunda|terça|quarta|quinta|sexta|settimana|mese|anno|mattina|sera|notte|volta|lunedì|martedì|mercoledì|giovedì|venerdì|sabato"
    r"|domenica|maand|jaar|ochtend|middag|avond|zomer|maandag|dinsdag|woensdag|donderdag|vrijdag|zaterdag|zondag|keer"
    r"|vecka|år(?:et)?|uken?|ugen?|gång|gang|yıl|hafta|ay|sabah|akşam|gece|sezon|साल|सप्ताह|महीने|बार)"
)
_NOT_TIME = rf"(?!\s(?:{_TIMES}|\d+|que|qui|che)\b)"
# Spaced scripts: pronouns and demonstratives, then what joins.
_POINTS_BACK = {
    "fr": rf"il(?!\sy\sa\b)|elles?|ils|cela|ceci|mais|lui|celui-ci|ceux-ci|celles?-ci|celui-là|ce(?:t|tte|s)?{_NOT_TIME}"
    r"|son|sa|ses|leurs?|par ailleurs|ensuite|puis|ainsi|aussi|alors"
    r"|pourtant|de plus|en effet|d['’]ailleurs|depuis lors|plus tard|le lendemain|et|or|donc|car|dès lors|pour autant",
    "es": rf"él|ellas?|ellos|esto|eso|pero|también|est[ea]s?{_NOT_TIME}|es[ea]s?{_NOT_TIME}|aquel(?:la|los|las)?"
    r"|su|sus|dichos?|dichas?|asimismo|por otr[oa]|luego"
    r"|después|entonces|así|por ello|por eso|además|sin embargo|no obstante|y|más tarde|al día siguiente|ambos|ambas",
    "it": rf"lui|lei|loro|egli|ess[oaie]|quest[oaie]{_NOT_TIME}|quel(?:lo|la|li|le|l)?|suo|sua|suoi|sue|anche|inoltre|tuttavia|ma|però|poi"
    r"|quindi|così|infatti|pertanto|intanto|più tardi|il giorno dopo|entrambi|entrambe|e",
    "pt": rf"ele|ela|eles|elas|iss[oa]|ist[oa]|est[ea]s?{_NOT_TIME}|ess[ea]s?{_NOT_TIME}|aquel[ea]s?|seus?|suas?|também|além diss[oa]"
    r"|no entanto|porém|contudo|mas|depois|então|assim|já|mais tarde|no dia seguinte|ambos|ambas|e",
    "nl": rf"hij|zij|ze|dit|dat|dez?e{_NOT_TIME}|die|zijn|haar|hun|ook|maar|echter|bovendien|daarna|daarom|daarbij|daardoor|daarmee|toen"
    r"|later|zo|en|beide|daarnaast|vervolgens",
    "sv": rf"han|hon|den|dessa|detta{_NOT_TIME}|denna{_NOT_TIME}|hans|hennes|deras|också|men|dessutom|därefter|därför|då|sedan|så|och|båda",
    "no": rf"han|hun|dette{_NOT_TIME}|denne{_NOT_TIME}|disse|hans|hennes|også|men|dessuten|deretter|derfor|da|så|og|begge",
    "da": rf"han|hun|dette{_NOT_TIME}|denne{_NOT_TIME}|disse|hans|hendes|også|men|desuden|derefter|derfor|så|og|begge",
    "pl": r"on|ona|oni|one|ten|ta|te|jego|jej|ich|także|również|jednak|ponadto|następnie|wtedy|potem|dlatego|to|i|a|ale",
    "ru": r"он|она|оно|они|его|её|ее|их|этот|эта|эти|это|этого|этому|этим|этой|эту|этих|этими"
    r"|также|кроме того|при этом|однако|затем|потом|тогда|поэтому|но|и|а|там|тот|те",
    "uk": r"він|вона|воно|вони|його|її|їх|цей|ця|ці|це|також|крім того|при цьому|однак|потім|тоді|тому|але|і|а|там",
    "tr": rf"o|onlar|bu(?:nlar|nun|na|nu|ndan|nda|radan|rada)?{_NOT_TIME}|şu|ayrıca|ancak|fakat|ama|sonra|böylece|ise",
    "id": r"dia|ia|mereka|ini|itu|beliau|namun|selain itu|tetapi|tapi|kemudian|lalu|sementara itu|hal (?:ini|itu)|dan",
    "hi": rf"वह|वे|उन्होंने|उसने|यह|ये|इस(?:के|से|में|का|की|को)?{_NOT_TIME}|उन(?:के|का|की|से|को)|उस(?:के|का|की|से|में|को)|लेकिन|हालांकि|और|वहीं|इन",
}  # fmt: skip
# Scripts without spaces, and such as hang a word to its particle: what begins so, whatever follows.
_BEGINS = {
    "zh": "他|她|它|这|那[个些时里]|此[次外前后事举]?|该|其|对此|另外|同时|随后|但|然而|因此|并|而",
    "ja": "彼[はがのらに女]|これ|それ|この|その|そんな|こんな|今回は|さて|そして"
    "|こう|そう|ここ|そこ|しかし|また[、は]|だが|さらに|ただ|なお|同[社氏署県市校店庁省]",
    "ko": "그는|그가|그녀|그들|이는|이에|이어|이들|이 |그 |그러나|하지만|또 |또한|한편|그런|이런|이후",
    "ar": "وأضاف|وتابع|كما |وهو |وهي |وكان |ولكن |لكن |هذا |هذه ",
}
_PATTERNS = {
    **{language: re.compile(rf"(?:{words})(?!\w)", re.IGNORECASE) for language, words in _POINTS_BACK.items()},
    **{language: re.compile(words) for language, words in _BEGINS.items()},
}
_PATTERNS["nb"] = _PATTERNS["nn"] = _PATTERNS["no"]


def points_back(text: str, language: str | None) -> bool:
    """Whether a sentence of this language begins with a word that speaks of what stands before it.

    Example:
        >>> points_back("Ella abrió la escuela.", "es"), points_back("Este martes abrió la escuela.", "es")
        (True, False)
        >>> points_back("他昨天到达。", "zh"), points_back("Он приехал.", "ru"), points_back("On Monday Ida came.", "en")
        (True, True, False)
    """
    pattern = _PATTERNS.get(language or "")
    return pattern is not None and bool(pattern.match(text))
