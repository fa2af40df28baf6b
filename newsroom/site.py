"""What an outlet answers at one moment: pages, fronts, feeds and robots.txt, from content and templates."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from email.utils import format_datetime

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from newsroom.content import FOLDER
from newsroom.edge_cases import counter, nested, pdf, with_stray_byte
from newsroom.records import Newsroom, Outlet, Page, Version

_SIDEBAR_LENGTH = 5


def http_date(instant: datetime) -> str:
    """An instant as HTTP headers write it."""
    return format_datetime(instant.astimezone(UTC).replace(microsecond=0), usegmt=True)


def spoken_date(instant: datetime) -> str:
    """An instant as a byline writes it: Monday 2 March 2026, 6:40."""
    return f"{instant:%A} {instant.day} {instant:%B %Y}, {instant.hour}:{instant:%M}"


class Site:
    """Renders the newsroom. Equal questions give equal bytes: nothing here reads a clock.

    Args:
        now: What those see who name no moment; None for the end of the last day.
    """

    def __init__(self, newsroom: Newsroom, now: datetime | None = None) -> None:
        self.newsroom = newsroom
        self.now = now or newsroom.end
        self._templates = Environment(
            loader=FileSystemLoader(FOLDER / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
        )
        self._templates.filters |= {
            "spoken": spoken_date,
            "rfc822": format_datetime,
            "iso": datetime.isoformat,
            "slug": lambda text: text.lower().replace(" ", "-"),
        }

    def page(self, page: Page, version: Version, now: datetime) -> bytes:
        """One article page. Its sidebar lists the latest of `now`: furniture changes while the article stands."""
        if page.behaviour == "pdf":
            return pdf(page, version)
        body = self._article(page, version, now)
        if page.stray_byte:
            body = with_stray_byte(body, page, version)
        return nested(body) if page.behaviour == "hang" else body

    def _article(self, page: Page, version: Version, now: datetime) -> bytes:
        """The page as its template has it."""
        published = self.newsroom.published(page.outlet, now)
        titled = [other for other in published if other is not page and other.title and other.section != "Partner"]
        related = [
            other for other in titled if other.section == page.section and other.published_at < page.published_at
        ]
        return self._render(
            page.outlet,
            page.template,
            page=page,
            version=version,
            byline=page.byline or " and ".join(page.authors),
            related=related[:2],
            latest=titled[:_SIDEBAR_LENGTH],
            jsonld=_jsonld(page, version),
            counter=counter(page, version, now),
        )

    def front(self, outlet: Outlet, now: datetime, section: str | None = None) -> bytes:
        """The front page, or the page of one section."""
        pages = [page for page in self.newsroom.published(outlet, now) if section in (None, page.section)]
        return self._render(outlet, "front.html", pages=pages, section=section)

    def feed(self, outlet: Outlet, now: datetime) -> bytes:
        """The outlet's feed as of `now`."""
        items = [(page, version) for page in self.newsroom.listed(outlet, now) if (version := page.announced_at(now))]
        changed_at = self.newsroom.feed_changed_at(outlet, now)
        return self._render(outlet, outlet.feed.template, items=items, changed_at=changed_at)

    def robots(self, outlet: Outlet) -> bytes:
        """The outlet's robots.txt (RFC 9309; Crawl-delay is older custom)."""
        lines = ["User-agent: *", *(f"Disallow: {path}" for path in outlet.forbidden)]
        if outlet.crawl_delay is not None:
            lines.append(f"Crawl-delay: {outlet.crawl_delay}")
        if outlet.feed.kind == "sitemap":
            lines += ["", f"Sitemap: {outlet.url(outlet.feed.path)}"]
        return "\n".join([*lines, ""]).encode()

    def missing(self, outlet: Outlet) -> bytes:
        """The outlet's page for an address it does not have."""
        return self._render(outlet, "front.html", pages=[], section="Page not found")

    def index(self, port: int) -> bytes:
        """What a browser sees that asks for no outlet's host: where the outlets are."""
        return (
            self._templates.get_template("house/index.html").render(outlets=self.newsroom.outlets, port=port).encode()
        )

    def _render(self, outlet: Outlet, template: str, **values: object) -> bytes:
        name = f"{outlet.templates}/{template}"
        return (
            self._templates.get_template(name)
            .render(outlet=outlet, **values)
            .encode(outlet.encoding if template.endswith("html") else "utf-8", "xmlcharrefreplace")
        )


def _jsonld(page: Page, version: Version) -> Markup:
    """The page as schema.org NewsArticle, safe inside a script element."""
    article = {
        "@context": "https://schema.org",
        "@type": "NewsArticle",
        "headline": page.title,
        "description": page.standfirst,
        "datePublished": page.stated_at,
        "dateModified": version.announced_at.isoformat(),
        "author": [{"@type": "Person", "name": name} for name in page.authors],
        "publisher": {"@type": "Organization", "name": page.outlet.name, "url": page.outlet.url("/")},
        "mainEntityOfPage": {"@type": "WebPage", "@id": page.canonical},
        "articleSection": page.section,
        "inLanguage": page.outlet.language,
    }
    text = json.dumps({key: value for key, value in article.items() if value}, ensure_ascii=False)
    return Markup(text.replace("<", "\\u003c"))
