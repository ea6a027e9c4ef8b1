"""Typed settings. The only reader of the environment."""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

ROOT = Path(__file__).resolve().parent.parent


class Settings(BaseSettings):
    """Where the service listens, what it stores where, and which day it is there.

    Every field is one environment variable of the same name in capitals. The service's own
    secrets are not settings: keys live as files under ``var_dir``, made at the first start.
    """

    model_config = SettingsConfigDict(extra="ignore", frozen=True)

    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=1, le=65535)
    public_url: str = ""
    # A host name of its own that serves the page for one's own phone and nothing else.
    phone_url: str = ""
    database_url: str = ""
    service_timezone: str = "Europe/London"
    var_dir: Path = ROOT / "var"
    content_dir: Path = ROOT / "grids"
    template_dir: Path = ROOT / "templates"
    static_dir: Path = ROOT / "static"
    template_cache_dir: Path = ROOT / "var" / "templates"
    # Papers of grids, which are the same for everybody, so that a restart need not make them again.
    papers_dir: Path | None = None
    pdf_workers: int = Field(default=1, ge=1, le=8)
    # Where "Leave this page" goes: an ordinary site that suggests nothing personal (SM-X2).
    exit_url: str = "https://www.bbc.co.uk/weather"
    # Who hears of a weakness, and the day on which somebody looks whether that still holds.
    security_contact: str = ""
    security_contact_until: date | None = None
    # A file that describes the site's identity provider, and what proves to it who asks: a secret
    # or a private key, in a file or, where a platform gives secrets so, in the environment.
    identity_provider: Path | None = None
    identity_provider_secret_file: Path | None = None
    identity_provider_secret: SecretStr = SecretStr("")
    # Counts at /metrics, for this machine alone.
    metrics: bool = False
    # How soon this process notices a withdrawal made by another one. No value switches it off.
    look_again_seconds: float = Field(default=3, ge=0.1, le=60)

    @field_validator("service_timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        ZoneInfo(value)
        return value

    @field_validator("exit_url")
    @classmethod
    def _ordinary_site(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme != "https" or not parts.hostname or parts.username:
            raise ValueError("EXIT_URL is an address that starts with https://")
        return value

    @field_validator("security_contact")
    @classmethod
    def _reachable(cls, value: str) -> str:
        known = value.startswith(("mailto:", "tel:", "https://"))
        if value and not (known and value.isprintable() and " " not in value):
            raise ValueError("SECURITY_CONTACT starts with mailto:, tel: or https://")
        return value

    @field_validator("phone_url")
    @classmethod
    def _bare_address(cls, value: str) -> str:
        parts = urlsplit(value)
        bare = value.rstrip("/") == f"https://{parts.netloc}" and "@" not in parts.netloc
        if value and not (bare and parts.hostname):
            raise ValueError("PHONE_URL is https:// and a host name, with nothing behind it")
        return value.rstrip("/")

    @model_validator(mode="after")
    def _phone_has_its_own_name(self) -> Settings:
        name = self.phone_host
        if name and name == (urlsplit(self.public_url).hostname or ""):
            raise ValueError("PHONE_URL needs another host name than PUBLIC_URL")
        return self

    @property
    def phone_host(self) -> str:
        """Return the host name that serves phones alone, or nothing."""
        return urlsplit(self.phone_url).hostname or ""

    @property
    def database(self) -> str:
        """Return the database address; SQLite under ``var_dir`` unless one is set."""
        return self.database_url or f"sqlite:///{self.var_dir / 'grids.sqlite'}"

    @property
    def papers(self) -> Path:
        """Return the folder of the papers of grids; under ``var_dir`` unless one is set."""
        return self.papers_dir or self.var_dir / "papers"

    @property
    def timezone(self) -> ZoneInfo:
        """Return the zone that decides days and months."""
        return ZoneInfo(self.service_timezone)


@lru_cache(maxsize=1)
def read_settings() -> Settings:
    """Return the settings of this process, read once."""
    return Settings()
