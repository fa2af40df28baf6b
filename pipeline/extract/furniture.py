"""Phrases of page furniture, by what they do and by language: the vocabulary of the cleaning rules.

Each entry is a regular expression, matched without regard to case; a space stands for any white space. Calls are
written as calls (`subscribe to`, `abonnieren Sie`), for news also tells of subscribers and subscriptions.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

# The line points to another page: alone, or with that page's headline behind a colon.
POINTERS = (
    # English
    r"read (?:more|also|next|the full \w+)", r"see (?:more|also)(?: \w+)?", r"also (?:read|see)", r"related(?: \w+)?",
    r"watch(?: (?:also|now|live))?", r"more", r"more (?:on|from|about|stories|news|coverage)(?: [\w ]{0,30})?",
    r"you (?:may|might) also (?:like|be interested in)", r"don[’']?t miss", r"in case you missed it", r"explore more",
    r"most (?:read|popular|viewed)", r"popular", r"trending", r"recommended(?: \w+)?", r"what to read next", r"up next",
    r"keep reading",
    # German
    r"lesen sie (?:auch|hier|dazu|mehr|jetzt)", r"auch interessant", r"(?:mehr|weitere\w*) zum thema", r"mehr dazu",
    r"siehe auch", r"das könnte sie auch interessieren", r"passend zum thema", r"weiterlesen",
    # French, Spanish, Portuguese, Italian
    r"(?:à )?lire (?:aussi|également|la suite)", r"voir aussi", r"sur le même sujet", r"en savoir plus",
    r"l(?:ea|ee) (?:también|además|más)", r"te puede interesar", r"ver también", r"más (?:información|noticias)",
    r"relacionad[oa]s", r"leia (?:também|mais)", r"veja (?:também|mais)", r"saiba mais", r"leggi anche", r"vedi anche",
    r"potrebbe interessarti",
    # Dutch, Nordic, Slavic, Turkish, Japanese
    r"lees (?:ook|meer|verder)", r"les (?:også|mer)", r"læs (?:også|mere)", r"läs (?:också|även|mer)",
    r"czytaj (?:też|także|również|więcej)", r"zobacz (?:też|także|również)", r"čtěte (?:také|více|i)",
    r"mohlo by vás zajímat", r"ayrıca (?:oku|bak)\w*", r"ilgili haberler", r"читайте (?:также|ещё|еще|також)",
    r"関連(?:記事|キーワード|企業.{0,12})?", r"記事一覧",
)  # fmt: skip

# The line is a template's word and nothing else.
LABELS = (
    r"advertisement(?:.{0,40}continues below)?", r"story continues(?: below)?(?: advertisement)?", r"continue reading",
    r"article content", r"sponsored(?: content)?", r"comments?(?: \(\d+\))?", r"\d+ comments?",
    r"leave a (?:comment|reply)", r"join our commenting forum", r"share(?: (?:this|on \w+|article|full article))?",
    r"print(?: article)?", r"order reprints", r"follow us", r"photos?", r"videos?", r"gallery", r"thank you", r"copy link",
    r"link copied", r"tags?", r"tags?: .*", r"topics?", r"filed under\b.*", r"categor(?:y|ies): .*", r"swipe .*",
    r"an error has occurred.*", r"skip to content", r"back to top", r"menu", r"search", r"live",
    r"anzeige", r"werbung", r"kommentare?", r"teilen", r"drucken", r"hauptinhalt", r"auf dieser seite",
    r"inhaltsverzeichnis", r"(?:link )?zum [\w-]+[- ]inhalt", r"empfohlener (?:redaktioneller|externer) inhalt",
    r"schlagworte?: .*", r"nach oben",
    r"publicité", r"commentaires?", r"partager", r"publicidad", r"comentarios", r"compartir", r"pubblicità", r"reklama?",
    r"annonce", r"článek", r"おすすめ情報", r".{1,8}の新着", r"カテゴリーをフォローする",
)  # fmt: skip

# The line asks the reader to do something. `^` stands for the start of a sentence.
CALLS = (
    r"\bnewsletters?\b", r"^(?:sign|signing) up\b", r"^subscribe\b", r"\bplease (?:sign up|subscribe|consider)\b",
    r"\bby (?:subscribing|signing up)\b", r"\bsign up (?:for|to) (?:our|the \w+['’]s|email)\b", r"\bsign in now\b",
    r"\b(?:in|to) your (?:in|mail)box\b", r"\b(?:download|get|install) (?:our|the(?: new)?) (?:free )?app\b",
    r"^join (?:our|the|thought)\b.*\b(?:channel|community|forum|group|conversation)s?\b",
    r"^follow .{1,40} on (?:twitter|x|facebook|instagram|whatsapp|telegram|google|tiktok)\b", r"\bbookmark \w",
    r"^register (?:now|here|for free)\b", r"^get (?:the (?:latest|best|day[’']s|biggest|top)|daily|weekly|breaking|real-time)\b",
    r"^get in touch\b", r"\bterms of (?:use|service)\b", r"\bprivacy (?:policy|notice)\b", r"\bcomment(?:ing)? policy\b",
    r"\bpersonal, non-commercial use\b", r"\baffiliate (?:link|commission)s?\b", r"^send us (?:your|a)\b",
    r"^would you like to comment\b", r"^tell us what\b", r"^check out (?:our|more)\b", r"^for more stories like this\b",
    r"^already a (?:subscriber|member)\b", r"^click here\b", r"\bwe want to hear from you\b",
    r"\bget a share of the sale\b", r"\bare independently selected\b",
    r"\bis the place for the latest\b", r"\bread our (?:privacy|full|terms|comment)\b", r"\bspecial offers\b",
    r"\byou (?:will not|won[’']t) believe\b",
    # German
    r"\babonnieren sie\b", r"\bjetzt (?:anmelden|abonnieren|testen|registrieren)\b", r"\bmelden sie sich\b.*\ban\b",
    r"\bihre meinung ist uns\b", r"\bpersonenbezogene daten\b", r"\bdrittplattform", r"\bexterner? inhalte? angezeigt\b",
    r"\bausgewählten, externen inhalt\b", r"\bdatenschutz(?:erklärung|hinweise?)\b", r"\bfehler (?:gefunden|melden)\b",
    r"\bfür sie recherchiert\b", r"\bmit (?:nur )?(?:zwei|einem) klicks?\b", r"\be-paper und\b", r"\bpush-nachrichten über\b",
    r"\bkommerzielle nutzung dieses inhalts\b", r"\baffiliate-links?\b",
    # French, Spanish, Portuguese, Italian
    r"\binscri(?:vez|s)[- ]vous\b", r"\babonnez-vous\b", r"\bsuscríb(?:ete|ase)\b", r"\bregístrate\b", r"\biscriviti\b",
    r"\babbonati\b", r"\bassine (?:já|agora|a|o)\b", r"\binscreva-se\b", r"\bnotre infolettre\b", r"\bnuestro boletín\b",
    # Dutch, Nordic, Slavic, Turkish, Japanese, Korean
    r"\bmeld je aan\b", r"\bnieuwsbrief\b", r"\bnyhetsbrev", r"\bnyhedsbrev", r"\bprenumerera på\b", r"\btilmeld dig\b",
    r"\bzapisz się\b", r"\babone ol", r"\bподпишитесь\b", r"\bподписывайтесь\b", r"\bпідпишіться\b", r"\bпідписуйтесь\b",
    r"会員限定", r"会員登録", r"会員向け", r"メールマガジン", r"読もう！", r"기사 ?url", r"구독",
)  # fmt: skip

# The line says whose material it is; it is worded alike under unlike stories.
CREDITS = (
    r"(?:additional )?report(?:ing|s) (?:by|from)\b", r"writing by\b", r"editing by\b", r"(?:©|\(c\)|copyright\b|<copyright)",
    r"with (?:files|reports?|reporting|additional \w+)\b.{0,20}\b(?:from|by)\b", r"with inputs? from\b", r"sources? ?:",
    r"source text\b", r"our standards:", r".{0,20}\ball rights reserved", r".{0,60}\breported from\b",
    r".{0,80}\bcontributed (?:to this (?:report|story|article)|reporting)\b", r"reach the reporters?\b", r"write to .{0,60}@",
    r"this (?:article|story|report) (?:was|has been) (?:originally|first|updated|corrected|amended|produced)\b",
    r"this story (?:first )?appeared\b", r"follow \w+(?: \w+)? on\b", r"the views expressed\b",
    r"quellen? ?:", r"mit (?:agentur)?material\b", r"dieses? thema im programm\b",
    r"dieser (?:text|artikel|beitrag) (?:erschien|wurde|ist zuerst)\b", r"fuentes? ?:", r"fontes? ?:", r"fonti? ?:",
)  # fmt: skip

# The sentence promises to tell more later.
PROMISES = (
    r"(?:please )?(?:stay tuned|stay with us|watch this space|check back|keep (?:checking|following)|follow our live)",
    r"more (?:details )?to (?:follow|come)", r"more details (?:will|to|are)\b", r"(?:this|it) is a (?:breaking|developing)\b",
    r"this (?:breaking|developing) (?:news )?story\b", r"for (?:the )?(?:latest|further|more) updates?\b",
    r"this (?:news )?story (?:is (?:developing|breaking|being updated)|will be updated)",
    r"(?:we|the page) will (?:be )?(?:update|updating|bring)\b",
    r"bleiben sie dran", r"(?:weitere|mehr) (?:informationen|details) (?:folgen|in kürze)",
    r"(?:wir berichten weiter|der artikel wird (?:laufend )?aktualisiert)",
    r"restez (?:connectés|à l['’]écoute)", r"plus d['’]informations à venir", r"manténgase (?:al tanto|atento)",
    r"noticia en desarrollo", r"(?:notizia|articolo) in aggiornamento", r"fique ligado",
)  # fmt: skip

# The label shouts before the first sentence: "URGENT UPDATE: The envoy …".
ALARMS = (
    r"urgent", r"breaking", r"developing", r"just in", r"exclusive", r"alert", r"live", r"update", r"watch", r"eilmeldung",
    r"eil", r"urgente", r"última hora", r"dernière minute",
)  # fmt: skip

# Reading times and update times around the head.
HEAD_MARKS = (
    r"(?:estimated )?(?:reading|read) time\W.*", r"\d+ ?-?(?:min(?:ute)?s?\.?) (?:read|de lecture|de lectura|di lettura).*",
    r"\d+ minuten lesezeit", r"lesezeit\W.*", r"lesedauer\W.*", r"tempo (?:de leitura|di lettura)\W.*",
    r"(?:last )?(?:updated|modified|published|posted)\b.{0,60}", r"(?:veröffentlicht|aktualisiert|stand|erstellt)\b.{0,60}",
    r"(?:publié|mis à jour|publicado|actualizado|pubblicato|aggiornato|publicerad|oppdatert|publisert)\b.{0,60}",
)  # fmt: skip

# A page's meters, which no two visits show alike ("1,204 readers · updated 14 minutes ago · 18:00"): they are no edit.
_COUNT = r"\d[\d.,' ]*(?: ?(?:k|m|tsd\.?|mio\.?|thousand|million))?"
_TIMES = r"(?:views?|reads?|readers?|likes?|shares?|reactions?|clicks?|visits?|visitors?|hits?|comments?|reposts?)"
_MALE = r"(?:aufrufe|leser(?:innen)?|kommentare?|klicks?|mal (?:gelesen|geteilt|aufgerufen)|gefällt das)"
_VUES = (
    r"(?:vues?|lectures?|lecteurs?|partages?|commentaires?|vistas|visitas|lecturas|lectores|comentarios|compartidos"
    r"|visualizzazioni|letture|commenti|visualizações|leituras|comentários|weergaven|reacties|visningar|visninger"
    r"|wyświetleń|просмотр(?:ов|а)?|переглядів)"
)
_UNIT = r"(?:s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?|days?|weeks?)"
_EINHEIT = r"(?:sekunden?|minuten?|stunden?|tag(?:en)?|wochen?)"
_TIME = r"\d{1,2}[:.]\d{2}(?:[:.]\d{2})?(?: ?(?:[ap]\.?m\.?|uhr|gmt|utc|cet|h))?"
COUNTERS = (
    rf"{_COUNT} (?:{_TIMES}|{_MALE}|{_VUES})(?: (?:so far|today|now|bisher|heute|jetzt))?",
    rf"(?:{_TIMES}|{_MALE}|{_VUES}|gelesen|read by|shared by|seen by) ?:? ?{_COUNT}(?: ?(?:times|people|readers|users|mal))?",
    rf"{_COUNT} (?:people|readers|users|others|visitors|menschen|leser) (?:are|have|like|liked|read|viewed|shared|lesen|haben)\b.{{0,40}}",
    rf"(?:this|the) (?:article|story|page|report) (?:has been|was) (?:read|viewed|shared|seen)(?: by)? {_COUNT}\b.{{0,30}}",
    rf"dieser (?:artikel|text|beitrag) wurde (?:bisher )?{_COUNT} ?mal .{{0,30}}",
    rf"(?:(?:last )?(?:updated|modified|refreshed|published|posted)\b ?:? ?)?(?:{_COUNT}|an?|one|a few) ?{_UNIT}\.? ago",
    rf"(?:(?:zuletzt )?(?:aktualisiert|veröffentlicht)\b ?:? ?)?vor (?:{_COUNT}|einer|einem|wenigen) ?{_EINHEIT}(?: aktualisiert)?",
    r"(?:il y a|hace|há|fa) \d+ ?\w{1,9}", r"\d+ \w{1,9} (?:fa|geleden|siden|sedan|temu|önce|назад|тому)",
    rf"(?:it is|it['’]s|the time is|local time|current time|time now|es ist|ortszeit|uhrzeit)(?: now| jetzt)? ?:? ?{_TIME}.{{0,30}}",
    rf"(?:last )?(?:updated|refreshed|modified|aktualisiert|stand)\b ?:? ?(?:at |um )?(?:[\w.,]+ ){{0,6}}{_TIME}",
)  # fmt: skip
CLOCKS = (_TIME,)


def any_of(phrases: Iterable[str]) -> str:
    """One pattern for all phrases, blanks standing for any white space."""
    return "(?:" + "|".join(phrase.replace(" ", r"\s+").replace(r"\s+?", r"\s?") for phrase in phrases) + ")"


def compile_phrases(pattern: str, **phrases: Iterable[str]) -> re.Pattern[str]:
    """Compile a pattern in which `<name>` stands for any of the named phrases."""
    for name, values in phrases.items():
        pattern = pattern.replace(f"<{name}>", any_of(values))
    return re.compile(pattern, re.IGNORECASE | re.DOTALL)
