"""The data dictionary of the REDCap project that holds the concomitant medication."""

import csv
from pathlib import Path

HEADER = (
    "Variable / Field Name", "Form Name", "Section Header", "Field Type", "Field Label",
    "Choices, Calculations, OR Slider Labels", "Field Note",
    "Text Validation Type OR Show Slider Number", "Text Validation Min", "Text Validation Max",
    "Identifier?", "Branching Logic (Show field only if...)", "Required Field?",
    "Custom Alignment", "Question Number (surveys only)", "Matrix Group Name", "Matrix Ranking?",
    "Field Annotation",
)  # fmt: skip
FORM = "concomitant_medication"
FOR = "1, Myasthenia gravis | 2, Adverse event | 3, Premedication | 4, Prophylaxis | 5, Other"
FIELDS = (  # name, type, label, choices, validation
    ("record_id", "text", "Subject", "", ""),
    ("cm_no", "text", "Number of the medication", "", "integer"),
    ("cmtrt", "text", "Medication as written", "", ""),
    ("cmdecod", "text", "Generic name (EXDRUG)", "", ""),
    ("cmclas", "text", "Drug class (EXDRUG)", "", ""),
    ("cmclascd", "text", "Drug class code (EXDRUG)", "", ""),
    ("cmindc", "text", "Indication", "", ""),
    ("cm_for", "checkbox", "Given for", FOR, ""),
    ("cm_aeno", "text", "Number of the adverse event", "", "integer"),
    ("cm_rescue", "yesno", "Rescue therapy", "", ""),
    ("cmdose", "text", "Single dose", "", "number"),
    ("cmdosu", "text", "Unit", "", ""),
    ("cmdosfrm", "text", "Dose form", "", ""),
    ("cmdosfrq", "text", "Frequency", "", ""),
    ("cmroute", "text", "Route", "", ""),
    ("cmstdat", "text", "Start date (DD-MMM-YYYY, UN or UNK where unknown)", "", ""),
    ("cmendat", "text", "End date (DD-MMM-YYYY, UN or UNK where unknown)", "", ""),
    ("cmongo", "yesno", "Ongoing", "", ""),
)


def write_dictionary(path: Path) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(HEADER)
        for name, kind, label, choices, check in FIELDS:
            filled = {0: name, 1: FORM, 3: kind, 4: label, 5: choices, 7: check}
            writer.writerow([filled.get(column, "") for column in range(len(HEADER))])
