"""Bytes to text: legacy encodings with and without meta, stray bytes, lying labels, cuts, wide encodings."""

from __future__ import annotations

import codecs

import pytest

from pipeline.text.decode import decode_page, why_not_text

TEXTS = {
    "de": "Die Müllabfuhr fährt künftig früher: Überall in Köln müssen die Tonnen spätestens um sechs Uhr draußen stehen. ",
    "ru": "Городской совет решил углубить восточный фарватер впервые за девятнадцать лет после двух аварий. ",
    "uk": "Міська рада вирішила поглибити східний фарватер уперше за дев’ятнадцять років після двох аварій. ",
    "ja": "港湾委員会は火曜日、十九年ぶりに東水路を浚渫することを決めた。工事は十一週間かかる見込みだ。",
    "zh": "港务局周二投票决定十九年来首次疏浚东部航道，此前一月有两艘货船触底。工程将持续十一周。",
    "ko": "항만 위원회는 화요일 십구 년 만에 처음으로 동쪽 수로를 준설하기로 결정했다. 공사는 십일 주가 걸린다.",
    "pl": "Rada portu postanowiła w czwartek pogłębić wschodni tor wodny po raz pierwszy od dziewiętnastu łat. Źdźbło. ",
    "el": "Το συμβούλιο του λιμανιού αποφάσισε την Τρίτη να εμβαθύνει τον ανατολικό δίαυλο για πρώτη φορά. ",
    "en": "“A loaded coaster clears the bar by a hand,” said the harbour master – and it’s getting worse… ",
}
LEGACY = [
    ("de", "cp1252", "iso-8859-1"), ("de", "iso8859-15", "iso-8859-15"), ("en", "cp1252", "windows-1252"),
    ("ru", "cp1251", "windows-1251"), ("ru", "koi8-r", "koi8-r"), ("uk", "cp1251", "windows-1251"),
    ("ja", "cp932", "shift_jis"), ("ja", "euc_jp", "euc-jp"), ("ja", "iso2022_jp", "iso-2022-jp"),
    ("zh", "gb18030", "gb2312"), ("ko", "cp949", "euc-kr"), ("pl", "iso8859-2", "iso-8859-2"),
    ("pl", "cp1250", "windows-1250"), ("el", "iso8859-7", "iso-8859-7"),
]  # fmt: skip
OTHERS = {
    "cs": "Příliš žluťoučký kůň úpěl ďábelské ódy, a rada přístavu rozhodla, že prohloubí východní plavební dráhu. ",
    "hu": "A kikötői tanács úgy döntött, hogy mélyíti ki a keleti hajóutat; a költségről később dönt. Fűtőolaj, őszi eső. ",
    "hr": "Lučko vijeće odlučilo je u četvrtak produbiti istočni kanal, a radovi će početi već krajem sljedeće godine. ",
    "ro": "Consiliul portului a hotărât joi să adâncească portul de est pentru întâia dată; lucrările vor dura un an. ",
    "tr": "Liman kurulu perşembe günü doğu kanalını on dokuz yıl sonra ilk kez derinleştirmeye karar verdi. İşçi. ",
    "lt": "Uosto taryba ketvirtadienį nusprendė pagilinti rytinį kanalą pirmą kartą per devyniolika metų. Žvejų įmonė. ",
    "fr": "Le conseil du port a décidé jeudi d’approfondir le chenal à l’est ; les travaux dureront près d’un an. ",
    "he": "מועצת הנמל החליטה ביום חמישי להעמיק את התעלה המזרחית לראשונה מזה תשע עשרה שנים. ",
    "ar": "قرر مجلس الميناء يوم الخميس تعميق القناة الشرقية لأول مرة منذ تسعة عشر عاما. ",
    "tw": "港務局週二投票決定十九年來首次疏浚東部航道，此前一個月有兩艘貨船觸底。工程將持續十一週。",
}
UNNAMED = [
    *((TEXTS[language], codec) for language, codec, _ in LEGACY), (TEXTS["ru"], "iso8859-5"), (TEXTS["uk"], "koi8-u"),
    (OTHERS["cs"], "cp1250"), (OTHERS["cs"], "iso8859-2"), (OTHERS["hu"], "iso8859-2"), (OTHERS["hr"], "cp1250"),
    (OTHERS["hr"], "iso8859-2"), (OTHERS["ro"], "iso8859-2"), (OTHERS["tr"], "cp1254"), (OTHERS["lt"], "cp1257"),
    (OTHERS["fr"], "cp1252"), (OTHERS["fr"], "mac_roman"),
    (TEXTS["de"], "mac_roman"), (OTHERS["he"], "cp1255"), (OTHERS["ar"], "cp1256"), (OTHERS["tw"], "big5hkscs"),
]  # fmt: skip


def page(language: str, charset: str | None = None) -> str:
    meta = f'<meta charset="{charset}">' if charset else ""
    body = "".join(f"<p>{TEXTS[language] * 3}</p>" for _ in range(4))
    return f"<!doctype html><html><head>{meta}<title>{TEXTS[language]}</title></head><body>{body}</body></html>"


@pytest.mark.parametrize(("language", "codec", "label"), LEGACY)
def test_legacy_encoding_named_by_meta(language: str, codec: str, label: str) -> None:
    text = page(language, label)
    assert decode_page(text.encode(codec, "ignore"), "text/html") == text.encode(codec, "ignore").decode(codec)


@pytest.mark.parametrize(("language", "codec", "label"), LEGACY)
def test_legacy_encoding_named_by_the_header(language: str, codec: str, label: str) -> None:
    body = page(language).encode(codec, "ignore")
    assert decode_page(body, f"text/html; charset={label}") == body.decode(codec)


@pytest.mark.parametrize(("language", "codec", "label"), LEGACY)
def test_legacy_encoding_named_by_nobody(language: str, codec: str, label: str) -> None:
    body = page(language).encode(codec, "ignore")
    assert decode_page(body, None) == body.decode(codec)


@pytest.mark.parametrize(("text", "codec"), UNNAMED, ids=[f"{n}-{codec}" for n, (_, codec) in enumerate(UNNAMED)])
@pytest.mark.parametrize("label", [None, "utf-8", "iso-8859-1", "unknown-8bit"])
def test_one_sentence_without_a_true_label(text: str, codec: str, label: str | None) -> None:
    meta = f'<meta charset="{label}">' if label else ""
    body = f"<html><head>{meta}</head><body><p>{text}</p></body></html>".encode(codec, "ignore")
    header = f"text/html; charset={label}" if label else None
    assert decode_page(body, header) == body.decode(codec)


@pytest.mark.parametrize("label", ["euc-kr", "windows-949", "ks_c_5601-1987", "x-windows-949", "cp949", "uhc"])
def test_korean_syllables_beyond_the_standard_have_its_label_all_the_same(label: str) -> None:
    text = f"<meta charset={label}><p>펲시콜라 똠방각하 뷁 햏자</p>"
    assert decode_page(text.encode("cp949"), "text/html") == text


@pytest.mark.parametrize("language", TEXTS)
@pytest.mark.parametrize("stray", [b"\xe9", b"\x80\xff\xa0"])
def test_stray_bytes_cost_only_themselves(language: str, stray: bytes) -> None:
    body = page(language).encode()
    middle = body.index(b"<p>")
    text = decode_page(body[:middle] + stray + body[middle:], None)
    assert text.replace("\ufffd", "") == page(language)
    assert 1 <= text.count("\ufffd") <= len(stray)


@pytest.mark.parametrize("language", TEXTS)
def test_meta_and_header_that_lie_about_utf_8(language: str) -> None:
    text = page(language, "iso-8859-1")
    assert decode_page(text.encode(), "text/html; charset=windows-1251") == text


@pytest.mark.parametrize(("language", "codec", "label"), LEGACY)
def test_meta_and_header_that_say_utf_8_and_are_not(language: str, codec: str, label: str) -> None:
    body = page(language, "utf-8").encode(codec, "ignore")
    assert decode_page(body, "text/html; charset=utf-8") == body.decode(codec)


@pytest.mark.parametrize("language", ["ru", "ja", "en", "pl"])
def test_utf_8_cut_within_a_character(language: str) -> None:
    body = page(language).encode()
    cut = max(i for i, byte in enumerate(body) if byte >= 0xC0) + 1
    assert decode_page(body[:cut], None).startswith(body[: cut - 1].decode())


@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("with_mark", [True, False])
@pytest.mark.parametrize("language", ["en", "ru"])
def test_utf_16(language: str, codec: str, with_mark: bool) -> None:
    mark = (codecs.BOM_UTF16_LE if codec.endswith("le") else codecs.BOM_UTF16_BE) if with_mark else b""
    assert decode_page(mark + page(language).encode(codec), None) == page(language)


def test_byte_order_mark_beats_the_header() -> None:
    assert decode_page(codecs.BOM_UTF8 + "Größe".encode(), "text/html; charset=iso-8859-1") == "Größe"


def test_unknown_label_is_no_error() -> None:
    assert decode_page("Größe".encode("cp1252"), "text/html; charset=klingon-8") == "Größe"


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3", "text/html"),
        (b"\x89PNG\r\n\x1a\n" + bytes(200), None),
        (b"\x1f\x8b\x08\x00" + bytes(50), "text/html"),
        (bytes(range(256)) * 40, "text/html"),
        (b'{"title": "no page", "items": [1, 2]}', "text/html"),
        (b"plain", "image/jpeg"),
        (b"plain", "application/octet-stream"),
    ],
)
def test_bytes_that_are_no_text(body: bytes, content_type: str | None) -> None:
    assert why_not_text(body, decode_page(body, content_type), content_type)


@pytest.mark.parametrize("content_type", [None, "", "text/html; charset=utf-8", "application/xhtml+xml", "text/plain"])
def test_pages_are_text(content_type: str | None) -> None:
    body = page("ru").encode()
    assert why_not_text(body, decode_page(body, content_type), content_type) is None
