"""The one Jinja environment.

NHS macros need ``ChainableUndefined``, which prints a misspelt name as nothing; the template
contract test (free names, ``page.x`` exists) is what catches misspellings instead.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from jinja2 import ChainableUndefined, Environment, FileSystemLoader, PackageLoader
from jinja2.ext import Extension
from jinja2.loaders import ChoiceLoader

from app.rendering import filters
from app.rendering.page import Chrome, Page


class Renderer:
    """Turns a page into HTML. Built once at start; safe to share between threads."""

    def __init__(self, template_dir: Path, asset: Callable[[str], str]) -> None:
        self.environment = build_environment(template_dir, asset)

    def page(self, page: Page, chrome: Chrome) -> str:
        """Return the HTML of ``page``."""
        return self.environment.get_template(page.template).render(page=page, chrome=chrome)


def build_environment(template_dir: Path, asset: Callable[[str], str]) -> Environment:
    """Return the environment; ``asset`` maps a path under static/ to its address with hash."""
    extensions: list[str | type[Extension]] = ["jinja2.ext.i18n"]
    environment = Environment(
        loader=ChoiceLoader(
            [FileSystemLoader(template_dir), PackageLoader("nhsuk_frontend_jinja", "templates")]
        ),
        autoescape=True,
        undefined=ChainableUndefined,
        extensions=extensions,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.install_null_translations(newstyle=True)  # type: ignore[attr-defined]  # added by the i18n extension
    environment.globals["asset"] = asset
    environment.filters.update(filters.FILTERS)
    return environment
