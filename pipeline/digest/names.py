"""Names that say nothing of what a story is about, and the agencies under all the names they sign with."""

from __future__ import annotations

from pipeline.digest.features import sound_name

# Each agency by its short name, with the others it is signed by.
_AGENCIES = {
    "ap": "associated press|ap news", "reuters": "thomson reuters", "afp": "agence france-presse|agence france presse",
    "dpa": "deutsche presse-agentur", "upi": "united press international", "tass": "itar-tass|tass news agency",
    "xinhua": "xinhua news agency", "pa": "press association|pa media", "ansa": "", "efe": "agencia efe", "apa": "", "kyodo": "kyodo news",
    "pti": "press trust of india", "ians": "", "ani": "", "aap": "australian associated press", "ritzau": "", "ntb": "", "tt": "",
    "anp": "", "belga": "", "lusa": "", "sda": "keystone-sda", "epd": "", "kna": "", "sid": "", "ria": "ria novosti", "interfax": "",
    "bloomberg": "bloomberg news", "anadolu": "anadolu agency", "yonhap": "yonhap news agency", "cp": "the canadian press|canadian press",
}  # fmt: skip
_SIGNED = {name: short for short, others in _AGENCIES.items() for name in (short, *others.split("|")) if name}

_GENERIC = """
    monday tuesday wednesday thursday friday saturday sunday january february march april may june july august september
    october november december jan feb mar apr jun jul aug sept sep oct nov dec
    montag dienstag mittwoch donnerstag freitag samstag sonntag sonnabend januar februar märz mai juni juli oktober dezember
    gmt utc est edt cst cdt pst pdt cet cest bst am pm
    mr mrs ms dr prof sir
    news agency press times post photo file getty images video
    uhr jahr jahre jahren prozent tag tage tagen woche wochen monat monate
"""
GENERIC_NAMES = frozenset(
    sound_name(word)
    for word in (*_GENERIC.split(), *(part for name in _SIGNED for part in name.split()))
)  # fmt: skip


def agency_of(signature: str) -> str | None:
    """The agency that a signature stands for ("AP", "Reuters", "dpa/lno"); None for any other.

    Example:
        >>> agency_of("Associated Press"), agency_of("dpa/lno"), agency_of("Oldmill Gazette")
        ('ap', 'dpa', None)
    """
    folded = " ".join(signature.casefold().split())
    return _SIGNED.get(folded) or _SIGNED.get(folded.replace("-", "/").split("/")[0].strip())
