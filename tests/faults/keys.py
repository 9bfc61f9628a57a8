"""Faults of identity: subjects, studies, domains, sequence numbers, keys, relationships."""

from __future__ import annotations

from .edits import Fault, drop, every, fault, last_seq, put, repeat

GHOST = "HN2301-09-999"

# fmt: off
FAULTS: list[Fault] = [
    *(
        fault(f"ghost-{name.lower()}", f"a subject of {name} that DM has not", put(name, USUBJID=GHOST))
        for name in ("AE", "LB", "VS", "QS", "CM", "EX", "FA", "SUPPAE", "SE", "DS", "CO")
    ),
    fault("usubjid-blank", "no USUBJID", put("MH", USUBJID=""), names="USUBJID"),
    fault("usubjid-space", "a blank before USUBJID", put("CP", USUBJID=lambda r: " " + r.USUBJID)),
    fault("usubjid-case", "a suffix of USUBJID in lower case", put("PR", USUBJID=lambda r: r.USUBJID + "a")),
    fault("studyid-other", "another study's identifier", put("AE", STUDYID="HN2302")),
    fault("studyid-blank", "no STUDYID", put("LB", STUDYID="")),
    fault("domain-other", "another domain's code", put("AE", DOMAIN="CM")),
    fault("domain-blank", "no DOMAIN", put("VS", DOMAIN="")),
    fault("domain-every", "the whole of a dataset with another code", every("PR", DOMAIN="XP")),
    fault("rdomain-supp", "RDOMAIN is not the parent's", put("SUPPCM", RDOMAIN="AE")),
    fault("aeseq-twice", "AESEQ twice in a subject", put("AE", "AESEQ == 2", AESEQ=1.0)),
    fault("lbseq-twice", "LBSEQ twice in a subject", put("LB", "LBSEQ == 77", LBSEQ=76.0)),
    fault("qsseq-twice", "QSSEQ twice in a subject", put("QS", "QSSEQ == 200", QSSEQ=12.0)),
    fault("cmseq-gone", "no CMSEQ", put("CM", CMSEQ=float("nan"))),
    fault("vsseq-gone", "no VSSEQ", put("VS", VSSEQ=float("nan"))),
    fault("qsseq-half", "QSSEQ is no whole number", put("QS", QSSEQ=lambda r: r.QSSEQ + 0.5)),
    fault("mhseq-zero", "MHSEQ is negative", put("MH", MHSEQ=-1.0)),
    fault("dm-twice", "a subject twice in DM", repeat("DM", names="USUBJID"), also="repeating"),
    fault("dm-gone", "a subject is not in DM", drop("DM", "ARMCD != ''", names="USUBJID"), dataset="AE LB VS QS CM EX FA SE DS SV MH CP IS RS"),
    fault("subjid-twice", "SUBJID of another subject", put("DM", "SUBJID != '01-001'", SUBJID="01-001")),
    fault("subjid-gone", "no SUBJID", put("DM", SUBJID="")),
    fault("siteid-gone", "no SITEID", put("DM", SITEID="")),
    fault("ae-repeated", "an event twice, under another number", repeat("AE", AESEQ=last_seq("AESEQ"), names="AESEQ AETERM AESTDTC AEDECOD USUBJID")),
    fault("lb-repeated", "a result twice, under another number", repeat("LB", LBSEQ=last_seq("LBSEQ"), names="LBSEQ LBTESTCD LBDTC USUBJID")),
    fault("vs-repeated", "a measurement twice, under another number", repeat("VS", VSSEQ=last_seq("VSSEQ"), names="VSSEQ VSTESTCD VSDTC USUBJID")),
    fault("qs-repeated", "an answer twice, under another number", repeat("QS", QSSEQ=last_seq("QSSEQ"), names="QSSEQ QSTESTCD QSDTC USUBJID")),
    fault("ex-repeated", "an infusion twice, under another number", repeat("EX", EXSEQ=last_seq("EXSEQ"), names="EXSEQ EXTRT EXSTDTC USUBJID")),
    fault("tv-twice", "a visit twice in TV", repeat("TV", names="VISITNUM VISIT")),
    fault("ts-twice", "TSSEQ twice in a parameter", put("TS", "TSPARMCD == 'OUTMSSEC' and TSSEQ == 4", TSSEQ=3.0)),
    fault("ti-twice", "a criterion twice in TI", repeat("TI", names="IETESTCD")),
    fault("ta-twice", "TAETORD twice in an arm", put("TA", "TAETORD == 3", TAETORD=2.0)),
    fault("te-twice", "an element twice in TE", repeat("TE", names="ETCD")),
    fault("relrec-twice", "a side of a relationship twice", repeat("RELREC", names="RELID RDOMAIN IDVAR")),
    fault("supp-twice", "a qualifier twice for one record", repeat("SUPPAE", names="QNAM IDVARVAL USUBJID")),
    # supplemental qualifiers
    fault("supp-orphan", "a qualifier of a record that is not there", put("SUPPAE", IDVARVAL="977")),
    fault("supp-float", "IDVARVAL as a decimal number", put("SUPPCM", IDVARVAL=lambda r: r.IDVARVAL + ".0")),
    fault("supp-idvar", "IDVAR is no variable of the parent", put("SUPPAE", IDVAR="AESEQN")),
    fault("supp-idvarval", "IDVAR without IDVARVAL", put("SUPPAE", IDVARVAL="")),
    fault("supp-novar", "IDVARVAL without IDVAR", put("SUPPCM", IDVAR="")),
    fault("supp-dm", "IDVAR in SUPPDM", put("SUPPDM", "IDVAR == ''", IDVAR="DMSEQ", IDVARVAL="1")),
    fault("qnam-space", "a blank in QNAM", put("SUPPAE", QNAM="AE INT")),
    fault("qnam-digit", "a digit before QNAM", put("SUPPAE", QNAM="1AEINT")),
    fault("qnam-long", "QNAM of ten letters", put("SUPPAE", QNAM="AEINTEREST")),
    fault("qnam-case", "QNAM in lower case", put("SUPPCM", QNAM=lambda r: r.QNAM.lower())),
    fault("qnam-model", "QNAM is a variable of the parent", put("SUPPAE", QNAM="AESER", QLABEL="Serious Event"), names="QNAM"),
    fault("qval-blank", "no QVAL", put("SUPPAE", QVAL="")),
    fault("qlabel-long", "QLABEL of more than 40 letters", every("SUPPAE", "QNAM == 'AEINTRST'", QLABEL="Category of Special Interest to the Sponsor of Studies")),
    fault("qlabel-two", "two labels of one QNAM", put("SUPPCM", QLABEL="Another Label"), names="QLABEL QNAM"),
    fault("qlabel-gone", "no QLABEL", put("SUPPCM", QLABEL="")),
    fault("qorig-gone", "no QORIG", put("SUPPDM", QORIG="")),
    fault("qnam-gone", "no QNAM", put("SUPPIE", QNAM="")),
    # related records
    fault("relrec-domain", "a relationship with a domain that is not there", put("RELREC", "RDOMAIN == 'CM'", RDOMAIN="ML")),
    fault("relrec-idvar", "a relationship by a variable that is not there", put("RELREC", "RDOMAIN == 'FA'", IDVAR="FAGRPX")),
    fault("relrec-one", "a relationship with one side", drop("RELREC", "RELID == 'EC-EX'", names="RELID")),
    fault("relrec-subject", "a relationship of datasets for a subject", put("RELREC", "RELTYPE != ''", USUBJID="HN2301-01-001"), names="USUBJID RELTYPE IDVARVAL"),
    fault("relrec-reltype", "a relationship of datasets without a type", put("RELREC", RELTYPE="")),
    fault("relrec-relid", "a relationship without an identifier", put("RELREC", RELID="")),
    fault("relrec-record", "a relationship to a record that is not there", put("RELREC", "RDOMAIN == 'CM'", USUBJID="HN2301-01-001", IDVAR="CMSEQ", IDVARVAL="888", RELTYPE=""), names="IDVARVAL IDVAR RELTYPE", also="has-data"),
    fault("lnkid-orphan", "a link to no event", put("CM", CMLNKID="AE-77"), dataset="CM RELREC"),
    fault("lnkid-fa", "a finding linked to no event", put("FA", "FALNKID == 'AE-2'", FALNKID="AE-88"), dataset="FA RELREC"),
    # comments
    fault("co-orphan", "a comment on a record that is not there", put("CO", "IDVAR != ''", IDVARVAL="55")),
    fault("co-domain", "a comment on a domain that is not there", put("CO", "IDVAR != ''", RDOMAIN="ZZ")),
    fault("co-idvar", "a comment by a variable that is not there", put("CO", "IDVAR != ''", IDVAR="AEXID")),
    fault("co-norecord", "IDVAR without RDOMAIN", put("CO", "IDVAR != ''", RDOMAIN="")),
    fault("co-blank", "a comment without text", put("CO", "COVAL1 == ''", COVAL="")),
    fault("co-first", "the second part of a comment without the first", put("CO", "COVAL1 != ''", COVAL1=""), names="COVAL1 COVAL2"),
]
# fmt: on
