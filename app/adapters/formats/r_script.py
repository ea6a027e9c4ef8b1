"""An R script that reads the files, labels them, and fits the model that the field uses.

Base R alone reads and labels; ``haven`` and ``lme4`` are used where they are installed.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from app.domain.dataset import EXPOSURE, LONG_ONLY, MISSING_REASONS, Schema, Variable
from app.domain.missing import ItemMissing

NAME: Final = "read.R"


def r_script(schema: Schema) -> str:
    """Return the script. Long lists are broken so that no line is unreadable."""
    items = ", ".join(_quoted(item.column) for item in schema.items)
    parts = [
        _HEAD.format(export=schema.export_id, notice=schema.notice or "Real data."),
        f"items <- c({items})",
        f"highest <- {schema.high}L",
        f"missing_codes <- {_missing()}",
        f"answer_words <- {_answer_words(schema)}",
        f"whole_numbers <- {_whole_numbers(schema)}",
        _READ,
        *(_factor(each) for each in schema.shared if each.is_coded),
        _LABELS.format(labels=",\n  ".join(_label(each) for each in schema.wide)),
        _MODEL,
    ]
    return "\n".join(parts)


def write_r_script(schema: Schema, folder: Path) -> None:
    """Write the script."""
    (folder / NAME).write_text(r_script(schema), encoding="utf-8")


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ").replace("\r", " ")
    return f'"{escaped}"'


def _missing() -> str:
    pairs = (
        f"{name} = {int(code)}L" for code, name in zip(ItemMissing, MISSING_REASONS, strict=True)
    )
    return f"c({', '.join(pairs)})"


def _answer_words(schema: Schema) -> str:
    pairs = (f"{word} = {value}L" for value, word in schema.answer_words.items())
    return f"c({', '.join(pairs)})"


def _whole_numbers(schema: Schema) -> str:
    """Return the columns that hold numbers; a text of digits, a team's slug say, stays a text."""
    columns = (*schema.wide, *LONG_ONLY, *EXPOSURE)
    found = dict.fromkeys(each.name for each in columns if each.kind != "text")
    return f"c({', '.join(map(_quoted, found))})"


def _factor(each: Variable) -> str:
    levels = ", ".join(_quoted(value) for value in each.values)
    return f"wide${each.name} <- factor(wide${each.name}, levels = c({levels}))"


def _label(each: Variable) -> str:
    return f"{each.name} = {_quoted(each.label)}"


_HEAD: Final = """\
# Reads export {export}. {notice}
# Run it in the folder of the unpacked files: source("read.R")
"""
_READ: Final = """
read_export <- function(file) {
  if (!file.exists(file)) return(NULL)
  found <- read.csv(file, encoding = "UTF-8", colClasses = "character", na.strings = "",
                    check.names = FALSE)
  # A text that a spreadsheet would run carries one apostrophe in front.
  found[] <- lapply(found, function(x) sub("^'", "", x))
  whole <- names(found) %in% whole_numbers
  found[whole] <- lapply(found[whole], as.integer)
  found
}

wide <- read_export("responses_wide.csv")
long <- read_export("responses_long.csv")
exposure <- read_export("exposure.csv")

# Why an answer is missing stays with haven, as in SPSS; "answers" has NA instead.
answers <- as.data.frame(lapply(wide[items], function(x) ifelse(x < 0, NA, x)))
if (requireNamespace("haven", quietly = TRUE)) {
  wide[items] <- lapply(wide[items], function(x)
    haven::labelled_spss(x, labels = c(answer_words, missing_codes), na_range = c(-99L, -91L)))
}
"""
_LABELS: Final = """
labels <- c(
  {labels}
)
for (name in names(labels)) attr(wide[[name]], "label") <- labels[[name]]
"""
_MODEL: Final = """
# Top score: 1 if every item is at the maximum, else 0; not scored with any item missing.
wide$top_score <- ifelse(rowSums(is.na(answers)) > 0, NA,
                         as.integer(rowSums(answers == highest) == length(items)))

# The primary set: scored, in time, nobody helped or interpreted. Never pool what "kind" names:
# the kind with most answer sets is taken here, the others are counted and left out.
kind <- c("study_id", "environment", "demo", "instrument_id", "instrument_version",
          "wording_sha256", "language", "mode")
primary <- subset(wide, occasion == "after" & respondent == "young_person" & late == 0 &
                    is.na(helped_by) & interpreter == "none" & !is.na(top_score) &
                    phase %in% c("baseline", "with_grid"))
if (nrow(primary) > 0) {
  primary$kind <- do.call(paste, c(lapply(primary[kind], as.character), sep = " | "))
  kinds <- sort(table(primary$kind), decreasing = TRUE)
  cat("Answer sets of each kind; the model takes the first alone.\\n",
      sprintf("%7d | %s\\n", kinds, names(kinds)), sep = "")
  primary <- subset(primary, kind == names(kinds)[1])
}
primary <- droplevels(primary)

# The model that the field uses: practitioner as random effect, from 10 practitioners on.
if (nlevels(primary$phase) < 2 || length(unique(primary$practitioner_ref)) < 10) {
  message("No model: it takes both phases and at least 10 practitioners.")
} else if (!requireNamespace("lme4", quietly = TRUE)) {
  message("No model: the package lme4 is not installed.")
} else {
  fit <- lme4::glmer(top_score ~ phase + (1 | practitioner_ref), data = primary,
                     family = binomial, nAGQ = 7)
  print(summary(fit))
  # Odds ratio of the weeks with grids against baseline, for one practitioner, with 95 %.
  odds_ratio <- exp(c(lme4::fixef(fit)["phasewith_grid"],
                      confint(fit, parm = "phasewith_grid", method = "Wald")))
  names(odds_ratio) <- c("odds_ratio", "low", "high")
  print(round(odds_ratio, 3))
}
"""
