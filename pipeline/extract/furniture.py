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
    r"leave a (?:comment|reply)", r"join our commenting forum", r"share(?: (?:this(?: (?:article|story|page|post))?|on \w+|article|full article))?",
    r"print(?: article)?", r"order reprints", r"follow us", r"photos?", r"videos?", r"gallery", r"copy link",
    r"link copied", r"tags?", r"tags?: .*", r"topics?", r"filed under\b.*", r"categor(?:y|ies): .*", r"swipe .*",
    r"skip to content", r"back to top", r"menu", r"search", r"live",
    r"anzeige", r"werbung", r"kommentare?", r"teilen", r"drucken", r"hauptinhalt", r"auf dieser seite",
    r"inhaltsverzeichnis", r"(?:link )?zum [\w-]+[- ]inhalt", r"empfohlener (?:redaktioneller|externer) inhalt",
    r"schlagworte?: .*", r"nach oben",
    r"publicité", r"commentaires?", r"partager", r"publicidad", r"comentarios", r"compartir", r"pubblicità", r"reklama?",
    r"annonce", r"článek", r"e-paper und .{0,40}", r"push-nachrichten über .{0,40}", r"会員向け.{0,20}", r".{0,10}メールマガジン.{0,20}", r"おすすめ情報", r".{1,8}の新着", r"カテゴリーをフォローする",
)  # fmt: skip

# The line is a message of the template, word for word.
MESSAGES = (
    r"(?:sorry, )?an error (?:has )?occurred[.,]?(?: please)?(?: try again(?: later)?)?", r"something went wrong[.,]?(?: please try again(?: later)?)?",
    r"(?:please )?(?:enable|turn on|activate) javascript\b.{0,80}", r"your browser (?:does not|doesn[’']t) support\b.{0,60}",
    r"this (?:article|video|content) is (?:no longer|not|currently not|more than \d+ years?)\b (?:available|old).{0,40}",
    r"this video (?:can not|cannot|could not) be played.{0,40}", r"to (?:view|watch|play) this (?:video|content)\b.{0,80}",
    r"this copy is for your personal, non-commercial use\b.{0,250}", r"newsletter ?: .{0,60}",
    r"(?:bitte )?(?:aktivieren|erlauben) sie javascript\b.{0,60}", r"leider ist ein fehler aufgetreten.{0,40}",
)  # fmt: skip

# What the line asks the reader to do, at the start of a sentence.
CALLS_TO = (
    # English
    r"(?:sign|signing) up\b", r"subscribe\b", r"sign in\b", r"log ?in\b", r"register (?:now|here|for free)\b",
    r"follow .{1,40}? on (?:twitter|x|facebook|instagram|whatsapp|telegram|google|tiktok|linkedin|youtube)\b", r"like us on\b",
    r"click (?:here|below)\b", r"(?:download|get|install) our\b", r"never miss\b", r"don[’']t miss\b", r"donate\b", r"help us\b",
    r"become an? (?:\w+ )?(?:member|supporter|subscriber|patron)\b", r"already an? (?:subscriber|member)\b",
    r"make an? (?:\w+ )?(?:donation|contribution|gift)\b", r"would you like to comment\b", r"tell us (?:what|how|your)\b", r"join .{0,30}?conversations?\b", r"for more stories like this\b",
    # German
    r"(?:jetzt|hier) (?:anmelden|abonnieren|testen|registrieren|spenden|unterstützen|klicken)\b", r"folgen sie uns\b", r"spenden sie\b",
    r"unterstützen sie\b", r"klicken sie hier\b",
    # French, Spanish, Italian, Portuguese, Dutch
    r"cliquez ici\b", r"rejoignez[- ]nous\b", r"suivez[- ]nous\b", r"soutenez[- ]nous\b", r"síguenos\b", r"únete\b", r"haz(?:te)? (?:clic|socio)\b",
    r"seguici\b", r"clicca qui\b", r"clique aqui\b", r"siga[- ]nos\b", r"receba em seu\b", r"klik hier\b", r"volg ons\b",
)  # fmt: skip
# The same, wherever it stands.
CALLS_WITHIN = (
    r"\bplease (?:sign up|subscribe|consider \w+ing|support us|donate|disable your ad)\b",
    r"\bby (?:subscribing|signing up|submitting|providing your)\b", r"\bsign up (?:for|to) (?:our|the \w+['’]s|email)\b", r"\bsign in now\b",
    r"\bsubscribe to our\b", r"\byou (?:will not|won[’']t) believe\b", r"\bwe want to hear from you\b", r"\bis the place for the latest\b",
    r"\babonnieren sie\b", r"\bmelden sie sich\b.{0,80}\ban\b", r"\bfehler (?:gefunden|melden)\b", r"\bmelden sie den fehler\b",
    r"\bmit (?:nur )?(?:zwei|einem) klicks?\b", r"\banzeigen lassen\b", r"\bfür sie recherchiert\b",
    r"\binscri(?:vez|s)[- ]vous\b", r"\babonnez-vous\b", r"\bsuscríb(?:ete|ase)\b", r"\bregístrate\b", r"\biscriviti\b", r"\babbonati\b",
    r"\bassine (?:já|agora)\b", r"\binscreva-se\b", r"\bmeld je aan\b", r"\bprenumerera på\b", r"\btilmeld dig\b", r"\bzapisz się\b", r"\babone ol",
    r"\bподпишитесь\b", r"\bподписывайтесь\b", r"\bпідпишіться\b", r"\bпідписуйтесь\b", r"読もう！", r"会員登録", r"구독(?:하|해|신청)",
)  # fmt: skip
# What news and guides ask for as well: a call only where it is about something of the page's own.
CALLS_SOFT = (
    r"get (?:the (?:latest|best|day[’']s|biggest|top)|daily|weekly|breaking|real-time|all the)\b", r"join (?:our|the|thought|us|now)\b",
    r"get in touch\b", r"send us (?:your|a)\b", r"check out (?:our|more)\b", r"bookmark \w", r"unlock\b", r"read our\b",
    r"support (?:us|our|the|independent|quality)\b", r"(?:download|get|install) the\b", r"chip in\b", r"bleiben sie\b", r"laden sie\b", r"rejoignez\b", r"suivez\b",
)  # fmt: skip

# What of the page's own the line is about.
OURS = (
    # English
    r"\bnewsletters?\b", r"\b(?:in|to) your (?:in|mail)box\b", r"\b(?:free|new|our|this) app\b", r"\b(?:whatsapp|telegram|youtube|signal) (?:channel|group|community|kanal)\b",
    r"\b(?:independent|quality|nonprofit|non-profit|reader-funded|investigative) journalism\b", r"\bbreaking news (?:alerts?|emails?)\b",
    r"\bterms of (?:use|service)\b", r"\bprivacy (?:policy|notice)\b", r"\bcomment(?:ing)? policy\b", r"\bpersonal, non-commercial use\b",
    r"\baffiliate (?:link|commission)s?\b", r"\bget a share of the sale\b", r"\bare independently selected\b", r"\bread our (?:privacy|terms|comment)\b",
    r"\bspecial offers\b", r"\bad[- ]?blockers?\b", r"\bcookies?\b", r"\bcontributions? (?:of|from|by)\b",
    # German
    r"\bihre meinung ist uns\b", r"\bpersonenbezogene daten\b", r"\bdrittplattform", r"\bexterner? inhalte?\b", r"\bausgewählten, externen inhalt\b",
    r"\bdatenschutz(?:erklärung|hinweise?|richtlinie|bestimmungen)\b", r"\be-paper und\b", r"\bpush-nachrichten über\b",
    r"\bkommerzielle nutzung dieses inhalts\b", r"\baffiliate-links?\b",
    # Others
    r"\binfolettre\b", r"\bboletín\b", r"\bnieuwsbrief\b", r"\bnyhetsbrev", r"\bnyhedsbrev", r"\btelegram[- ]канал", r"会員限定", r"会員向け", r"メールマガジン", r"기사 ?url",
)  # fmt: skip

# What is the page's own only where it asks for something.
OURS_SOFT = (
    r"\b(?:channel|community|forum|conversation|journalism|newsroom|podcast|mailing list|subscription)s?\b",
    r"\bnews (?:team|desk)\b",
)

# A line without one of these holds no call: a quick look before the patterns.
CALL_STEMS = (
    "sign", "subscri", "log in", "login", "regist", "follow", "like us", "click", "download our", "get our", "install our", "t miss", "never miss",
    "donat", "help us", "become a", "already a", "make a", "would you", "tell us", "conversation", "for more stories", "jetzt ", "hier a", "hier k", "hier t", "hier r",
    "folgen sie", "spenden", "unterstützen", "cliqu", "rejoign", "suivez", "soutenez", "síguenos", "únete", "haz", "seguici", "clicca", "siga",
    "receba", "volg ons", "klik hier", "please", "by sub", "by provid", "believe", "we want to hear", "the place for", "abonn", "melden", "fehler",
    "klick", "anzeigen lassen", "recherchiert", "inscri", "suscríb", "regístrate", "iscriviti", "assine", "meld je", "prenumerera",
    "tilmeld", "zapisz", "abone", "подпис", "підпи", "読もう", "会員", "구독", "newsletter", "inbox", "mailbox", "in your mail", "in your in", " app", "channel",
    "whatsapp", "telegram", "youtube", "community", "forum", "newsroom", "podcast", "mailing list", "news team", "news desk", "journalism", "alert", "breaking news",
    "terms of", "privacy", "comment policy", "commenting policy", "non-commercial", "affiliate", "share of the sale", "independently selected",
    "special offers", "blocker", "cookie", "contribution", "meinung ist uns", "personenbezogene", "drittplattform", "externe", "datenschutz",
    "e-paper", "push-", "kommerzielle", "infolettre", "boletín", "nieuwsbrief", "nyhetsbrev", "nyhedsbrev", "канал", "メールマガジン", "기사",
)  # fmt: skip

# Words in which a page speaks of itself, and in which it speaks to whoever reads it.
OURSELVES = (
    r"\b(?:us|our|we|this (?:site|page|article|link))\b", r"\b(?:unser\w{0,2}|uns|wir)\b", r"\b(?:notre|nos|nous)\b", r"\b(?:nuestr[oa]s?|nostr[oaie]|noss[oa]s?)\b",
    r"\b(?:ons|onze|vår[at]?|vores|nasz\w{0,3}|naš\w{0,3}|наш\w{0,3}|нас|bizim)\b", r"この(?:記事|続き|ページ)",
)  # fmt: skip
READERS = (
    r"\b(?:you|your|yours)\b", r"\b(?:ihre[mnrs]?|ihnen|sie sich|dein\w{0,2}|dich|du)\b", r"\b(?:vous|votre|vos)\b", r"\b(?:tus?|usted|tuo|tua|vostr[oaie]|você|sua|seu)\b",
    r"\b(?:je|jouw|uw|din|ditt|dig|deg|twój\w{0,3}|váš\w{0,3}|ваш\w{0,3}|sizin)\b", r"無料",
)  # fmt: skip

# The line says whose material it is; it is worded alike under unlike stories.
# These are credits only before names, or where no sentence follows.
CREDITS = (
    r"(?:additional )?report(?:ing|s) (?:by|from)\b", r"writing by\b", r"editing by\b", r"(?:compiled|written|edited|reported) by\b", r"(?:copyright\b|<copyright)",
    r"with (?:files|reports?|reporting|additional \w+)\b.{0,20}\b(?:from|by)\b", r"with inputs? from\b", r"sources? ?:",
    r"source text\b", r".{0,60}\breported from\b", r"write to .{0,60}@", r"follow \w+(?: \w+)? on\b",
    r"quellen? ?:", r"mit (?:agentur)?material\b", r"fuentes? ?:", r"fontes? ?:", r"fonti? ?:",
)  # fmt: skip
# These speak of the text itself, or of rights in it, and are credits whatever follows.
IMPRINTS = (
    r"(?:copyright )?(?:©|\(c\))", r"our standards:", r".{0,60}\ball rights reserved(?=\W*$|\.)", r".{0,80}\bcontributed (?:to this (?:report|story|article)|reporting)\b", r"reach the reporters?\b",
    r"this (?:article|story|post) (?:was|has been) (?:(?:originally|first) )?(?:published|posted|printed|produced|syndicated|distributed|updated|corrected|amended)\b", r"this report (?:was|has been) originally\b",
    r"this story (?:first|originally) appeared\b", r"the views expressed (?:in this|here|are)\b",
    r"dieses? thema im programm\b", r"dieser (?:text|artikel|beitrag) (?:erschien|wurde|ist zuerst)\b",
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

# A sentence says who said it: it is told, and neither a call nor a promise of the page.
ATTRIBUTIONS = (
    r"(?:said|says|told|asked|wrote|writes|added|warned|ordered|announced|argued|explained|promised|urged|read)\b",
    r"(?:sagte[n]?|sagt|schrieb(?:en)?|erklärten?|warnten?|forderten?|hieß es)\b", r"(?:dijo|dijeron|explicó|afirmó|escribió|pidió)\b",
    r"(?:a[- ]t[- ]il|a déclaré|a dit|explique|affirme|selon)\b", r"(?:ha detto|dice|spiega|afferma)\b", r"(?:disse|afirmou|explicou)\b",
    r"(?:zei|zegt|sa|sade|sier|siger|sagde)\b", r"(?:powiedział\w*|řekl\w*|сказал\w*|заявил\w*|сообщил\w*|сказав|заявив|dedi|söyledi)\b",
)  # fmt: skip

# The sentence promises to tell more later.
PROMISES = (
    r"(?:please )?(?:stay tuned|stay with us|watch this space|check back|keep (?:checking back|following (?:us|this|our)|checking (?:back|this|for))|follow our live)",
    r"more (?:details )?to (?:follow|come)", r"more details (?:will (?:follow|be added)|to follow|as (?:they|we))\b",
    r"(?:this|it) is a (?:breaking|developing) (?:news? )?(?:story|event|situation)(?=\W*$|[.!;:–—-]|,? and\b| (?:that|which) will\b| more\b)",
    r"this (?:breaking|developing) (?:news )?story\b", r"for (?:the )?(?:latest|further|more) updates?,? (?:please |also )?(?:visit|follow|see|check|click|stay|subscribe|go to|join|keep)\b",
    r"this (?:news )?story (?:is (?:developing|breaking|being updated)|will be updated)",
    r"(?:we|(?:the|this) page) will (?:be )?(?:update|updating) (?:this|the|it|you)\b", r"we will bring you\b",
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

# Reading times around the head; and what stands before the time of an update.
READING_TIMES = (
    r"(?:estimated )?(?:reading|read) time\W.{0,40}", r"\d+ ?-?(?:min(?:ute)?s?\.?) (?:read|de lecture|de lectura|di lettura).{0,40}",
    r"\d+ minuten lesezeit", r"lesezeit\W.{0,40}", r"lesedauer\W.{0,40}", r"tempo (?:de leitura|di lettura)\W.{0,40}",
)  # fmt: skip
HEAD_MARKS = (
    r"(?:(?:last|first) )?(?:updated|modified|published|posted)", r"(?:zuletzt )?(?:veröffentlicht|aktualisiert|erstellt|stand)",
    r"publié", r"mis à jour", r"publicado", r"actualizado", r"pubblicato", r"aggiornato", r"publicerad", r"uppdaterad", r"oppdatert", r"publisert",
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
    rf"{_COUNT} (?:people|readers|users|others|visitors|leser)(?: (?:also|have|are|currently))? (?:reading|viewing|watching|like|liked|read|viewed|shared)(?: now| so far)?",
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
    rf" (?:reading|viewing|watching|like|liked|read|viewed|shared|seen|lesen) {_THIS}(?: (?:gelesen|geteilt|gesehen))?(?: (?:so far|today|now|right now|gerade|heute))?",
    rf"(?:this|the) (?:article|story|page) (?:has been|was) (?:read|viewed|shared|seen)(?: by)? {_COUNT}(?: ?(?:times|people|readers|users))?(?: so far| today)?",
    rf"dieser (?:artikel|text|beitrag) wurde (?:bisher )?{_COUNT} ?mal (?:gelesen|geteilt|aufgerufen)",
)


def any_of(phrases: Iterable[str]) -> str:
    """One pattern for all phrases, blanks standing for any white space."""
    return "(?:" + "|".join(phrase.replace(" ", r"\s+").replace(r"\s+?", r"\s?") for phrase in phrases) + ")"


def compile_phrases(pattern: str, **phrases: Iterable[str]) -> re.Pattern[str]:
    """Compile a pattern in which `<name>` stands for any of the named phrases."""
    for name, values in phrases.items():
        pattern = pattern.replace(f"<{name}>", any_of(values))
    return re.compile(pattern, re.IGNORECASE | re.DOTALL)
