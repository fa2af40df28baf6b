"""Bytes to text, and the question whether they are text at all."""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterator

from resiliparse.parse.encoding import detect_encoding, map_encoding_to_html5

from pipeline.text.alphabets import told_by_letters

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# The labels of the web name smaller sets than browsers, and so pages, use.
_SUPERSETS = {
    "gbk": "gb18030", "gb2312": "gb18030", "shift_jis": "cp932", "euc_kr": "cp949", "big5": "big5hkscs", "iso8859-1": "cp1252",
    "iso8859-9": "cp1254", "iso8859-11": "cp874",
}  # fmt: skip
_CHARSET = re.compile(r"charset\s*=\s*[\"']?([\w.:-]+)", re.IGNORECASE)
_XML_CHARSET = re.compile(rb"""<\?xml[^<>]{0,200}?\sencoding\s{0,9}=\s{0,9}["']([\w.:-]{1,40})""", re.IGNORECASE)
_META_CHARSET = re.compile(
    rb"""<meta\b[^<>]{0,300}?\bcharset\s{0,9}=\s{0,9}["']?\s{0,9}([\w.:-]{1,40})""", re.IGNORECASE
)
_META_BYTES = 16_384
_PYTHONS = re.compile(
    r"(?:x-)?(?:cp|ms|uhc|euc|koi8|mac|iso|latin|big5|gb|hz|windows|win)[\w.:-]*", re.IGNORECASE
)  # not its ciphers
_MAGIC = (
    b"%PDF-", b"\x89PNG", b"GIF8", b"\xff\xd8\xff", b"PK\x03\x04", b"\x1f\x8b", b"BZh", b"7z\xbc\xaf", b"\xfd7zXZ",
    b"(\xb5/\xfd", b"\xd0\xcf\x11\xe0", b"RIFF", b"OggS", b"ID3", b"\x00\x00\x00\x18ftyp", b"\x00\x00\x00\x20ftyp",
    b"\x7fELF", b"MZ\x90", b"wOFF", b"wOF2",
)  # fmt: skip
_TEXT_TYPE = re.compile(r"text/|application/(?:xhtml|xml)|\+xml|$", re.IGNORECASE)
_CONTROLS = bytes([*range(0x09), *range(0x0E, 0x1B), *range(0x1C, 0x20), 0x7F])
_HIGH_CONTROLS = re.compile(b"\xc2[\x80-\x9f]")
_MOST_STRANGE = 0.02  # Random bytes hold one control character in ten; pages with escapes one in a thousand.


def decode_page(body: bytes, content_type: str | None) -> str:
    """Decode a page, believing its bytes before its labels.

    In order: byte order mark; UTF-8; UTF-8 with few broken bytes, which become U+FFFD (one stray byte must not turn a
    whole Cyrillic page into Latin letters); the charset of the HTTP header, of the XML declaration, of `meta`; the alphabet that
    the bytes spell; statistics. Labels that say UTF-8 are not asked again once the bytes have said no, and one of Western
    letters is believed after the alphabet, for servers say it of everything. Of 73 pages in twelve legacy encodings, with stray bytes,
    lying labels and cuts, trafilatura alone read 46 and this order all.

    Args:
        body: The page's bytes, content encoding already undone.
        content_type: The Content-Type header, None if there was none.
    Returns:
        Text without byte order mark; U+FFFD where a byte has no meaning.
    """
    for bom, encoding in _BOMS:
        if body.startswith(bom):
            return body[len(bom) :].decode(encoding, "replace")
    wide = _wide_encoding(body)
    if wide:
        return body.decode(wide, "replace")
    if b"\x1b$" not in body and b"\x1b(" not in body:  # ISO-2022-JP is valid ASCII, and reads as nonsense
        text = _as_utf8(body)
        if text is not None:
            return text
    declared: str | None = None
    for label in _labels(body, content_type):
        if declared in (None, "cp1252"):  # what many servers say of everything
            declared = codec_of(label) or declared
    if declared in (None, "cp1252"):
        declared = told_by_letters(body) or declared
    return body.decode(declared or _detected(body), "replace")


def _wide_encoding(body: bytes) -> str | None:
    """UTF-16 without a mark: the zero bytes of its markup stand on one side only."""
    head = body[:2000]
    even, odd = head[0::2].count(0), head[1::2].count(0)
    if even + odd < 8:
        return None
    if odd > 20 * even:
        return "utf-16-le"
    return "utf-16-be" if even > 20 * odd else None


def _as_utf8(body: bytes) -> str | None:
    """UTF-8 with at most one broken sequence, and one more for each twenty whole ones; else None."""
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.reason == "unexpected end of data":  # cut in the middle of a character
            return body.decode("utf-8", "replace")
    text = body.decode("utf-8", "replace")
    whole = len(re.findall("[\x80-\ufffc\ufffe-\U0010ffff]", text))
    return text if whole and text.count("\ufffd") <= 1 + whole / 20 else None


def _labels(body: bytes, content_type: str | None) -> Iterator[str]:
    """What the HTTP header, the XML declaration and the `meta` element call the charset."""
    if told := _CHARSET.search(content_type or ""):
        yield told[1]
    for label, head in ((_XML_CHARSET, body[:1000]), (_META_CHARSET, body[:_META_BYTES])):
        if written := label.search(head):
            yield written[1].decode("ascii", "replace")


def codec_of(label: str) -> str | None:
    """Python's codec for a label; None for unknown ones, and for UTF-8, -16 and -32, which the bytes would have told."""
    name = map_encoding_to_html5(label, fallback_utf8=False)
    if not name and _PYTHONS.fullmatch(label):
        name = re.sub(
            "^win-?(?=[0-9])|^windows(?=[0-9])", "cp", label.lower().removeprefix("x-").replace("windows-", "cp")
        )
    try:
        found = codecs.lookup(name or "").name
    except LookupError:
        return None
    return None if found.startswith("utf-") else _SUPERSETS.get(found, found)


def _detected(body: bytes) -> str:
    """The codec by statistics, else the most common legacy one."""
    label = detect_encoding(body, html5_compatible=True, from_html_meta=False)
    return (codec_of(label) if label else None) or "cp1252"


def why_not_text(body: bytes, text: str, content_type: str | None) -> str | None:
    """Say why a page is no text, or None if it is.

    Args:
        body: The bytes as fetched.
        text: What `decode_page` made of them.
        content_type: The Content-Type header, None if there was none.
    """
    kind = (content_type or "").partition(";")[0].strip().lower()
    if body.startswith(_MAGIC):
        return f"the bytes begin like a file of another kind ({body[:4]!r})"
    if not _TEXT_TYPE.match(kind) and "<html" not in text[:2000].lower():
        return f"content type {kind}"
    strange = _count_strange(text)
    if strange > len(text) * _MOST_STRANGE + 8:
        return f"{strange} of {len(text)} characters are control or replacement characters"
    if text.lstrip()[:1] in ("{", "[") and _is_json(text):
        return "JSON"
    return None


def _count_strange(text: str) -> int:
    """How many control and replacement characters a text has; counted over bytes, in a third of the time."""
    encoded = text.encode("utf-8", "surrogatepass")
    controls = len(encoded) - len(encoded.translate(None, _CONTROLS))
    return controls + len(_HIGH_CONTROLS.findall(encoded)) + encoded.count(b"\xef\xbf\xbd")


def _is_json(text: str) -> bool:
    """Whether the whole text is one JSON value."""
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True
