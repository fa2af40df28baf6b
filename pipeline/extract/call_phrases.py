"""Phrases by which a page calls on its reader, by what they say and by language: the vocabulary of `calls`."""

from __future__ import annotations

# What the line asks the reader to do, at the start of a sentence.
CALLS_TO = (
    # English
    r"(?:sign|signing) up\b", r"subscribe\b", r"sign in\b", r"log ?in\b", r"register (?:now|here|for free)\b",
    r"follow .{1,40}? on (?:twitter|x|facebook|instagram|whatsapp|telegram|google|tiktok|linkedin|youtube)\b", r"like us on\b",
    r"click (?:here|below)\b", r"(?:download|get|install) our\b", r"never miss\b", r"don[’']t miss\b", r"donate\b", r"help us\b",
    r"become an? (?:\w+ )?(?:member|supporter|subscriber|patron)\b", r"already an? (?:subscriber|member)\b",
    r"make an? (?:\w+ )?(?:donation|contribution|gift)\b", r"would you like to comment\b", r"tell us (?:what|how|your)\b",
    r"join .{0,30}?conversations?\b", r"for more stories like this\b",
    # German
    r"(?:jetzt|hier) (?:anmelden|abonnieren|testen|registrieren|spenden|unterstützen|klicken)\b", r"folgen sie uns\b", r"spenden sie\b",
    r"unterstützen sie\b", r"klicken sie hier\b",
    # French, Spanish, Italian, Portuguese, Dutch
    r"cliquez ici\b", r"rejoignez[- ]nous\b", r"suivez[- ]nous\b", r"soutenez[- ]nous\b", r"síguenos\b", r"únete\b",
    r"haz(?:te)? (?:clic|socio)\b", r"seguici\b", r"clicca qui\b", r"clique aqui\b", r"siga[- ]nos\b", r"receba em seu\b",
    r"klik hier\b", r"volg ons\b",
)  # fmt: skip
# The same, wherever it stands.
CALLS_WITHIN = (
    r"\bplease (?:sign up|subscribe|consider \w+ing|support us|donate|disable your ad)\b",
    r"\bby (?:subscribing|signing up|submitting|providing your)\b", r"\bsign up (?:for|to) (?:our|the \w+['’]s|email)\b",
    r"\bsign in now\b", r"\bsubscribe to our\b", r"\byou (?:will not|won[’']t) believe\b", r"\bwe want to hear from you\b",
    r"\bis the place for the latest\b", r"\babonnieren sie\b", r"\bmelden sie sich\b.{0,80}\ban\b", r"\bfehler (?:gefunden|melden)\b",
    r"\bmelden sie den fehler\b", r"\bmit (?:nur )?(?:zwei|einem) klicks?\b", r"\banzeigen lassen\b", r"\bfür sie recherchiert\b",
    r"\binscri(?:vez|s)[- ]vous\b", r"\babonnez-vous\b", r"\bsuscríb(?:ete|ase)\b", r"\bregístrate\b", r"\biscriviti\b",
    r"\babbonati\b", r"\bassine (?:já|agora)\b", r"\binscreva-se\b", r"\bmeld je aan\b", r"\bprenumerera på\b", r"\btilmeld dig\b",
    r"\bzapisz się\b", r"\babone ol", r"\bподпишитесь\b", r"\bподписывайтесь\b", r"\bпідпишіться\b", r"\bпідписуйтесь\b", r"読もう！",
    r"会員登録", r"구독(?:하|해|신청)",
)  # fmt: skip
# What news and guides ask for as well: a call only where it is about something of the page's own.
CALLS_SOFT = (
    r"get (?:the (?:latest|best|day[’']s|biggest|top)|daily|weekly|breaking|real-time|all the)\b", r"join (?:our|the|thought|us|now)\b",
    r"get in touch\b", r"send us (?:your|a)\b", r"check out (?:our|more)\b", r"bookmark \w", r"unlock\b", r"read our\b",
    r"support (?:us|our|the|independent|quality)\b", r"(?:download|get|install) the\b", r"chip in\b", r"bleiben sie\b", r"laden sie\b",
    r"rejoignez\b", r"suivez\b",
)  # fmt: skip
# What of the page's own the line is about.
OURS = (
    # English
    r"\bnewsletters?\b", r"\b(?:in|to) your (?:in|mail)box\b", r"\b(?:free|new|our|this) app\b",
    r"\b(?:whatsapp|telegram|youtube|signal) (?:channel|group|community|kanal)\b",
    r"\b(?:independent|quality|nonprofit|non-profit|reader-funded|investigative) journalism\b",
    r"\bbreaking news (?:alerts?|emails?)\b", r"\bterms of (?:use|service)\b", r"\bprivacy (?:policy|notice)\b",
    r"\bcomment(?:ing)? policy\b", r"\bpersonal, non-commercial use\b", r"\baffiliate (?:link|commission)s?\b",
    r"\bget a share of the sale\b", r"\bare independently selected\b", r"\bread our (?:privacy|terms|comment)\b", r"\bspecial offers\b",
    r"\bad[- ]?blockers?\b", r"\bcookies?\b", r"\bcontributions? (?:of|from|by)\b",
    # German
    r"\bihre meinung ist uns\b", r"\bpersonenbezogene daten\b", r"\bdrittplattform", r"\bexterner? inhalte?\b",
    r"\bausgewählten, externen inhalt\b", r"\bdatenschutz(?:erklärung|hinweise?|richtlinie|bestimmungen)\b", r"\be-paper und\b",
    r"\bpush-nachrichten über\b", r"\bkommerzielle nutzung dieses inhalts\b", r"\baffiliate-links?\b",
    # Others
    r"\binfolettre\b", r"\bboletín\b", r"\bnieuwsbrief\b", r"\bnyhetsbrev", r"\bnyhedsbrev", r"\btelegram[- ]канал",
    r"会員限定", r"会員向け",
    r"メールマガジン", r"기사 ?url",
)  # fmt: skip
# What is the page's own only where it asks for something.
OURS_SOFT = (
    r"\b(?:channel|community|forum|conversation|journalism|newsroom|podcast|mailing list|subscription)s?\b",
    r"\bnews (?:team|desk)\b",
    r"\bon (?:twitter|x|facebook|instagram|whatsapp|telegram|tiktok|linkedin|youtube)\b",
    r"\bto (?:read on|continue reading|keep reading|read the (?:full|rest))\b",
)
# A line without one of these holds no call: a quick look before the patterns.
CALL_STEMS = (
    "sign", "subscri", "log in", "login", "regist", "follow", "like us", "click", "download our", "get our", "install our", "t miss",
    "never miss", "donat", "help us", "become a", "already a", "make a", "would you", "tell us", "conversation", "for more stories",
    "jetzt ", "hier a", "hier k", "hier t", "hier r", "folgen sie", "spenden", "unterstützen", "cliqu", "rejoign", "suivez", "soutenez",
    "síguenos", "únete", "haz", "seguici", "clicca", "siga", "receba", "volg ons", "klik hier", "please", "by sub", "by provid",
    "believe", "we want to hear", "the place for", "abonn", "abbonati", "подпиш", "подписы",
    "inscreva", "klicks", "melden", "fehler", "klick", "anzeigen lassen", "recherchiert", "inscri",
    "suscríb", "regístrate", "iscriviti", "assine", "meld je", "prenumerera", "tilmeld", "zapisz", "abone", "подпис", "підпи", "読もう",
    "会員", "구독", "newsletter", "inbox", "mailbox", "in your mail", "in your in", " app", "channel", "whatsapp", "telegram", "youtube",
    "community", "forum", "newsroom", "podcast", "mailing list", "news team", "news desk", "journalism", "alert", "breaking news",
    "terms of", "privacy", "comment policy", "commenting policy", "non-commercial", "affiliate", "share of the sale",
    "independently selected", "special offers", "blocker", "cookie", "contribution", "meinung ist uns", "personenbezogene",
    "drittplattform", "externe", "datenschutz", "e-paper", "push-", "kommerzielle", "infolettre", "boletín", "nieuwsbrief",
    "nyhetsbrev", "nyhedsbrev", "канал", "メールマガジン", "기사",
)  # fmt: skip
# Words in which a page speaks of itself, and in which it speaks to whoever reads it.
OURSELVES = (
    r"\b(?:us|our|we|this (?:site|page|article|link))\b", r"\b(?:unser\w{0,2}|uns|wir)\b", r"\b(?:notre|nos|nous)\b",
    r"\b(?:nuestr[oa]s?|nostr[oaie]|noss[oa]s?)\b", r"\b(?:ons|onze|vår[at]?|vores|nasz\w{0,3}|naš\w{0,3}|наш\w{0,3}|нас|bizim)\b",
    r"この(?:記事|続き|ページ)",
)  # fmt: skip
READERS = (
    r"\b(?:you|your|yours)\b", r"\b(?:ihre[mnrs]?|ihnen|sie sich|dein\w{0,2}|dich|du)\b", r"\b(?:vous|votre|vos)\b",
    r"\b(?:tus?|usted|tuo|tua|vostr[oaie]|você|sua|seu)\b",
    r"\b(?:je|jouw|uw|din|ditt|dig|deg|twój\w{0,3}|váš\w{0,3}|ваш\w{0,3}|sizin)\b", r"無料",
)  # fmt: skip
# A sentence says who said it: it is told, and neither a call nor a promise of the page.
ATTRIBUTIONS = (
    r"(?:said|says|told|asked|wrote|writes|added|warned|ordered|announced|argued|explained|promised|urged|read)\b",
    r"(?:sagte[n]?|sagt|schrieb(?:en)?|erklärten?|warnten?|forderten?|hieß es)\b", r"(?:dijo|dijeron|explicó|afirmó|escribió|pidió)\b",
    r"(?:a[- ]t[- ]il|a déclaré|a dit|explique|affirme|selon)\b", r"(?:ha detto|dice|spiega|afferma)\b",
    r"(?:disse|afirmou|explicou)\b", r"(?:zei|zegt|sa|sade|sier|siger|sagde)\b",
    r"(?:powiedział\w*|řekl\w*|сказал\w*|заявил\w*|сообщил\w*|сказав|заявив|dedi|söyledi)\b",
)  # fmt: skip
