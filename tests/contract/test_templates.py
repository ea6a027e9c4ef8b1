"""Every page against its template: the check that the forgiving undefined cannot make."""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from jinja2 import nodes
from jinja2.meta import find_referenced_templates, find_undeclared_variables

import app.web
from app.rendering.environment import build_environment
from app.rendering.page import Page
from app.settings import ROOT

TEMPLATES = ROOT / "templates"
ENVIRONMENT = build_environment(TEMPLATES, lambda name: f"/static/{name}")
GIVEN = {"page", "chrome", *ENVIRONMENT.globals}
# Paper is rendered by the PDF engine, which reads its styles from the document.
ON_SCREEN = sorted(
    path.relative_to(TEMPLATES).as_posix()
    for path in TEMPLATES.rglob("*.html")
    if "documents" not in path.parts
)
INLINE = re.compile(
    r"<script(?![^>]*\ssrc=)|<style|<[a-z][^>]*\s(?:style|on[a-z]+)\s*=|javascript:", re.I
)

#: Names that the library's scripts look for, and ids; they have no look in the whole of it either.
WITHOUT_RULES = {
    "nhsuk-js-password-input-input",
    "nhsuk-js-password-input-toggle",
    "nhsuk-notification-banner-title",
    "nhsuk-password-input",
}


def pages() -> list[type[Page]]:
    for module in pkgutil.walk_packages(app.web.__path__, "app.web."):
        importlib.import_module(module.name)
    found = sorted(subclasses(Page), key=lambda page: (page.__module__, page.__qualname__))
    return [page for page in found if page.__module__.startswith("app.web")]


def subclasses(cls: type[Page]) -> Iterator[type[Page]]:
    for sub in cls.__subclasses__():
        yield sub
        yield from subclasses(sub)


def parse(name: str) -> nodes.Template:
    return ENVIRONMENT.parse((TEMPLATES / name).read_text("utf-8"))


def ours(name: str | None) -> bool:
    return name is not None and not name.startswith("nhsuk/")


def assigned(tree: nodes.Template) -> set[str]:
    """Names that a template makes itself, wherever.

    Blocks see what is set or imported outside them, and a name set in one branch is used in
    that branch; jinja's own search takes both for names from outside.
    """
    names = {name.name for name in tree.find_all(nodes.Name) if name.ctx != "load"}
    names |= {macro.name for macro in tree.find_all(nodes.Macro)}
    for node in tree.find_all(nodes.FromImport):
        names |= {entry if isinstance(entry, str) else entry[1] for entry in node.names}
    return names


def reachable(name: str, allowed: frozenset[str] = frozenset()) -> Iterator[tuple[str, set[str]]]:
    """Each template behind a page with the names it uses and nobody gives it.

    An included template also sees what the including one assigns (loop names, `set`).
    """
    tree = parse(name)
    yield name, find_undeclared_variables(tree) - GIVEN - allowed - assigned(tree)
    seen_by_includes = allowed | assigned(tree)
    included = {
        node.template.value
        for node in tree.find_all(nodes.Include)
        if isinstance(node.template, nodes.Const)
    }
    for other in find_referenced_templates(tree):
        if other is not None and ours(other):
            yield from reachable(other, seen_by_includes if other in included else frozenset())


def page_attributes(name: str) -> set[str]:
    return {
        node.attr
        for node in parse(name).find_all(nodes.Getattr)
        if isinstance(node.node, nodes.Name) and node.node.name == "page"
    }


def exists(page: type[Page], attribute: str) -> bool:
    return attribute in getattr(page, "__dataclass_fields__", {}) or hasattr(page, attribute)


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.__qualname__)
def test_a_page_gives_its_template_every_name(page: type[Page]) -> None:
    for name, missing in reachable(page.template):
        assert missing == set(), f"{name} uses names that nobody gives it"


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.__qualname__)
def test_a_template_asks_its_page_for_what_it_has(page: type[Page]) -> None:
    for name in {name for name, _ in reachable(page.template)}:
        missing = {attr for attr in page_attributes(name) if not exists(page, attr)}
        assert missing == set(), f"{name} asks {page.__qualname__} for what it lacks"


def test_finds_the_pages_that_are_there() -> None:
    assert {"ErrorPage", "GridPage", "GridFragment"} <= {page.__name__ for page in pages()}


@pytest.mark.parametrize("name", ON_SCREEN)
def test_nothing_is_marked_safe(name: str) -> None:
    tree = parse(name)
    filters = {node.name for node in tree.find_all(nodes.Filter)}
    switched_off = list(tree.find_all(nodes.ScopedEvalContextModifier))

    assert "safe" not in filters
    assert switched_off == []


@pytest.mark.parametrize("name", ON_SCREEN)
def test_nothing_is_inline(name: str) -> None:
    assert INLINE.findall((TEMPLATES / name).read_text("utf-8")) == []


@pytest.mark.parametrize(
    "markup",
    [
        "<script>x</script>",
        "<style>p{}</style>",
        '<p style="x">',
        '<p class="a" onclick="x">',
        '<a href="javascript:x">',
    ],
)
def test_the_inline_rule_sees_what_it_should(markup: str) -> None:
    assert INLINE.search(markup)


def nhs_classes(markup: str) -> set[str]:
    """The NHS.UK classes that a text names in full; some names are only begun in a template."""
    return {name for name in re.findall(r"nhsuk-[\w-]+", markup) if not name.endswith(("-", "_"))}


def of_the_library(name: str) -> set[str]:
    """What a component of the library writes into a page."""
    path = f"nhsuk/components/{name}/template.jinja"
    assert ENVIRONMENT.loader is not None
    return nhs_classes(ENVIRONMENT.loader.get_source(ENVIRONMENT, path)[0])


def test_every_class_of_the_library_has_its_rules() -> None:
    styles = (ROOT / "static" / "vendor" / "nhsuk.css").read_text("utf-8")
    known = set(re.findall(r"\.(nhsuk-[\w-]+)", styles))
    texts = [(TEMPLATES / name).read_text("utf-8") for name in ON_SCREEN]
    texts += [path.read_text("utf-8") for path in (ROOT / "static" / "js").glob("*.js")]
    components = set(re.findall(r"nhsuk/components/([a-z-]+)/macro", "".join(texts)))
    assert {"button", "radios", "error-summary"} <= components
    used = nhs_classes("".join(texts)).union(*map(of_the_library, components))
    assert used - known <= WITHOUT_RULES


def test_the_library_brings_half_of_its_styles() -> None:
    whole = next((ROOT / "node_modules" / "nhsuk-frontend" / "dist" / "nhsuk").glob("*.min.css"))
    ours = ROOT / "static" / "vendor" / "nhsuk.css"
    assert ours.stat().st_size < 0.55 * whole.stat().st_size


def test_a_whole_document_starts_as_one() -> None:
    whole = {
        path: path.read_text("utf-8")
        for path in TEMPLATES.rglob("*.html")
        if re.search(r"<html[ >]", path.read_text("utf-8"))
    }
    assert TEMPLATES / "layouts" / "base.html" in whole
    for path, text in whole.items():
        assert re.search(r"<!DOCTYPE html>\s*<html", text), path.name


def test_a_misspelt_name_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.html").write_text("{% for row in page.rows %}{% include 'b.html' %}{% endfor %}")
    (tmp_path / "b.html").write_text("{{ row.id }}{{ rwo.id }}{{ page.titel }}")
    monkeypatch.setattr(f"{__name__}.TEMPLATES", tmp_path)

    assert list(reachable("a.html")) == [("a.html", set()), ("b.html", {"rwo"})]
    assert page_attributes("b.html") == {"titel"}


def test_without_a_folder_to_write_pages_are_compiled_each_time(tmp_path: Path) -> None:
    """Code in an image may not be written beside: starting matters more than starting fast."""
    taken = tmp_path / "not-a-folder"
    taken.write_text("")
    unkept = build_environment(TEMPLATES, lambda name: name, taken / "templates")
    kept = build_environment(TEMPLATES, lambda name: name, tmp_path / "templates")
    assert unkept.bytecode_cache is None
    assert kept.bytecode_cache is not None
    name = "components/help-line.html"
    assert unkept.get_template(name).render() == kept.get_template(name).render()
