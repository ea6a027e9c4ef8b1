"""A scale of two values leaves with its words: 0 is no, 1 is yes, wherever there are labels."""

from __future__ import annotations

from app.adapters.formats.codebook import codebook_rows
from app.adapters.formats.r_script import r_script
from app.adapters.formats.redcap import dictionary_rows
from app.adapters.formats.statistics_packages import _value_labels
from app.domain.dataset import ItemShape, Schema

YES_NO = Schema("e1", "sure-4", (ItemShape("risk-benefit", 3, "good and bad sides"),), 0, 1)
NUMBERS = Schema("e1", "collaborate-0-4", (ItemShape("listen", 2, "listening"),), 0, 4)


def test_yes_and_no_are_named_and_missing_codes_stay() -> None:
    (book,) = [row for row in codebook_rows(YES_NO) if row[1] == "item_risk_benefit"]
    assert "0=no;1=yes" in book
    assert "-99 to -91" in book
    (redcap,) = [row for row in dictionary_rows(YES_NO) if row[0] == "item_risk_benefit"]
    assert str(redcap[5]).startswith("0, no | 1, yes | -99, not reached")
    labels = _value_labels(YES_NO, {-97: "prefer_not_to_say"})["item_risk_benefit"]
    assert labels == {0: "no", 1: "yes", -97: "prefer_not_to_say"}
    assert "answer_words <- c(no = 0L, yes = 1L)" in r_script(YES_NO)


def test_numbers_on_a_scale_stay_numbers() -> None:
    (book,) = [row for row in codebook_rows(NUMBERS) if row[1] == "item_listen"]
    assert "0-4" in book
    assert _value_labels(NUMBERS, {})["item_listen"] == {}
    assert "answer_words <- c()" in r_script(NUMBERS)
