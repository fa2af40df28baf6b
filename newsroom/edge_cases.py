"""What odd pages send: a stray byte, nesting without end, a PDF, a counter that never rests."""

from __future__ import annotations

import re
import zlib
from datetime import datetime, timedelta

from markupsafe import escape

from newsroom.records import Page, Version

# Without a meaning in UTF-8, where it continues nothing, and in windows-1252, which leaves it out.
STRAY = b"\x81"
# libxml2 takes 256 levels by default, browsers 512; whoever walks the tree by recursion ends at some thousands.
NESTING = 5000
# At two bytes a second, well below the half minute that crawlers commonly allow.
DRIPPED_BYTES = 10
FILLER = b"<p>And so the tide came in, and went out, and came in.</p>\n" * 1000


def with_stray_byte(body: bytes, page: Page, version: Version) -> bytes:
    """The page with one meaningless byte at the end of its first paragraph."""
    paragraph = str(escape(version.shown[0])).encode(page.outlet.encoding, "xmlcharrefreplace")
    return body.replace(paragraph, paragraph + STRAY, 1)


def nested(body: bytes) -> bytes:
    """The page inside so many elements that a reader by recursion does not come back."""
    return re.sub(rb"<body[^>]*>", lambda match: match[0] + b"<div>" * NESTING, body, count=1)


def pdf(page: Page, version: Version) -> bytes:
    """A small PDF of one sheet that holds the title and the first words."""
    words = f"{page.title or page.name}: {version.shown[0]}"[:90].encode("latin-1", "replace")
    text = re.sub(rb"([()\\])", rb"\\\1", words)
    stream = b"BT /F1 12 Tf 40 780 Td (" + text + b") Tj ET"
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R"
        b" /Resources << /Font << /F1 << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >> >>",
        b"<< /Length %d >>\nstream\n%b\nendstream" % (len(stream), stream),
    ]
    body, offsets = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, 1):
        offsets.append(len(body))
        body += b"%d 0 obj\n%b\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    return body + (
        b"xref\n0 5\n0000000000 65535 f \n%btrailer\n<< /Size 5 /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n"
        % (table, len(body))
    )


def counter(page: Page, version: Version, now: datetime) -> tuple[str, ...]:
    """Readers, the time since the last change, and the time of day, as the page shows them at `now`."""
    if not page.has_counter:
        return ()
    hours = (now - page.published_at) // timedelta(hours=1)
    readers = 1000 + (zlib.crc32(page.key.encode()) % 400 + 137 * hours) % 8000
    minutes = (now - version.announced_at) // timedelta(minutes=1)
    local = now.astimezone(page.published_at.tzinfo)
    if page.outlet.language == "de":
        grouped = f"{readers:,}".replace(",", ".")
        return (f"{grouped} Leser", f"Vor {minutes} Minuten aktualisiert", f"{local:%H:%M} Uhr")
    return (f"{readers:,} readers", f"Updated {minutes} minutes ago", f"{local:%H:%M}")
