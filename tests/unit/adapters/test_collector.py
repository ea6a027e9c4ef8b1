"""The collector is asked seldom while rows pass, and as before afterwards, also after a fault."""

from __future__ import annotations

import gc

import pytest

from app.adapters.collector import SELDOM, seldom_collecting


@seldom_collecting()
def fail_inside() -> None:
    assert gc.get_threshold() == SELDOM
    raise OSError("full")


def test_it_is_seldom_inside_and_as_before_after_a_fault() -> None:
    before = gc.get_threshold()
    with pytest.raises(OSError, match="full"):
        fail_inside()
    assert gc.get_threshold() == before != SELDOM
