"""Front-end files: copied from the installed packages at set-up, served from memory.

The styles of nhsuk-frontend are compiled beside this from ``static/css/nhsuk.scss``: its parts
that pages use, without the font on another host. A test looks for any address left over.
The letters for emoji are opened here too: papers alone use them, and opening them took a worker
between a half and two seconds.
"""

from __future__ import annotations

import hashlib
import io
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

MODULE_IMPORT = re.compile(r"""((?:from|import)\s*\(?\s*["'])\./([A-Za-z0-9_-]+\.js)(["'])""")
FONT_FILES = (
    "atkinson-hyperlegible-latin-400-normal.woff2",
    "atkinson-hyperlegible-latin-400-italic.woff2",
    "atkinson-hyperlegible-latin-700-normal.woff2",
    "atkinson-hyperlegible-latin-ext-400-normal.woff2",
    "atkinson-hyperlegible-latin-ext-700-normal.woff2",
)
EMOJI_FILE = "noto-emoji-emoji-400-normal.woff2"
EMOJI_OPENED = "noto-emoji.ttf"


def copy_vendor_files(packages: Path, target: Path) -> None:
    """Copy what pages need from ``node_modules`` into ``static/vendor``.

    Raises FileNotFoundError when ``npm ci`` has not been run.
    """
    target.mkdir(parents=True, exist_ok=True)
    nhs = packages / "nhsuk-frontend" / "dist" / "nhsuk"
    script = next(nhs.glob("nhsuk-frontend-*.min.js")).read_text(encoding="utf-8")
    (target / "nhsuk.js").write_text(_without_source_map(script), encoding="utf-8")
    htmx = (packages / "htmx.org" / "dist" / "htmx.min.js").read_text(encoding="utf-8")
    (target / "htmx.js").write_text(htmx, encoding="utf-8")
    fonts = packages / "@fontsource" / "atkinson-hyperlegible" / "files"
    for name in FONT_FILES:
        shutil.copyfile(fonts / name, target / name)
    emoji = packages / "@fontsource" / "noto-emoji" / "files" / EMOJI_FILE
    (target / EMOJI_OPENED).write_bytes(opened_font(emoji.read_bytes()))


def opened_font(woff2_bytes: bytes) -> bytes:
    """Return the font inside a compressed one, in the form that needs no opening."""
    from fontTools.ttLib import woff2

    into = io.BytesIO()
    woff2.decompress(io.BytesIO(woff2_bytes), into)
    return into.getvalue()


def _without_source_map(text: str) -> str:
    return re.sub(r"(/\*|//)#\s*sourceMappingURL=\S+(\s*\*/)?", "", text)


@dataclass(frozen=True)
class Asset:
    """One file as it is served: its address holds the hash of its bytes."""

    url: str
    body: bytes
    media_type: str


MEDIA_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".ico": "image/x-icon",
    ".woff2": "font/woff2",
    ".ttf": "font/ttf",
    ".webmanifest": "application/manifest+json",
}


class Assets:
    """Every file under ``static/``, by its plain path, with addresses that change with it.

    Inside CSS and JavaScript, ``/static/name`` is rewritten to the hashed address, leaves first,
    so that a changed font or module gives its users a new address as well.
    """

    def __init__(self, static_dir: Path) -> None:
        self._files = {
            path.relative_to(static_dir).as_posix(): path.read_bytes()
            for path in sorted(static_dir.rglob("*"))
            if path.is_file() and path.suffix in MEDIA_TYPES
        }
        self.by_name: dict[str, Asset] = {}
        for name in self._files:
            self._resolve(name, ())

    def url(self, name: str) -> str:
        """Return the address of ``name``; raises KeyError for a file that is not there."""
        return self.by_name[name].url

    def _resolve(self, name: str, above: tuple[str, ...]) -> Asset:
        if name in self.by_name:
            return self.by_name[name]
        body = self._files[name]
        suffix = Path(name).suffix
        if suffix in {".css", ".js"} and not name.startswith("vendor/nhsuk.js"):
            body = self._with_hashed_references(body, (*above, name))
        digest = hashlib.sha256(body).hexdigest()[:12]
        asset = Asset(f"/static/{digest}/{name}", body, MEDIA_TYPES[suffix])
        self.by_name[name] = asset
        return asset

    def _with_hashed_references(self, body: bytes, above: tuple[str, ...]) -> bytes:
        def replace(match: re.Match[str]) -> str:
            name = match.group(1)
            if name not in self._files or name in above:
                return match.group(0)
            return self._resolve(name, above).url

        def replace_relative(match: re.Match[str]) -> str:
            name = f"{folder}/{match.group(2)}"
            known = name in self._files and name not in above
            target = self._resolve(name, above).url if known else f"./{match.group(2)}"
            return f"{match.group(1)}{target}{match.group(3)}"

        folder = Path(above[-1]).parent.as_posix()
        text = re.sub(r"/static/([A-Za-z0-9_./-]+)", replace, body.decode("utf-8"))
        return MODULE_IMPORT.sub(replace_relative, text).encode("utf-8")
