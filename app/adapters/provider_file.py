"""Reading the file in which a site describes its identity provider, and the secret beside it."""

from __future__ import annotations

from pathlib import Path

import yaml
from pydantic import ValidationError

from app.adapters.provider_client import ProviderClient
from app.domain.identity_provider import IdentityProvider
from app.settings import Settings

BACK = "/sign-in/provider/back"
LARGEST_SECRET = 16_384


class ProviderFileUnfit(Exception):
    """The file or the secret cannot be used; the message says where and why, never the secret."""


def read_client(settings: Settings) -> ProviderClient | None:
    """Return how to talk to the site's provider, or None where it has none."""
    if settings.identity_provider is None:
        return None
    provider = read_provider(settings.identity_provider)
    secret = read_secret(settings)
    if provider.client_proof == "private_key_jwt":
        _check_key(secret)
    return ProviderClient(provider, secret=secret, back=own_address(settings) + BACK)


def read_provider(path: Path) -> IdentityProvider:
    """Return the provider that a file describes. Raises ProviderFileUnfit."""
    try:
        return IdentityProvider.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError) as error:
        raise ProviderFileUnfit(f"{path} cannot be read: {type(error).__name__}") from error
    except yaml.YAMLError as error:
        raise ProviderFileUnfit(f"{path} is no YAML") from error
    except ValidationError as error:
        found = error.errors(include_input=False, include_url=False)
        faults = (f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in found)
        raise ProviderFileUnfit(f"{path}: {'; '.join(faults)}") from None


def read_secret(settings: Settings) -> str:
    """Return the client's secret or private key, from its file or from the environment."""
    path = settings.identity_provider_secret_file
    if path is None:
        secret = settings.identity_provider_secret.get_secret_value().strip()
    else:
        try:
            secret = path.read_text(encoding="utf-8")[:LARGEST_SECRET].strip()
        except (OSError, UnicodeDecodeError) as error:
            raise ProviderFileUnfit(f"{path} cannot be read: {type(error).__name__}") from error
    if not secret:
        raise ProviderFileUnfit(
            "IDENTITY_PROVIDER_SECRET_FILE or IDENTITY_PROVIDER_SECRET is needed, and is empty"
        )
    return secret


def own_address(settings: Settings) -> str:
    """Return the address at which this service is known to the provider."""
    return settings.public_url.rstrip("/") or f"http://{settings.host}:{settings.port}"


def _check_key(secret: str) -> None:
    from joserfc.errors import JoseError
    from joserfc.jwk import RSAKey

    try:
        RSAKey.import_key(secret)
    except (JoseError, ValueError, TypeError) as error:
        raise ProviderFileUnfit("the secret is no RSA private key in PEM") from error
