"""An R script that reads the files, labels them, and fits the model that the field uses.

Base R alone reads and labels; ``haven`` and ``lme4`` are used where they are installed.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from app.domain.dataset import MISSING_REASONS, Schema, Variable
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
  found <- read.csv(file, encoding = "UTF-8", colClasses = "character", na.strings = "",
                    check.names = FALSE)
  # A text that a spreadsheet would run carries one apostrophe in front.
  found[] <- lapply(found, function(x) sub("^'", "", x))
  whole <- vapply(found, function(x) all(is.na(x) | grepl("^-?[0-9]{1,9}$", x)) && !all(is.na(x)),
                  logical(1))
  keep <- grepl("_ref$|_sha256$|^team$|^study_id$|_version$|^grid_public_id$|^export_id$",
                names(found))
  found[whole & !keep] <- lapply(found[whole & !keep], as.integer)
  found
}

wide <- read_export("responses_wide.csv")
long <- if (file.exists("responses_long.csv")) read_export("responses_long.csv") else NULL

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

# The model that the field uses: practitioner as random effect. Never pool respondents, occasions,
# modes or environments silently; late answers are not in the primary set.
primary <- subset(wide, occasion == "after" & respondent == "young_person" & late == 0 &
                    interpreter == "none" & !is.na(top_score) &
                    phase %in% c("baseline", "with_grid"))
primary <- droplevels(primary)
if (requireNamespace("lme4", quietly = TRUE) && nlevels(primary$phase) == 2 &&
    length(unique(primary$practitioner_ref)) >= 10) {
  fit <- lme4::glmer(top_score ~ phase + (1 | practitioner_ref), data = primary,
                     family = binomial, nAGQ = 7)
  print(summary(fit))
}
"""
