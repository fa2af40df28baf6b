"""Ways to tell somebody: a mail server, and a webhook. Each sends one notice or says why it could not."""

from __future__ import annotations

import json
import smtplib
import ssl
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from http.client import HTTPException
from typing import Protocol
from urllib.error import HTTPError
from urllib.parse import unquote, urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from pipeline.errors import SettingsError
from pipeline.notices.message import Notice
from pipeline.settings import Settings

SECONDS = 15.0
_PORTS = {"smtp": 587, "smtps": 465, "smtp+plain": 25}


class NotTold(Exception):
    """A channel did not take a notice; the text says why, without anything that is secret."""


class Channel(Protocol):
    """A way to tell somebody, known by its name."""

    @property
    def name(self) -> str:
        """What its memory is kept under."""

    def send(self, notice: Notice) -> None:
        """Send one notice.

        Raises:
            NotTold: it was not taken.
        """


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """A mail server."""

    scheme: str
    host: str
    port: int
    user: str = ""
    password: str = field(default="", repr=False)
    sender: str
    recipients: tuple[str, ...]
    name: str = "mail"

    def send(self, notice: Notice) -> None:
        """Send one mail to all recipients."""
        message = EmailMessage()
        message["Subject"] = notice.subject
        message["From"] = self.sender
        message["To"] = ", ".join(self.recipients)
        message["Date"] = formatdate()
        message["Message-ID"] = make_msgid(domain=self.sender.rpartition("@")[2] or "localhost")
        message["Auto-Submitted"] = "auto-generated"  # RFC 3834: nobody's absence answers it
        message["X-Daybook-Severity"] = notice.severity
        message.set_content(notice.text)
        try:
            with self._server() as server:
                if self.scheme == "smtp":
                    server.starttls(context=ssl.create_default_context())
                if self.user:
                    server.login(self.user, self.password)
                server.send_message(message)
        except (OSError, smtplib.SMTPException, ValueError) as error:
            raise NotTold(f"the mail server {self.host}:{self.port} did not take it: {_why(error)}") from None

    def _server(self) -> smtplib.SMTP:
        if self.scheme == "smtps":
            return smtplib.SMTP_SSL(self.host, self.port, timeout=SECONDS, context=ssl.create_default_context())
        return smtplib.SMTP(self.host, self.port, timeout=SECONDS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """A URL that takes JSON; the URL may itself be the secret, and only its host is ever shown."""

    url: str = field(repr=False)
    name: str = "webhook"

    def send(self, notice: Notice) -> None:
        """Post one notice; any answer but 2xx is a refusal, and a redirect is not followed."""
        host = urlsplit(self.url).hostname
        body = json.dumps(notice.to_dict(), ensure_ascii=False).encode()
        request = Request(self.url, data=body, headers={"Content-Type": "application/json", "User-Agent": "daybook"})
        try:
            with build_opener(_NoRedirect).open(request, timeout=SECONDS) as answer:
                answer.read(1024)
        except HTTPError as error:
            raise NotTold(f"the webhook at {host} answered {error.code}") from None
        except (OSError, HTTPException, ValueError) as error:
            raise NotTold(f"the webhook at {host} did not take it: {type(error).__name__}") from None


class _NoRedirect(HTTPRedirectHandler):
    def redirect_request(self, *told: object, **more: object) -> None:
        """Follow none: a POST would become a GET, and the notice would be lost without a word."""


def channels_of(settings: Settings) -> list[Channel]:
    """The channels that the settings name; none is nobody to tell.

    Raises:
        SettingsError: one is malformed; what is secret in it is not shown.
    """
    channels: list[Channel] = []
    if settings.notices_smtp:
        channels.append(_mail_of(settings))
    if settings.notices_webhook:
        parts = urlsplit(settings.notices_webhook)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise SettingsError("DAYBOOK_NOTICES_WEBHOOK is no http or https URL with a host")
        channels.append(Webhook(url=settings.notices_webhook))
    return channels


def _mail_of(settings: Settings) -> Mail:
    wrong = "DAYBOOK_NOTICES_SMTP is no smtp://, smtps:// or smtp+plain:// URL with a host, and user:password@ before it if it wants them"
    try:
        parts = urlsplit(settings.notices_smtp)
        port = parts.port
    except ValueError:
        raise SettingsError(wrong) from None
    if parts.scheme not in _PORTS or not parts.hostname:
        raise SettingsError(wrong)
    addresses = (settings.notices_from, *settings.notices_to)
    if not settings.notices_to or not all("@" in address and address.isprintable() for address in addresses):
        raise SettingsError("DAYBOOK_NOTICES_FROM and DAYBOOK_NOTICES_TO take mail addresses: one, and one or more")
    return Mail(
        scheme=parts.scheme,
        host=parts.hostname,
        port=port or _PORTS[parts.scheme],
        user=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        sender=settings.notices_from,
        recipients=settings.notices_to,
    )


def _why(error: Exception) -> str:
    """What a mail server said; of a refused login only that, for servers repeat what they were told."""
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return "user and password are refused"
    return f"{type(error).__name__} {' '.join(str(error).split())[:200]}".strip()
