"""Many tablets at once, and a load that goes on: the measurements of ``bench`` in a short form.

Both raise where a set is lost or doubled, a receipt is false, or the server fails. How fast it is
and whether it grows takes the whole minutes: ``python -m bench reconnect soak``.
"""

from __future__ import annotations

import pytest

from bench import reconnect, soak

TABLETS = 100
SECONDS = 25


def test_fault_33_tablets_that_come_back_at_once_are_all_heard(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(reconnect, "TABLETS", TABLETS)
    [p99] = reconnect.measure()
    assert f"all {TABLETS * reconnect.EACH} stored once" in p99.method
    assert p99.value < reconnect.LIMIT_SECONDS


def test_fault_34_mixed_faults_under_load_break_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(soak, "SECONDS", SECONDS)
    found = {result.name: result for result in soak.measure()}
    assert found.keys() == {"soak.rate", "soak.memory", "soak.handles", "soak.p99"}
    assert "openers killed: 0" not in found["soak.rate"].method
    assert all(result.value > 0 for result in found.values())
