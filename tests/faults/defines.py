"""Faults of define.xml: beside the data, beside the standard, and within itself."""

from __future__ import annotations

from collections.abc import Callable

from lxml import etree

from .edits import (
    NAMES,
    Edit,
    Element,
    Fault,
    fault,
    gone,
    node,
    qualified,
    setting,
    text,
    twice,
    without,
    words_of,
)
from .package import ADAM, SDTM, Package

GROUP = "//odm:ItemGroupDef"
ITEM = "//odm:ItemDef"
VARIABLE = "//odm:ItemDef[count(str:tokenize(@OID, '.')) = 3]"
LABEL = "odm:Description/odm:TranslatedText"


def item(name: str) -> str:
    """The ItemDef of a variable."""
    return f"//odm:ItemDef[@OID='IT.{name}']"


def ref(name: str) -> str:
    """The ItemRef of a variable."""
    return f"//odm:ItemRef[@ItemOID='IT.{name}']"


def longer(by: int) -> Callable[[Element], None]:
    """Another length."""
    return lambda element: element.set("Length", str(int(element.get("Length", "0")) + by))


def first_up(element: Element) -> None:
    """An element before the one that it follows."""
    parent = element.getparent()
    assert parent is not None
    parent.insert(0, element)


def added(tag: str, where: str, which: str, *words: str, **settings: str) -> Edit:
    """An element more, at the end of the elements of its kind."""

    def change(element: Element) -> None:
        made = etree.Element(qualified(tag))
        for key, value in settings.items():
            made.set(qualified(key.replace("__", ":")), value)
        element.addnext(made)

    return node(which, where, change, *words)


def replaced(which: str, old: str, new: str, *words: str) -> Edit:
    """The text of the file, with other words once."""

    def apply(package: Package) -> None:
        place = f"{ADAM if which == 'adam' else SDTM}/define.xml"
        assert old.encode() in (package.clean / place).read_bytes()
        package.marks += [(each,) for each in words]
        package.raw.append((place, lambda data: data.replace(old.encode(), new.encode(), 1)))

    return Edit(apply)


def bad(
    name: str, says: str, which: str, path: str, change: Callable[[Element], None], *words: str,
    also: str = "",
) -> Fault:  # fmt: skip
    """A fault of one element."""
    return fault(f"define-{name}", says, node(which, path, change, *words), also=also)


def unused(tag: str, oid: str, **settings: str) -> Edit:
    """An element that nothing refers to, after the first of its kind."""

    def change(element: Element) -> None:
        made = etree.fromstring(etree.tostring(element))
        made.set("OID", oid)
        for key, value in settings.items():
            made.set(key, value)
        element.addnext(made)

    return node("sdtm", f"//{tag}", change, oid)


def two_at(path: str, which: str) -> Edit:
    """Two neighbours with one number of order."""

    def change(element: Element) -> None:
        after = element.getnext()
        assert after is not None
        after.set("OrderNumber", str(element.get("OrderNumber")))

    return node(which, path, change)


def swapped(element: Element) -> None:
    """Two neighbours with each other's number."""
    after = element.getnext()
    assert after is not None
    one, other = str(element.get("OrderNumber")), str(after.get("OrderNumber"))
    element.set("OrderNumber", other)
    after.set("OrderNumber", one)


def recoded(element: Element) -> None:
    """A term in other letters."""
    value = str(element.get("CodedValue"))
    element.set("CodedValue", value.swapcase())


def enumerated(element: Element) -> None:
    """One term of a list without its decode."""
    made = etree.Element(qualified("odm:EnumeratedItem"), CodedValue=str(element.get("CodedValue")))
    element.getparent().replace(element, made)  # type: ignore[union-attr]


def without_namespace(element: Element) -> None:
    """An attribute of no namespace."""
    element.set("Note", "none")


# fmt: off
FAULTS: list[Fault] = [
    # beside the data
    bad("length-short", "Length is less than the data's", "sdtm", item("AE.AETERM"), setting("Length", "9")),
    bad("length-long", "Length is more than the stored one", "sdtm", item("CM.CMTRT"), longer(60)),
    bad("length-adam", "Length is less than the data's", "adam", item("ADQS.PARAM"), setting("Length", "5")),
    bad("length-gone", "no Length of a text", "sdtm", item("DM.SEX"), without("Length")),
    bad("type-text", "a number is text", "sdtm", item("DM.AGE"), setting("DataType", "text")),
    bad("type-integer", "a text is an integer", "sdtm", item("AE.AEDECOD"), setting("DataType", "integer")),
    bad("type-fraction", "a number with decimals is an integer", "sdtm", item("LB.LBSTRESN"), setting("DataType", "integer")),
    bad("type-date", "partial dates are complete dates", "sdtm", item("MH.MHSTDTC"), setting("DataType", "date")),
    bad("type-none", "a type that there is not", "sdtm", item("VS.VSTEST"), setting("DataType", "string")),
    bad("type-adam", "a text is a float", "adam", item("ADLB.PARAMCD"), setting("DataType", "float")),
    bad("digits-gone", "a float without SignificantDigits", "sdtm", item("LB.LBSTRESN"), without("SignificantDigits")),
    bad("digits-few", "fewer SignificantDigits than the data have", "sdtm", item("LB.LBSTRESN"), setting("SignificantDigits", "1")),
    bad("label-item", "a label other than the data's", "sdtm", item("AE.AESER") + "/" + LABEL, text("Is it serious"), "AESER"),
    bad("label-adam", "a label other than the data's", "adam", item("ADSL.SAFFL") + "/" + LABEL, text("Safe"), "SAFFL"),
    bad("label-empty", "an empty label", "sdtm", item("LB.LBCAT") + "/" + LABEL, text(""), "LBCAT", "IT.LB.LBCAT"),
    bad("label-group", "a dataset's label other than the data's", "sdtm", "//odm:ItemGroupDef[@Name='VS']/" + LABEL, text("Vitals"), "VS"),
    bad("order-twice", "two variables at one place", "sdtm", ref("LB.LBTEST"), lambda each: each.set("OrderNumber", "5"), "LB", "IG.LB"),
    bad("order-other", "two variables in another order than the data's", "sdtm", ref("AE.AESTDTC"), swapped, "AESTDTC", "AEENDTC"),
    bad("order-other-adam", "two variables in another order than the data's", "adam", ref("ADSL.RACE"), swapped, "RACE", "ETHNIC"),
    bad("ref-gone", "a variable of the data is not in define.xml", "sdtm", ref("VS.VSPOS"), gone, "VSPOS"),
    bad("ref-gone-adam", "a variable of the data is not in define.xml", "adam", ref("ADAE.AREL"), gone, "AREL"),
    fault("define-ref-more", "a variable that the data have not", added("odm:ItemRef", ref("CM.CMENTPT"), "sdtm", "IT.AE.AETERM", "AETERM", ItemOID="IT.AE.AETERM", OrderNumber="99", Mandatory="No")),
    bad("group-gone", "a dataset of the data is not in define.xml", "sdtm", "//odm:ItemGroupDef[@Name='PR']", gone, "PR"),
    bad("group-gone-adam", "a dataset of the data is not in define.xml", "adam", "//odm:ItemGroupDef[@Name='ADRS']", gone, "ADRS"),
    bad("group-name", "a dataset has another name", "sdtm", "//odm:ItemGroupDef[@Name='DV']", setting("Name", "DW"), "DW", "DV"),
    bad("group-sas", "SASDatasetName is another dataset's", "sdtm", "//odm:ItemGroupDef[@Name='MH']", setting("SASDatasetName", "MX"), "MH", "MX", "IG.MH"),
    bad("group-domain", "Domain is another domain's", "sdtm", "//odm:ItemGroupDef[@Name='CM']", setting("Domain", "PR"), "CM", "IG.CM"),
    bad("item-name", "a variable has another name", "sdtm", item("EX.EXLOT"), setting("Name", "EXLOTX"), "EXLOT", "EXLOTX"),
    bad("mandatory", "a variable with blanks is mandatory", "sdtm", ref("AE.AEENDTC"), setting("Mandatory", "Yes"), "AEENDTC"),
    bad("mandatory-no", "a required variable is not mandatory", "sdtm", ref("AE.AETERM"), setting("Mandatory", "No"), "AETERM"),
    bad("key-gone", "keys that do not tell the records apart", "sdtm", ref("LB.LBTESTCD") + "[@KeySequence]", without("KeySequence"), "LB"),
    bad("key-twice", "two variables at one place of the key", "sdtm", ref("VS.VSTESTCD"), setting("KeySequence", "1"), "VS", "IG.VS"),
    bad("key-adam", "a key that is no key", "adam", ref("ADQS.PARAMCD") + "[@KeySequence]", without("KeySequence"), "ADQS"),
    bad("format", "a format other than the data's", "adam", item("ADSL.TRTSDT"), setting("def:DisplayFormat", "YYMMDD10."), "TRTSDT"),
    bad("term-gone", "a codelist lacks a value of the data", "sdtm", "//odm:CodeList[@OID='CL.ACN']/odm:CodeListItem[@CodedValue='DOSE NOT CHANGED']", gone, "DOSE NOT CHANGED", "AEACN"),
    bad("term-gone-adam", "a codelist lacks a parameter of the data", "adam", "//odm:CodeList[@OID='CL.ADTTE.PARAMCD']/odm:CodeListItem", gone, "PARAMCD", "CL.ADTTE.PARAMCD"),
    bad("no-data", "data are said to be lacking", "sdtm", ref("DM.RACE"), setting("def:HasNoData", "Yes"), "RACE"),
    bad("no-data-group", "a dataset is said to have no data", "sdtm", "//odm:ItemGroupDef[@Name='VS']", setting("def:HasNoData", "Yes"), "VS"),
    bad("repeating", "a dataset of one record per subject repeats", "sdtm", "//odm:ItemGroupDef[@Name='DM']", setting("Repeating", "Yes"), "DM", "IG.DM"),
    bad("repeating-no", "a dataset of many records per subject does not repeat", "sdtm", "//odm:ItemGroupDef[@Name='LB']", setting("Repeating", "No"), "LB", "IG.LB"),
    bad("reference", "subjects' data are reference data", "sdtm", "//odm:ItemGroupDef[@Name='QS']", setting("IsReferenceData", "Yes"), "QS", "IG.QS"),
    bad("purpose", "analyses are tabulations", "adam", "//odm:ItemGroupDef[@Name='ADSL']", setting("Purpose", "Tabulation"), "ADSL", "IG.ADSL"),
    bad("class", "a dataset is of another class", "sdtm", "//odm:ItemGroupDef[@Name='AE']/def:Class", setting("Name", "FINDINGS"), "AE", "IG.AE"),
    bad("class-none", "a class that there is not", "adam", "//odm:ItemGroupDef[@Name='ADQS']/def:Class", setting("Name", "BDS"), "BDS", "ADQS"),
    bad("class-gone", "a dataset without class", "sdtm", "//odm:ItemGroupDef[@Name='LB']/def:Class", gone, "LB", "IG.LB"),
    bad("subclass", "a subclass of another class", "adam", "//odm:ItemGroupDef[@Name='ADAE']/def:Class/def:SubClass", setting("Name", "TIME-TO-EVENT"), "ADAE", "IG.ADAE"),
    bad("structure", "a dataset without structure", "sdtm", "//odm:ItemGroupDef[@Name='SV']", without("def:Structure"), "SV", "IG.SV"),
    bad("leaf-href", "a dataset's leaf names another file", "sdtm", "//def:leaf[@ID='LF.CM']", setting("xlink:href", "cmx.xpt"), "cmx.xpt", "LF.CM"),
    bad("leaf-gone", "a dataset without leaf", "sdtm", "//def:leaf[@ID='LF.DS']", gone, "LF.DS", "DS"),
    bad("archive", "a dataset refers to no leaf", "sdtm", "//odm:ItemGroupDef[@Name='EX']", setting("def:ArchiveLocationID", "LF.NONE"), "LF.NONE", "EX"),
    bad("role", "a role of another variable", "sdtm", ref("AE.AETERM"), setting("Role", "Timing"), "AETERM"),
    bad("role-none", "a role that there is not", "sdtm", ref("LB.LBTESTCD"), setting("Role", "Subject"), "LBTESTCD"),
    bad("value-length", "a value level's Length is less than the data's", "sdtm", "//odm:ItemDef[@OID='IT.LB.LBSTRESN.ALB']", setting("Length", "1"), "ALB"),
    bad("value-type", "a value level's type is not the data's", "sdtm", "//odm:ItemDef[@OID='IT.LB.LBSTRESN.ALB']", setting("DataType", "integer"), "ALB"),
    bad("where-value", "a condition names a value that the data have not", "sdtm", "//def:WhereClauseDef[@OID='WC.LB.LBTESTCD.ALB']//odm:CheckValue", text("ALBX"), "ALBX", "WC.LB.LBTESTCD.ALB", also="uncovered-blank uncovered-record unused-where"),
    bad("where-item", "a condition on no variable", "sdtm", "//def:WhereClauseDef[@OID='WC.LB.LBTESTCD.ALT']/odm:RangeCheck", setting("def:ItemOID", "IT.LB.NONE"), "IT.LB.NONE"),
    bad("where-gone", "a value level without its condition", "sdtm", "//def:WhereClauseDef[@OID='WC.CP.CPTESTCD.TLSTLY']", gone, "WC.CP.CPTESTCD.TLSTLY"),
    bad("where-comparator", "a comparator that there is not", "sdtm", "//def:WhereClauseDef[@OID='WC.LB.LBTESTCD.AST']/odm:RangeCheck", setting("Comparator", "EQUALS"), "EQUALS", "WC.LB.LBTESTCD.AST"),
    bad("where-soft", "a check neither soft nor hard", "sdtm", "//def:WhereClauseDef[@OID='WC.LB.LBTESTCD.AST']/odm:RangeCheck", setting("SoftHard", "Medium"), "Medium", "WC.LB.LBTESTCD.AST"),
    # within itself
    bad("item-gone", "an ItemRef to no ItemDef", "sdtm", item("AE.AESER"), gone, "IT.AE.AESER"),
    bad("item-gone-adam", "an ItemRef to no ItemDef", "adam", item("ADLB.SHIFT1"), gone, "IT.ADLB.SHIFT1"),
    bad("list-gone", "a CodeListRef to no CodeList", "sdtm", "//odm:CodeList[@OID='CL.AGEU']", gone, "CL.AGEU"),
    bad("list-ref", "a CodeListRef to no CodeList", "sdtm", item("DM.SEX") + "/odm:CodeListRef", setting("CodeListOID", "CL.NONE"), "CL.NONE"),
    bad("list-type", "a CodeList of another type than its variable", "sdtm", "//odm:CodeList[@OID='CL.AGEU']", setting("DataType", "integer"), "CL.AGEU", "AGEU"),
    bad("method-gone", "a MethodOID of no method", "sdtm", "//odm:MethodDef[@OID='MT.AE.AESEQ']", gone, "MT.AE.AESEQ"),
    bad("method-ref-gone", "a derived variable without method", "sdtm", ref("AE.AESEQ"), without("MethodOID"), "AESEQ"),
    bad("method-type", "a type of method that there is not", "sdtm", "//odm:MethodDef[@OID='MT.AE.AESEQ']", setting("Type", "Derivation"), "MT.AE.AESEQ", "Derivation"),
    bad("method-text", "a method without text", "sdtm", "//odm:MethodDef[@OID='MT.AE.AESEQ']/" + LABEL, text(""), "MT.AE.AESEQ"),
    bad("origin-type", "an origin that there is not", "sdtm", item("AE.AETERM") + "/def:Origin", setting("Type", "CRF"), "CRF", "AETERM"),
    bad("origin-gone", "a variable without origin", "sdtm", item("VS.VSPOS") + "/def:Origin", gone, "VSPOS"),
    bad("origin-source", "a source that there is not", "sdtm", item("DM.SEX") + "/def:Origin", setting("Source", "Site"), "Site", "SEX"),
    bad("origin-predecessor", "a predecessor without its source", "adam", item("ADSL.AGE") + "/def:Origin/odm:Description", gone, "AGE", "IT.ADSL.AGE"),
    bad("origin-predecessor-none", "a predecessor that there is not", "adam", item("ADSL.SEX") + "/def:Origin/" + LABEL, text("DM.GENDER"), "DM.GENDER", "SEX"),
    bad("origin-pages", "a collected variable without page", "sdtm", item("AE.AESER") + "/def:Origin/def:DocumentRef", gone, "AESER", "IT.AE.AESER"),
    bad("pages", "pages that are no numbers", "sdtm", item("AE.AESER") + "/def:Origin/def:DocumentRef/def:PDFPageRef", setting("PageRefs", "three"), "three", "AESER"),
    bad("pages-type", "a kind of page reference that there is not", "sdtm", item("AE.AEREL") + "/def:Origin/def:DocumentRef/def:PDFPageRef", setting("Type", "Page"), "Page", "AEREL"),
    bad("document-gone", "references to no document", "sdtm", "/odm:ODM//odm:MetaDataVersion/def:leaf[@ID='LF.acrf']", gone, "LF.acrf"),
    bad("document-href", "a document that is not there", "sdtm", "/odm:ODM//odm:MetaDataVersion/def:leaf[@ID='LF.csdrg']", setting("xlink:href", "guide.pdf"), "guide.pdf"),
    bad("comment-gone", "a comment that there is not", "adam", "//odm:ItemGroupDef[@Name='ADSL']", setting("def:CommentOID", "COM.NONE"), "COM.NONE"),
    bad("values-gone", "a ValueListRef to no value list", "sdtm", "//def:ValueListDef[@OID='VL.IS.ISORRES']", gone, "VL.IS.ISORRES"),
    bad("standard-ref", "a dataset of no standard", "sdtm", "//odm:ItemGroupDef[@Name='AE']", setting("def:StandardOID", "STD.NONE"), "STD.NONE"),
    bad("standard-gone", "a dataset without standard", "sdtm", "//odm:ItemGroupDef[@Name='LB']", without("def:StandardOID"), "LB", "IG.LB"),
    bad("standard-none", "a version of the guide that there is not", "sdtm", "//def:Standard[@OID='STD.SDTMIG.3.4']", setting("Version", "3.9"), "3.9", "SDTMIG"),
    bad("standard-ct", "a version of terminology that there is not", "sdtm", "//def:Standard[@Type='CT']", setting("Version", "2025-03-30"), "2025-03-30"),
    bad("standard-type", "a type of standard that there is not", "adam", "//def:Standard[@OID='STD.ADaMIG.1.3']", setting("Type", "GUIDE"), "GUIDE", "STD.ADaMIG.1.3"),
    bad("standards-gone", "no standards", "sdtm", "//def:Standards", gone, "implementation guide", also="unresolved-reference missing-standard schema codelist-standard dataset-standard"),
    bad("oid-twice", "two ItemDefs of one OID", "sdtm", item("CM.CMTRT"), twice, "IT.CM.CMTRT"),
    bad("oid-twice-method", "two methods of one OID", "sdtm", "//odm:MethodDef[@OID='MT.AE.AESEQ']", twice, "MT.AE.AESEQ"),
    bad("group-twice", "a dataset twice", "sdtm", "//odm:ItemGroupDef[@Name='SE']", twice, "IG.SE", "SE"),
    bad("ref-twice", "a variable twice", "sdtm", ref("DM.SEX"), twice, "IT.DM.SEX", "SEX"),
    # terminology
    bad("term-case", "a term in other letters", "sdtm", "//odm:CodeList[@OID='CL.AGEU']/odm:CodeListItem", recoded, "years", "AGEU"),
    bad("term-twice", "a term twice", "sdtm", "//odm:CodeList[@OID='CL.ACN']/odm:CodeListItem[1]", twice, "CL.ACN"),
    bad("term-code", "the code of another term", "sdtm", "//odm:CodeList[@OID='CL.ACN']/odm:CodeListItem[1]/odm:Alias", setting("Name", "C99999"), "C99999", "CL.ACN"),
    bad("term-code-gone", "a published term without its code", "sdtm", "//odm:CodeList[@OID='CL.ACN']/odm:CodeListItem[1]/odm:Alias", gone, "CL.ACN"),
    bad("list-code", "the code of another list", "sdtm", "//odm:CodeList[@OID='CL.AGEU']/odm:Alias", setting("Name", "C66731"), "CL.AGEU", "C66731"),
    bad("term-extended", "a published term is the sponsor's", "sdtm", "//odm:CodeList[@OID='CL.AGEU']/odm:CodeListItem", setting("def:ExtendedValue", "Yes"), "CL.AGEU", "YEARS"),
    bad("term-not-extended", "a sponsor's term is not marked", "sdtm", "//odm:CodeList[@OID='CL.CCCAT']/odm:CodeListItem", without("def:ExtendedValue"), "CL.CCCAT", "MGFA CLINICAL CLASSIFICATION"),
    bad("term-decode", "a term without decode", "sdtm", "//odm:CodeList[@OID='CL.AGEU']/odm:CodeListItem/odm:Decode", gone, "CL.AGEU", "YEARS"),
    bad("term-mixed", "a list of terms with and without decode", "sdtm", "//odm:CodeList[@OID='CL.ACN']/odm:CodeListItem[2]", enumerated, "CL.ACN"),
    bad("list-standard", "a published list of no standard", "sdtm", "//odm:CodeList[@OID='CL.AGEU']", without("def:StandardOID"), "CL.AGEU"),
    bad("list-name", "a list without name", "sdtm", "//odm:CodeList[@OID='CL.ACN']", without("Name"), "CL.ACN"),
    bad("dictionary", "a dictionary without version", "sdtm", "//odm:ExternalCodeList", without("Version"), "ExternalCodeList", "Version"),
    # the file
    bad("version", "a version of Define-XML that there is not", "sdtm", "//odm:MetaDataVersion", setting("def:DefineVersion", "2.2.9"), "2.2.9", "DefineVersion"),
    bad("context", "no context", "sdtm", "/odm:ODM", without("def:Context"), "Context", "def:Context"),
    bad("file-type", "a type of file that define.xml is not", "sdtm", "/odm:ODM", setting("FileType", "Transactional"), "FileType", "Transactional"),
    bad("study-name", "no name of the study", "sdtm", "//odm:StudyName", gone, "StudyName"),
    bad("protocol", "an empty name of the protocol", "sdtm", "//odm:ProtocolName", text(""), "ProtocolName"),
    bad("attribute", "an attribute that there is not", "sdtm", item("AE.AETERM"), without_namespace, "Note"),
    bad("element-order", "Description after other elements", "sdtm", item("AE.AETERM") + "/def:Origin", first_up, "Origin", "IT.AE.AETERM", "Description"),
    fault("define-malformed", "an element that is not closed", replaced("sdtm", "</ODM>", "", "define.xml")),
    fault("define-oid-space", "an element of another namespace", replaced("adam", "<def:Standards>", "<def:Standarts>", "define.xml", "Standarts")),
    fault("define-unused-method", "a method that nothing uses", unused("odm:MethodDef[@OID='MT.AE.AESEQ']", "MT.UNUSED")),
    fault("define-unused-list", "a codelist that nothing uses", unused("odm:CodeList[@OID='CL.AGEU']", "CL.UNUSED")),
    fault("define-unused-item", "an item that nothing uses", unused("odm:ItemDef[@OID='IT.AE.AETERM']", "IT.AE.UNUSED")),
    fault("define-unused-where", "a condition that nothing uses", unused("def:WhereClauseDef[@OID='WC.LB.LBTESTCD.ALB']", "WC.UNUSED")),
    bad("sas-name", "SASFieldName of more than 8 letters", "sdtm", item("AE.AETERM"), setting("SASFieldName", "AETERMLONG"), "AETERMLONG", "AETERM"),
    # results of analyses
    bad("result-item", "an analysis of no variable", "adam", "//arm:AnalysisVariable", setting("ItemOID", "IT.ADAE.NONE"), "IT.ADAE.NONE"),
    bad("result-group", "an analysis of no dataset", "adam", "//arm:AnalysisDataset", setting("ItemGroupOID", "IG.NONE"), "IG.NONE"),
    bad("result-purpose-gone", "an analysis without purpose", "adam", "//arm:AnalysisResult", without("AnalysisPurpose"), "AnalysisPurpose"),
]
# fmt: on
__all__ = ["FAULTS", "NAMES", "words_of"]
