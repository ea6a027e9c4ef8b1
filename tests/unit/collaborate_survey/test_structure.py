from __future__ import annotations

import re
import sys
from importlib import resources
from subprocess import run

from collaborate_survey import INSTRUMENTS, PROVENANCE, RULES


def _sources() -> str:
    folder = resources.files("collaborate_survey")
    modules = ("scoring.py", "structure.py", "__init__.py")
    return "\n".join(folder.joinpath(module).read_text() for module in modules)


def test_the_two_versions_differ_in_their_scale_only() -> None:
    shapes = {
        instrument.id: (instrument.scale_min, instrument.scale_max, instrument.top_value)
        for instrument in INSTRUMENTS.values()
    }
    assert shapes == {"collaborate-0-9": (0, 9, 9), "collaborate-0-4": (0, 4, 4)}
    for instrument in INSTRUMENTS.values():
        assert [item for item, _ in instrument.items] == ["explain", "listen", "include"]


def test_constructs_are_descriptions_and_not_questions() -> None:
    for instrument in INSTRUMENTS.values():
        for _, construct in instrument.items:
            assert not construct.endswith("?")
            assert not re.search(r"\bhow much\b|\byou\b|\byour\b", construct.lower())


def test_every_rule_that_the_code_names_has_a_source() -> None:
    named = set(re.findall(r"\bCS-[A-Z0-9-]*[A-Z0-9]", _sources()))
    assert named
    assert named <= set(RULES)


def test_every_rule_is_listed_once_and_says_how_sure_it_is() -> None:
    assert len(RULES) == len(PROVENANCE)
    assert {entry.standing for entry in PROVENANCE} == {"confirmed", "abstract", "ours"}
    for entry in PROVENANCE:
        assert (entry.url is None) or entry.url.startswith("http")
        assert entry.says.endswith(".")


def test_the_package_brings_nothing_of_the_app_along() -> None:
    code = "import collaborate_survey, sys; print(*[m for m in sys.modules if m[:3] == 'app'])"
    done = run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""
