"""A small press of its own: one outlet of each template, a page of each oddity, and real questions over HTTP."""

from __future__ import annotations

import http.client
from pathlib import Path

from newsroom import Handle

OUTLETS = """
[overland]
name = "Overland Wire"
host = "overland.example"
bare_host = "www.overland.example"
language = "en"
motto = "News by road"
sections = ["General"]
feed = { path = "/news-sitemap.xml", kind = "sitemap" }
crawl_delay = 2
forbidden = ["/archive/"]

[mirror]
name = "The Morning Mirror"
host = "www.mirror.example"
bare_host = "mirror.example"
language = "en"
motto = "Seen at once"
sections = ["Top"]
feed = { path = "/atom.xml", kind = "atom" }

[bote]
name = "Der Bote"
host = "www.bote.example"
bare_host = "bote.example"
language = "de"
motto = "Er bringt es"
sections = ["Stadt"]
encoding = "windows-1252"
feed = { path = "/rss.xml", kind = "rss" }
trouble = [
    { path = "/rss.xml", status = 503, retry_after = 600, body = "Pause.", since = 2026-03-03T06:00:00Z, until = 2026-03-03T12:00:00Z },
]

[skellbulletin]
name = "Point Bulletin"
host = "point.example"
bare_host = "www.point.example"
language = "en"
motto = "From the lighthouse"
sections = ["Point"]
feed = { path = "/feed.xml", kind = "rss" }

[lanternpost]
name = "The Lamp"
host = "lamp.example"
bare_host = "www.lamp.example"
language = "en"
motto = "By night"
sections = ["Tonight"]
feed = { path = "/feed", kind = "rss" }
"""

TRUTH = """
[rooms]
fate = "store"
text = "extract"
story = "stories"
"""

ENGLISH = """The harbour of Quell opened its new lock on {day}, and the first ship through it was a barge full of onions – the
mayor, who had come to cut a ribbon, was handed a bag of them instead and thanked the skipper for his good sense.

The lock has cost 14 million crowns and lets ships of up to 90 metres pass. It took eleven men four years to build, the
harbour office said, and one of them has since opened the inn “At the Dry Gate” beside it.

Three more barges are expected this week, two with sand and one with a circus. The circus will stay."""

GERMAN = """Die Stadt Quell hat am {day} ihre neue Schleuse eröffnet. Als erstes Schiff fuhr ein Kahn voller Zwiebeln hindurch,
und der Bürgermeister, der ein Band durchschneiden wollte, bekam stattdessen einen Sack davon geschenkt.

Die Schleuse hat 14 Millionen Kronen gekostet und lässt Schiffe bis zu einer Länge von 90 Metern durch. Elf Männer haben
vier Jahre daran gebaut, und einer von ihnen führt jetzt daneben das Gasthaus „Zum trockenen Tor“.

Drei weitere Kähne werden in dieser Woche erwartet, zwei mit Sand und einer mit einem Zirkus. Der Zirkus bleibt."""

PAGES = {  # what each page's front matter adds
    "overland/plain": "",
    "overland/quiet": """
[[versions]]
at = 2026-03-02T20:00:00Z
silent = true
replace = [["14 million", "15 million"]]
""",
    "overland/late": """
[[versions]]
at = 2026-03-04T10:00:00Z
silent = true
replace = [["14 million", "15 million"]]

[[versions]]
at = 2026-03-05T10:00:00Z
replace = [["eleven men", "twelve men"]]
note = "Correction: twelve men built the lock, not eleven."
""",
    "overland/tracked": 'listed_path = "/go?to=tracked&utm_source=wire"\n',
    "overland/closed": "",
    "mirror/plain": 'standfirst = "A barge of onions came first."\n',
    "mirror/counted": "counter = true\n",
    "mirror/gone": "gone_at = 2026-03-03T09:00:00Z\n",
    "mirror/missing": "missing = true\n",
    "mirror/stray": "stray_byte = true\n",
    "bote/plain": "",
    "bote/counted": "counter = true\n",
    "skellbulletin/plain": "",
    "skellbulletin/mislabelled": 'charset_header = "iso-8859-1"\n',
    "skellbulletin/slow": 'behaviour = "slow"\n',
    "skellbulletin/endless": 'behaviour = "endless"\n',
    "lanternpost/plain": "",
    "lanternpost/deep": 'behaviour = "hang"\n',
    "lanternpost/sheet": 'behaviour = "pdf"\n',
}
PATHS = {"overland/closed": "/archive/closed", "skellbulletin/plain": "/show.asp?story=12"}


def write_press(folder: Path) -> Path:
    """Write outlets, pages and their truth; all pages are of 2 March, the Bote's of 3 March."""
    (folder / "outlets.toml").write_text(OUTLETS)
    entries = [TRUTH]
    for minute, (key, more) in enumerate(PAGES.items()):
        outlet, name = key.split("/")
        (folder / "content" / outlet).mkdir(parents=True, exist_ok=True)
        section = {"overland": "General", "mirror": "Top", "bote": "Stadt", "skellbulletin": "Point"}.get(
            outlet, "Tonight"
        )
        day, month_day = ("3", "Dienstag") if outlet == "bote" else ("2", "Monday")
        (folder / "content" / outlet / f"{name}.md").write_text(
            f'+++\ntitle = "A lock of onions, told as {name}"\npath = "{PATHS.get(key, "/n/" + name)}"\n'
            f'section = "{section}"\nauthors = ["Anna Quist"]\npublished_at = 2026-03-0{day}T08:{minute:02}:00Z\n{more}+++\n'
            + (GERMAN if outlet == "bote" else ENGLISH).format(day=month_day)
        )
        fate = {"missing": "http-error", "closed": "robots", "endless": "too-large", "deep": "too-complex"}.get(name)
        entries.append(f'[page."{key}"]\nstory = "lock"\nevent = "lock"\n')
        if fate:
            entries.append(f'fate = {{ kind = "quarantined", reason = "{fate}", room = "fetch" }}\n')
    (folder / "truth").mkdir()
    (folder / "truth" / "all.toml").write_text("\n".join(entries))
    return folder


def ask(
    handle: Handle, host: str, path: str, now: str | None = None, method: str = "GET", **headers: str
) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of one request, redirects not followed."""
    connection = http.client.HTTPConnection("127.0.0.1", handle.port, timeout=30)
    sent = {"Host": host} | {name.replace("_", "-"): value for name, value in headers.items()}
    if now is not None:
        sent["X-Newsroom-Now"] = now
    connection.request(method, path, headers=sent)
    response = connection.getresponse()
    body = response.read()
    connection.close()
    return response.status, dict(response.headers), body
