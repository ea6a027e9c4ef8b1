"""The one Jinja environment.

NHS macros need ``ChainableUndefined``, which prints a misspelt name as nothing; the template
contract test (free names, ``page.x`` exists) is what catches misspellings instead.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from jinja2 import (
    ChainableUndefined,
    Environment,
    FileSystemBytecodeCache,
    FileSystemLoader,
    PackageLoader,
)
from jinja2.ext import Extension
from jinja2.loaders import ChoiceLoader

from app.rendering import filters
from app.rendering.page import Chrome, Page


class Renderer:
    """Turns a page into HTML. Built once at start; safe to share between threads."""

    def __init__(
        self, template_dir: Path, asset: Callable[[str], str], cache_dir: Path | None = None
    ) -> None:
        self.environment = build_environment(template_dir, asset, cache_dir)

    def page(self, page: Page, chrome: Chrome) -> str:
        """Return the HTML of ``page``."""
        return self.environment.get_template(page.template).render(page=page, chrome=chrome)


def build_environment(
    template_dir: Path, asset: Callable[[str], str], cache_dir: Path | None = None
) -> Environment:
    """Return the environment; ``asset`` maps a path under static/ to its address with hash.

    ``cache_dir`` keeps compiled templates: compiling the NHS macros took over a second at each
    start. A template that changed is compiled anew.
    """
    extensions: list[str | type[Extension]] = ["jinja2.ext.i18n"]
    environment = Environment(
        loader=ChoiceLoader(
            [FileSystemLoader(template_dir), PackageLoader("nhsuk_frontend_jinja", "templates")]
        ),
        autoescape=True,
        undefined=ChainableUndefined,
        bytecode_cache=_cache(cache_dir),
        extensions=extensions,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.install_null_translations(newstyle=True)  # type: ignore[attr-defined]  # added by the i18n extension
    environment.globals["asset"] = asset
    environment.filters.update(filters.FILTERS)
    return environment


def _cache(folder: Path | None) -> FileSystemBytecodeCache | None:
    if folder is None:
        return None
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError:
        # Code that may not be written beside, as in an image: a slower start is better than none.
        return None
    return FileSystemBytecodeCache(str(folder))
