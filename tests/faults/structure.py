"""Faults of structure: variables, labels, types, names, files."""

from __future__ import annotations

from .edits import (
    Edit,
    Fault,
    add_variable,
    bytes_of,
    drop_variable,
    every,
    fault,
    move,
    put,
    remove,
    rename,
    retype,
    table_is,
    variable_is,
)
from .package import ADAM, SDTM, Package

WITHOUT = [
    "AE.AETERM",
    "AE.AEDECOD",
    "AE.AEENDTC",
    "LB.LBTESTCD",
    "LB.LBSTRESU",
    "LB.LBNRIND",
    "LB.LBDTC",
    "DM.SEX",
    "DM.RFICDTC",
    "DM.ARMNRS",
    "DM.COUNTRY",
    "VS.VSTEST",
    "CM.USUBJID",
    "EX.STUDYID",
    "QS.DOMAIN",
    "MH.MHSEQ",
    "EX.EXTRT",
    "EX.EXENDTC",
    "DS.DSDECOD",
    "IE.IECAT",
    "TS.TSVAL",
    "SUPPAE.QLABEL",
    "RELREC.RELID",
    "CO.COVAL",
    "FA.FAOBJ",
    "QS.QSCAT",
    "SE.ETCD",
    "SV.VISITNUM",
    "TA.EPOCH",
    "TV.VISITNUM",
]


BY_IT = "keys-not-unique where-unknown SD-REFERENCE SD-FA-OBJECT"
"""What is true of a dataset without a variable: its keys, value levels and links go by it."""


def lacking(name: str) -> Fault:
    """A dataset without one of its variables."""
    dataset, variable = name.split(".")
    return fault(
        f"no-{dataset.lower()}-{variable.lower()}",
        f"{dataset} has no {variable}",
        drop_variable(dataset, variable),
        also=BY_IT,
    )


def second_member(package: Package) -> None:
    """Two datasets in one file."""
    vs = (package.clean / package.place("PR")).read_bytes()
    package.raw.append((package.place("DV"), lambda data: data + vs[240:]))


def copied(name: str, new: str) -> Edit:
    """A dataset's file a second time, under another name."""

    def apply(package: Package) -> None:
        package.copied[package.place(name)] = f"{package.place(name).rpartition('/')[0]}/{new}"

    return Edit(apply, new.partition(".")[0].upper())


def stored(name: str, variable: str, value: str) -> Edit:
    """A value that no writer would write: put after writing, byte for byte of its stand-in."""
    stand_in = "~" * len(value.encode())

    def change(package: Package) -> None:
        put(name, **{variable: stand_in}).apply(package)
        package.marks = [each for each in package.marks if "~" not in each[0]]
        package.raw.append(
            (package.place(name), lambda data: data.replace(stand_in.encode(), value.encode()))
        )

    return Edit(change, name, (variable,))


# fmt: off
FAULTS: list[Fault] = [
    *map(lacking, WITHOUT),
    fault("order-seq", "AESEQ stands after AETERM", move("AE", "AETERM", "AESEQ")),
    fault("order-dm", "AGE stands first", move("DM", "AGE", "STUDYID"), names="AGE STUDYID"),
    fault("order-lb", "LBSTRESN stands before LBORRES", move("LB", "LBSTRESN", "LBORRES")),
    fault("order-timing", "a timing variable among the identifiers", move("VS", "VSDTC", "VSTESTCD")),
    fault("unknown-variable", "a variable that the model has not", add_variable("AE", "AEFOO", "X", "Foo")),
    fault("unknown-plain", "a variable that is of no domain", add_variable("VS", "COLOR", "RED", "Colour")),
    fault("unknown-class", "a variable of another class", add_variable("AE", "AETESTCD", "X", "Test")),
    fault("unknown-prefix", "a variable of another domain", add_variable("LB", "VSPOS", "SITTING", "Position")),
    fault("unknown-dm", "a variable that DM has not", add_variable("DM", "VISITNUM", 1.0, "Visit Number")),
    fault("barred-variable", "a variable that AE should not have", add_variable("AE", "AEOCCUR", "Y", "Occurrence")),
    fault("label-words", "a label in other words", variable_is("AE", "AETERM", label="Adverse Event Term as Reported")),
    fault("label-case", "a label in lower case", variable_is("LB", "LBTEST", label="lab test or examination name")),
    fault("label-gone", "a variable without label", variable_is("VS", "VSPOS", label="")),
    fault("label-dm", "a label of another variable", variable_is("DM", "RFICDTC", label="Date/Time of Death")),
    fault("label-dataset", "a dataset's label in other words", table_is("LB", label="Labs"), names="Labs label"),
    fault("label-dataset-gone", "a dataset without label", table_is("CM", label=""), names="label", also="dataset-label"),
    fault("type-age", "AGE is text", retype("DM", "AGE")),
    fault("type-seq", "LBSEQ is text", retype("LB", "LBSEQ")),
    fault("type-visit", "VISITNUM is text", retype("VS", "VISITNUM")),
    fault("type-stresn", "QSSTRESN is text", retype("QS", "QSSTRESN")),
    fault("type-orres", "LBORRES is a number", retype("LB", "LBORRES")),
    fault("type-dtc", "DSSTDTC is a number", retype("DS", "DSSTDTC")),
    fault("name-case", "a variable's name in lower case", rename("AE", "AEREL", "aerel")),
    fault("name-sign", "a hyphen in a variable's name", rename("CM", "CMINDC", "CM-INDC")),
    fault("name-digit", "a digit before a variable's name", rename("PR", "PRINDC", "1PRINDC")),
    fault("name-blank", "a variable without name", rename("DV", "DVCAT", ""), dataset="dv.xpt", names="variables"),
    fault("length-full", "text stored in 200 bytes that needs 54", variable_is("AE", "AETERM", length=200)),
    fault("length-id", "an identifier stored in another length than elsewhere", variable_is("LB", "USUBJID", length=40)),
    fault("member-name", "the dataset in ae.xpt has another name", table_is("AE", member="AX"), dataset="AX AE", names="AX ae.xpt", also="missing-dataset"),
    fault("member-long", "the dataset in lb.xpt has another name", table_is("LB", member="LABS"), dataset="LABS LB", names="LABS lb.xpt", also="missing-dataset"),
    fault("version-8", "a file of version 8", table_is("MH", version=8), names="version"),
    fault("file-cut", "a file cut within a record", bytes_of("VS", lambda data: data[:-333]), dataset="vs.xpt", names="vs.xpt"),
    fault("file-cards", "a file that ends within a card", bytes_of("EX", lambda data: data[:-7]), dataset="ex.xpt", names="ex.xpt"),
    fault("file-header", "a file whose first line is damaged", bytes_of("CM", lambda data: b"HEADER RECORD#####" + data[18:]), dataset="cm.xpt", names="cm.xpt"),
    fault("file-empty", "an empty file", bytes_of("PR", lambda data: b""), dataset="pr.xpt", names="pr.xpt"),
    fault("file-text", "a file of comma-separated values", bytes_of("DV", lambda data: b"STUDYID,DOMAIN\nX,DV\n"), dataset="dv.xpt", names="dv.xpt"),
    fault("file-obs", "a file without the header of its records", bytes_of("IE", lambda data: data.replace(b"OBS     HEADER", b"XXX     HEADER")), dataset="ie.xpt", names="ie.xpt"),
    fault("file-members", "two datasets in one file", Edit(second_member, "DV"), names="PR"),
    fault("file-float", "a number of all bits in a file", bytes_of("RS", lambda data: data.replace(b"\x41\x10\0\0\0\0\0\0", b"\xff\xff\xff\xff\xff\xff\xff\xff", 1)), names="RSSEQ VISITNUM RS"),
    fault("ascii-value", "a letter beyond ASCII in a term", stored("AE", "AETERM", "Ménière")),
    fault("ascii-unit", "a Greek letter in a unit", stored("LB", "LBORRESU", "µg/L")),
    fault("ascii-chinese", "Chinese in a comment", stored("CM", "CMTRT", "泼尼松")),
    fault("ascii-space", "a hard space in a text", stored("DS", "DSTERM", "LOST\u00a0TO FOLLOW-UP")),
    fault("text-nul", "a byte 0 in a text", stored("MH", "MHTERM", "Gastri\0tis")),
    fault("empty-required", "AEDECOD is blank throughout", every("AE", AEDECOD=""), names="AEDECOD", also="SD-FA-OBJECT"),
    fault("records-none", "a dataset without records", Edit(lambda p: setattr(p.table("PR"), "data", p.table("PR").data.iloc[:0]), "PR"), names="records PR record"),
    fault("file-gone-ae", "ae.xpt is not there", remove("AE"), dataset="AE SUPPAE RELREC CO", names="AE ae.xpt"),
    fault("file-gone-dm", "dm.xpt is not there", remove("DM"), names="DM dm.xpt"),
    fault("file-gone-ts", "ts.xpt is not there", remove("TS"), names="TS ts.xpt"),
    fault("file-gone-se", "se.xpt is not there", remove("SE"), names="SE se.xpt"),
    fault("file-gone-adsl", "adsl.xpt is not there", remove("ADSL"), names="ADSL adsl.xpt"),
    fault("file-gone-adtte", "adtte.xpt is not there", remove("ADTTE"), names="ADTTE adtte.xpt"),
    fault("file-gone-suppdm", "suppdm.xpt is not there", remove("SUPPDM"), names="SUPPDM suppdm.xpt"),
    fault("file-more", "a dataset that define.xml has not", copied("PR", "xq.xpt"), dataset="PR XQ", names="XQ xq.xpt"),
    fault("file-more-adam", "an analysis dataset that define.xml has not", copied("ADRS", "adxx.xpt"), dataset="ADRS ADXX", names="ADXX adxx.xpt"),
    fault("file-define-sdtm", "no define.xml beside the tabulations", remove(f"{SDTM}/define.xml"), dataset="define.xml DM AE", names="define.xml"),
    fault("file-define-adam", "no define.xml beside the analyses", remove(f"{ADAM}/define.xml"), dataset="define.xml ADSL", names="define.xml"),
    fault("file-acrf", "the annotated CRF of define.xml is not there", remove(f"{SDTM}/acrf.pdf"), dataset="acrf.pdf", names="acrf.pdf"),
    fault("file-guide", "the reviewer's guide of define.xml is not there", remove(f"{ADAM}/adrg.pdf"), dataset="adrg.pdf", names="adrg.pdf"),
]
# fmt: on
