"""Faults of results: standard and original values, units, status, ranges, baseline flags, criteria."""

from __future__ import annotations

from .edits import Fault, fault, put

NONE = float("nan")
HAS = "{0}STRESN == {0}STRESN"
PLAIN = "LBTESTCD == 'ALB' and LBSTRESN == LBSTRESN and LBNRIND == 'NORMAL'"

# fmt: off
FAULTS: list[Fault] = [
    fault("stresn-lb", "LBSTRESN is not LBSTRESC", put("LB", "LBSTRESN > 5", LBSTRESN=lambda r: r.LBSTRESN + 1), names="LBSTRESN LBSTRESC"),
    fault("stresn-vs", "VSSTRESN is ten times VSSTRESC", put("VS", VSSTRESN=lambda r: r.VSSTRESN * 10), names="VSSTRESN VSSTRESC"),
    fault("stresn-qs", "QSSTRESN is not QSSTRESC", put("QS", "QSSTRESN == 1", QSSTRESN=2.0), names="QSSTRESN QSSTRESC"),
    fault("stresn-cp", "CPSTRESN is not CPSTRESC", put("CP", "CPSTRESN > 1", CPSTRESN=lambda r: r.CPSTRESN / 2), names="CPSTRESN CPSTRESC"),
    fault("stresn-is", "ISSTRESN is not ISSTRESC", put("IS", "ISSTRESN > 1", ISSTRESN=lambda r: r.ISSTRESN - 1), names="ISSTRESN ISSTRESC"),
    fault("stresn-fa", "FASTRESN is not FASTRESC", put("FA", "FATESTCD == 'MAXTEMP'", FASTRESN=36.0), names="FASTRESN FASTRESC"),
    fault("stresn-gone", "a number in LBSTRESC and no LBSTRESN", put("LB", HAS.format("LB"), LBSTRESN=NONE), names="LBSTRESN LBSTRESC"),
    fault("stresn-gone-vs", "a number in VSSTRESC and no VSSTRESN", put("VS", HAS.format("VS"), VSSTRESN=NONE), names="VSSTRESN VSSTRESC"),
    fault("stresn-below", "LBSTRESN of a result below a limit", put("LB", "LBSTRESC.str.startswith('<')", LBSTRESN=0.5), names="LBSTRESN LBSTRESC"),
    fault("stresn-below-is", "ISSTRESN of a result below a limit", put("IS", "ISSTRESC.str.startswith('<')", ISSTRESN=0.05), names="ISSTRESN ISSTRESC"),
    fault("stresc-gone", "an original result and no standard one", put("LB", HAS.format("LB"), LBSTRESC="", LBSTRESN=NONE), names="LBSTRESC"),
    fault("stresc-gone-qs", "an answer and no score", put("QS", HAS.format("QS"), QSSTRESC="", QSSTRESN=NONE), names="QSSTRESC"),
    fault("orres-gone", "no original result and no reason", put("VS", HAS.format("VS"), VSORRES=""), names="VSORRES VSSTAT VSSTRESC"),
    fault("orres-gone-cp", "no original result and no status", put("CP", HAS.format("CP"), CPORRES=""), names="CPORRES CPSTAT CPSTRESC"),
    fault("same-unit", "a standard number other than the original in the same unit", put("LB", "LBTESTCD == 'ALB' and LBORRESU == LBSTRESU and LBSTRESN > 30", LBSTRESC="4.4", LBSTRESN=4.4), names="LBSTRESN LBSTRESC LBORRES"),
    fault("same-unit-vs", "a standard number other than the original in the same unit", put("VS", "VSTESTCD == 'SYSBP' and VSORRESU == VSSTRESU", VSSTRESC="99.5", VSSTRESN=99.5), names="VSSTRESN VSSTRESC VSORRES"),
    fault("unit-gone-lb", "a standard number without unit", put("LB", "LBSTRESU == 'g/L'", LBSTRESU="")),
    fault("unit-gone-vs", "a standard number without unit", put("VS", "VSTESTCD == 'PULSE' and VSSTRESU != ''", VSSTRESU="")),
    fault("unit-gone-is", "a standard number without unit", put("IS", "ISSTRESN == ISSTRESN", ISSTRESU="")),
    fault("orresu-gone", "an original number without unit", put("LB", "LBTESTCD == 'ALB' and LBORRESU != ''", LBORRESU="")),
    fault("unit-mixed-lb", "two standard units of one test", put("LB", "LBTESTCD == 'ALB' and LBSTRESU == 'g/L'", LBSTRESU="mg/dL")),
    fault("unit-mixed-vs", "two standard units of one test", put("VS", "VSTESTCD == 'TEMP' and VSSTRESU == 'C'", VSSTRESU="F")),
    fault("unit-mixed-cp", "two standard units of one test", put("CP", "CPSTRESU == '%'", CPSTRESU="10^6/L")),
    fault("unit-mixed-is", "two standard units of one test", put("IS", "ISSTRESU == 'nmol/L'", ISSTRESU="pmol/L")),
    fault("status-result", "a result of a test not done", put("LB", HAS.format("LB"), LBSTAT="NOT DONE"), names="LBSTAT LBORRES LBSTRESC"),
    fault("status-result-qs", "a result of a question not asked", put("QS", "QSSTAT == 'NOT DONE'", QSORRES="MILD", QSSTRESC="1", QSSTRESN=1.0), names="QSSTAT QSORRES QSSTRESC"),
    fault("status-result-vs", "a result of a measurement not done", put("VS", HAS.format("VS"), VSSTAT="NOT DONE"), names="VSSTAT VSORRES VSSTRESC"),
    fault("reason-status", "a reason without a status", put("LB", HAS.format("LB"), LBREASND="HAEMOLYSED"), names="LBREASND LBSTAT"),
    fault("status-gone", "no result and no status", put("QS", "QSSTAT == 'NOT DONE'", QSSTAT="", QSREASND=""), names="QSSTAT QSORRES"),
    fault("range-indicator-high", "HIGH within the range", put("LB", PLAIN, LBNRIND="HIGH")),
    fault("range-indicator-normal", "NORMAL above the range", put("LB", "LBSTRESN > LBSTNRHI and LBNRIND == 'HIGH'", LBNRIND="NORMAL")),
    fault("range-indicator-low", "HIGH below the range", put("LB", "LBSTRESN < LBSTNRLO and LBNRIND == 'LOW'", LBNRIND="HIGH")),
    fault("range-indicator-gone", "no indicator though there is a range", put("LB", PLAIN, LBNRIND="")),
    fault("range-standard", "a standard range upside down", put("LB", PLAIN, LBSTNRLO=lambda r: r.LBSTNRHI, LBSTNRHI=lambda r: r.LBSTNRLO), names="LBSTNRLO LBSTNRHI"),
    fault("range-original", "an original range upside down", put("LB", PLAIN, LBORNRLO=lambda r: r.LBORNRHI, LBORNRHI=lambda r: r.LBORNRLO), names="LBORNRLO LBORNRHI"),
    fault("range-words", "a limit of the range is a word", put("LB", PLAIN, LBORNRHI="high")),
    fault("range-negative", "a number in LBSTNRHI and none in LBORNRHI", put("LB", PLAIN, LBORNRHI=""), names="LBORNRHI LBSTNRHI"),
    # last observation before exposure
    fault("lobx-twice", "two last observations before exposure", put("LB", "LBLOBXFL == '' and VISITNUM == 2 and LBTESTCD == 'ALB'", LBLOBXFL="Y")),
    fault("lobx-after", "the last observation before exposure lies after it", put("LB", "LBLOBXFL == '' and VISITNUM == 9 and LBTESTCD == 'AST'", LBLOBXFL="Y")),
    fault("lobx-gone", "no last observation before exposure", put("LB", "LBLOBXFL == 'Y' and LBTESTCD == 'ALB'", LBLOBXFL="")),
    fault("lobx-twice-vs", "two last observations before exposure", put("VS", "VSLOBXFL == '' and VISITNUM == 1 and VSTESTCD == 'SYSBP'", VSLOBXFL="Y")),
    fault("lobx-after-qs", "the last observation before exposure lies after it", put("QS", "QSLOBXFL == '' and VISITNUM == 10 and QSTESTCD == 'MGADL01'", QSLOBXFL="Y")),
    fault("lobx-twice-qs", "two last observations before exposure", put("QS", "QSLOBXFL == '' and VISITNUM == 1 and QSTESTCD == 'MGADL02'", QSLOBXFL="Y")),
    fault("lobx-gone-cp", "no last observation before exposure", put("CP", "CPLOBXFL == 'Y'", CPLOBXFL="")),
    fault("lobx-blank", "the last observation before exposure has no result", put("VS", "VSLOBXFL == 'Y' and VSTESTCD == 'PULSE'", VSORRES="", VSSTRESC="", VSSTRESN=NONE, VSSTAT="NOT DONE"), names="VSLOBXFL"),
    # tests
    fault("test-name-qs", "QSTEST has another name", put("QS", "QSTESTCD == 'MGADL03'", QSTEST="MG-ADL 03 Swallow")),
    fault("test-name-fa", "FATEST has another name", put("FA", "FATESTCD == 'HYPOXIA'", FATEST="Low Oxygen")),
    fault("test-name-rs", "RSTEST has another name", put("RS", RSTEST="MGFA Class"), names="RSTEST RSTESTCD"),
    fault("test-name-cp", "CPTEST has another name", put("CP", "CPTESTCD == 'BLYMBLY'", CPTEST="Memory B Cells")),
    fault("testcd-digit", "QSTESTCD begins with a digit", put("QS", "QSTESTCD == 'MGADL01'", QSTESTCD="1MGADL"), names="QSTESTCD"),
    fault("testcd-sign", "FATESTCD has a sign", put("FA", "FATESTCD == 'HYPOXIA'", FATESTCD="HYPO-XIA")),
    fault("test-long", "QSTEST of more than 40 letters", put("QS", "QSTESTCD == 'MGADL01'", QSTEST="MG-ADL 01 Talking in the Last Seven Days at Home")),
    fault("testcd-gone", "no VSTESTCD", put("VS", VSTESTCD="")),
    fault("test-gone", "no LBTEST", put("LB", LBTEST="")),
    fault("qscat-gone", "no QSCAT", put("QS", QSCAT="")),
    fault("faobj-gone", "no FAOBJ", put("FA", FAOBJ="")),
    fault("faobj-other", "FAOBJ is not the event that it is linked to", put("FA", "FALNKID == 'AE-2'", FAOBJ="Hay fever")),
    fault("method-mixed", "an original unit and no original result", put("LB", "LBSTAT == 'NOT DONE'", LBORRESU="g/L"), names="LBORRESU"),
    # criteria
    fault("ie-met", "an inclusion criterion that was met", put("IE", "IECAT == 'INCLUSION'", IEORRES="Y", IESTRESC="Y"), names="IEORRES IESTRESC"),
    fault("ie-met-excl", "an exclusion criterion that was not met", put("IE", "IECAT == 'EXCLUSION'", IEORRES="N", IESTRESC="N"), names="IEORRES IESTRESC"),
    fault("ie-stresc", "IESTRESC is not IEORRES", put("IE", "IEORRES == 'N'", IESTRESC="Y")),
    fault("ie-category", "IECAT is not that of the criterion", put("IE", "IECAT == 'INCLUSION'", IECAT="EXCLUSION")),
    fault("ie-none", "a criterion that TI has not", put("IE", IETESTCD="INCL77"), names="IETESTCD", also="unused-where"),
    fault("ie-text", "IETEST is not the text of TI", put("IE", IETEST="Another criterion altogether")),
    fault("rs-result", "RSSTRESC without RSORRES", put("RS", RSORRES=""), names="RSORRES RSSTRESC RSSTAT"),
    fault("qs-unit", "a standard score without an original answer", put("QS", "QSSTRESN == 2", QSORRES=""), names="QSORRES QSSTRESC QSSTAT"),
]
# fmt: on
