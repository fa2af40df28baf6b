"""Phrases of page furniture, by what they do and by language: the vocabulary of the cleaning rules.

Each entry is a regular expression, matched without regard to case; a space stands for any white space. Calls are
written as calls (`subscribe to`, `abonnieren Sie`), for news also tells of subscribers and subscriptions.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

# What a pointer leads to; "Related work" and "Recommended dose" head a part of the text.
_PAGES = (
    r"(?:articles?|stor(?:y|ies)|posts?|news|content|coverage|links?|read(?:s|ing)?|topics?|videos?|photos?|pictures|galler(?:y|ies)"
    r"|podcasts?|episodes|publications|pages?|items|reviews?|guides?|reports?|tags|keywords|searches)"
)
# The line points to another page: alone, or with that page's headline behind a colon.
POINTERS = (
    # English
    r"read (?:more|also|next|the full \w+)", rf"see (?:more|also)(?: {_PAGES})?", r"also (?:read|see)", rf"related(?: {_PAGES})?",
    r"watch(?: (?:also|now|live))?", r"more", r"more (?:on|from|about|stories|news|coverage)(?: [\w\s]{0,30})?",
    r"you (?:may|might) also (?:like|be interested in)", r"don[’']?t miss", r"in case you missed it", r"explore more",
    r"most (?:read|popular|viewed)", r"popular", r"trending", rf"recommended(?: {_PAGES}| for you)?", r"what to read next", r"up next",
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
    r"article content", r"sponsored(?: content)?", r"comments?(?: \(\d+\))?", r"\d+ comments?", r"leave a (?:comment|reply)",
    r"join our commenting forum", r"share(?: (?:this(?: (?:article|story|page|post))?|on \w+|article|full article))?",
    r"print(?: article)?", r"order reprints", r"follow us", r"photos?", r"videos?", r"gallery", r"copy link", r"link copied", r"tags?",
    r"tags?: .*", r"topics?", r"filed under\b.*", r"categor(?:y|ies): .*", r"swipe .*", r"skip to content", r"back to top", r"menu",
    r"search", r"live", r"anzeige", r"werbung", r"kommentare?", r"teilen", r"drucken", r"hauptinhalt", r"auf dieser seite",
    r"inhaltsverzeichnis", r"(?:link )?zum [\w-]{1,30}[-\s]inhalt", r"empfohlener (?:redaktioneller|externer) inhalt", r"schlagworte?: .*",
    r"nach oben", r"publicité", r"commentaires?", r"partager", r"publicidad", r"comentarios", r"compartir", r"pubblicità", r"reklama?",
    r"annonce", r"článek", r"e-paper und .{0,40}", r"push-nachrichten über .{0,40}", r"会員向け.{0,20}", r".{0,10}メールマガジン.{0,20}",
    r"おすすめ情報", r".{1,8}の新着", r"カテゴリーをフォローする",
)  # fmt: skip

# The line is a message of the template, word for word.
MESSAGES = (
    r"(?:sorry, )?an error (?:has )?occurred[.,]?(?: please)?(?: try again(?: later)?)?",
    r"something went wrong[.,]?(?: please try again(?: later)?)?", r"(?:please )?(?:enable|turn on|activate) javascript\b.{0,80}",
    r"your browser (?:does not|doesn[’']t) support\b.{0,60}",
    r"this (?:article|video|content) is (?:no longer|not|currently not|more than \d+ years?)\b (?:available|old).{0,40}",
    r"this video (?:can not|cannot|could not) be played.{0,40}", r"to (?:view|watch|play) this (?:video|content)\b.{0,80}",
    r"this copy is for your personal, non-commercial use\b.{0,250}", r"newsletter ?: .{0,60}",
    # What is left of a text behind a wall
    r"(?:il vous reste \d{1,3}(?:[.,]\d{1,3})? ?% de cet article\b.{0,40})?la suite (?:de cet article )?est réservée aux abonné"
    r"(?:e?s|·e·s)\b.{0,40}",
    r"(?:te|le) queda(?:n)? (?:el |un )?\d{1,3}(?:[.,]\d{1,3})? ?% (?:de este artículo|por leer)\b.{0,60}",
    r"(?:you have|there is) \d{1,3}(?:[.,]\d{1,3})? ?% of this article (?:left|to read)\b.{0,80}",
    r"(?:noch )?\d{1,3}(?:[.,]\d{1,3})? ?% (?:des|dieses) (?:artikels|textes) (?:übrig|verbleiben)\b.{0,60}",
    r"(?:bitte )?(?:aktivieren|erlauben) sie javascript\b.{0,60}", r"leider ist ein fehler aufgetreten.{0,40}",
)  # fmt: skip

# The line says whose material it is; it is worded alike under unlike stories.
# These are credits only before names, or where no sentence follows.
CREDITS = (
    r"(?:additional )?report(?:ing|s) (?:by|from)\b", r"writing by\b", r"editing by\b", r"(?:compiled|written|edited|reported) by\b",
    r"(?:copyright\b|<copyright)", r"with (?:files|reports?|reporting|additional \w+)\b.{0,20}\b(?:from|by)\b", r"with inputs? from\b",
    r"sources? ?:", r"source text\b", r".{0,60}\breported from\b", r"write to .{0,60}@", r"follow \w+(?: \w+)? on\b", r"quellen? ?:",
    r"mit (?:agentur)?material\b", r"mit (?:dpa|afp|apa|sda|rtr|reuters|ap|sid|epd|kna)\b", r"fuentes? ?:", r"fontes? ?:", r"fonti? ?:",
)  # fmt: skip
# These speak of the text itself, or of rights in it, and are credits whatever follows.
IMPRINTS = (
    r"(?:copyright )?(?:©|\(c\))", r"our standards:", r".{0,60}\ball rights reserved(?=\W*$|\.)",
    r".{0,80}\bcontributed (?:to this (?:report|story|article)|reporting)\b", r"reach the reporters?\b",
    r"this (?:article|story|post) (?:was|has been) (?:(?:originally|first) )?(?:published|posted|printed|produced|syndicated"
    r"|distributed|updated|corrected|amended)\b",
    r"this report (?:was|has been) originally\b", r"this story (?:first|originally) appeared\b",
    r"the views expressed (?:in this|here|are)\b", r"dieses? thema im programm\b",
    r"dieser (?:text|artikel|beitrag) (?:erschien|wurde|ist zuerst)\b",
)  # fmt: skip

# Small words between names.
NAME_LINKS = frozenset(
    [
        "by",
        "and",
        "with",
        "from",
        "in",
        "of",
        "at",
        "for",
        "the",
        "und",
        "von",
        "mit",
        "aus",
        "et",
        "de",
        "des",
        "du",
        "la",
        "le",
        "les",
        "par",
        "avec",
        "y",
        "e",
        "con",
        "por",
        "di",
        "da",
        "do",
        "van",
        "en",
        "met",
        "door",
        "og",
        "av",
        "af",
        "med",
        "i",
        "z",
        "и",
        "files",
        "inputs",
        "input",
        "reports",
        "report",
        "material",
        "editing",
        "writing",
        "reporting",
        "additional",
        "contributed",
        "reported",
        "text",
        "foto",
        "photo",
        "fotos",
        "photos",
        "images",
        "von",
        "der",
        "den",
        "te",
    ]
)

# The sentence promises to tell more later.
PROMISES = (
    r"(?:please )?(?:stay tuned|stay with us|watch this space|check back|keep (?:checking back|following (?:us|this|our)"
    r"|checking (?:back|this|for))|follow our live)",
    r"more (?:details )?to (?:follow|come)", r"more details (?:will (?:follow|be added)|to follow|as (?:they|we))\b",
    r"(?:this|it) is a (?:breaking|developing) (?:news? )?(?:story|event|situation)(?=\W*$|[.!;:–—-]|,? and\b| (?:that"
    r"|which) will\b| more\b)",
    r"this (?:breaking|developing) (?:news )?story\b",
    r"for (?:the )?(?:latest|further|more) updates?,? (?:please |also )?(?:visit|follow|see|check|click|stay|subscribe|go to"
    r"|join|keep)\b",
    r"this (?:news )?story (?:is (?:developing|breaking|being updated)|will be updated)",
    r"(?:we|(?:the|this) page) will (?:be )?(?:update|updating) (?:this|the|it|you)\b", r"we will bring you\b", r"bleiben sie dran",
    r"(?:weitere|mehr) (?:informationen|details) (?:folgen|in kürze)",
    r"(?:wir berichten weiter|der artikel wird (?:laufend )?aktualisiert)", r"restez (?:connectés|à l['’]écoute)",
    r"plus d['’]informations à venir", r"manténgase (?:al tanto|atento)", r"noticia en desarrollo",
    r"(?:notizia|articolo) in aggiornamento", r"fique ligado",
)  # fmt: skip

# The label shouts before the first sentence: "URGENT UPDATE: The envoy …".
ALARMS = (
    r"urgent", r"breaking", r"developing", r"just in", r"exclusive", r"alert", r"live", r"update", r"watch", r"eilmeldung",
    r"eil", r"urgente", r"última hora", r"dernière minute",
)  # fmt: skip

# Reading times around the head; and what stands before the time of an update.
READING_TIMES = (
    r"(?:estimated )?(?:reading|read) time\W.{0,40}", r"\d+ ?-?(?:min(?:ute)?s?\.?) (?:read|de lecture|de lectura|di lettura).{0,40}",
    r"\d+ minuten lesezeit", r"lesezeit\W.{0,40}", r"lesedauer\W.{0,40}", r"tempo (?:de leitura|di lettura)\W.{0,40}",
)  # fmt: skip
HEAD_MARKS = (
    r"(?:(?:last|first) )?(?:updated|modified|published|posted)", r"(?:zuletzt )?(?:veröffentlicht|aktualisiert|erstellt|stand)",
    r"publié", r"mis à jour", r"publicado", r"actualizado", r"pubblicato", r"aggiornato", r"publicerad", r"uppdaterad", r"oppdatert",
    r"publisert",
)  # fmt: skip

# A page's meters, which no two visits show alike ("1,204 readers · updated 14 minutes ago · 18:00"): they are no edit.
_COUNT = r"\d[\d.,'\s]{0,15}(?: ?(?:k|m|tsd\.?|mio\.?|thousand|million))?"
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
    rf"{_COUNT} (?:people|readers|users|others|visitors|leser)(?: (?:also|have|are|currently))? (?:reading|viewing|watching"
    rf"|like|liked|read|viewed|shared)(?: now| so far)?",
    rf"(?:{_TIMES}|{_MALE}|{_VUES}|gelesen|read by|shared by|seen by) ?:? ?{_COUNT}(?: ?(?:times|people|readers|users|mal))?",
    rf"(?:(?:last )?(?:updated|modified|refreshed|published|posted)\b ?:? ?)?(?:{_COUNT}|an?|one|a few) ?{_UNIT}\.? ago",
    rf"(?:(?:zuletzt )?(?:aktualisiert|veröffentlicht)\b ?:? ?)?vor (?:{_COUNT}|einer|einem|wenigen) ?{_EINHEIT}(?: aktualisiert)?",
    r"(?:il y a|hace|há|fa) \d+ ?\w{1,9}", r"\d+ \w{1,9} (?:fa|geleden|siden|sedan|temu|önce|назад|тому)",
    rf"(?:it is|it['’]s|the time is|local time|current time|time now|es ist|ortszeit|uhrzeit)(?: now| jetzt)? ?:? ?{_TIME}.{{0,30}}",
    rf"(?:last )?(?:updated|refreshed|modified|aktualisiert|stand)\b ?:? ?(?:at |um )?(?:[\w.,]+ ){{0,6}}{_TIME}",
)  # fmt: skip
CLOCKS = (_TIME,)
# Counters that are sentences speak of the page they stand on.
_THIS = r"(?:this(?: (?:article|story|page|post|report))?|the (?:article|story|page)|diesen (?:artikel|text|beitrag)|das|mit)"
SENTENCE_COUNTERS = (
    rf"{_COUNT} (?:people|readers|users|others|visitors|menschen|leser)(?: (?:also|have|are|currently|gerade|haben)){{0,2}}"
    rf" (?:reading|viewing|watching|like|liked|read|viewed|shared|seen|lesen) {_THIS}(?: (?:gelesen|geteilt"
    rf"|gesehen))?(?: (?:so far|today|now|right now|gerade|heute))?",
    rf"(?:this|the) (?:article|story|page) (?:has been|was) (?:read|viewed|shared|seen)(?: by)? {_COUNT}(?: ?(?:times|people"
    rf"|readers|users))?(?: so far| today)?",
    rf"dieser (?:artikel|text|beitrag) wurde (?:bisher )?{_COUNT} ?mal (?:gelesen|geteilt|aufgerufen)",
)


def any_of(phrases: Iterable[str]) -> str:
    """One pattern for all phrases, blanks standing for any white space, up to nine of it."""
    return "(?:" + "|".join(phrase.replace(" ?", r"\s?").replace(" ", r"\s{1,9}") for phrase in phrases) + ")"


def compile_phrases(pattern: str, **phrases: Iterable[str]) -> re.Pattern[str]:
    """Compile a pattern in which `<name>` stands for any of the named phrases."""
    for name, values in phrases.items():
        pattern = pattern.replace(f"<{name}>", any_of(values))
    return re.compile(pattern, re.IGNORECASE | re.DOTALL)
