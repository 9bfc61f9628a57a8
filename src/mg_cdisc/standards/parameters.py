"""Facts of the trial summary: which terminology the value of a parameter is taken from.

Source: SDTMIG 3.4, appendix C1 (trial summary codes).
"""

from __future__ import annotations

_YES_NO = "C66742"
PARAMETER_LISTS = {
    **dict.fromkeys(("ADAPT", "ADDON", "DMCIND", "EXTTIND", "FDADEIND", "FDADRIND", "HLTSUBJI",
                     "ONGOSIND", "PASSIND", "PDPSTIND", "PDSTIND", "PIPIND", "RANDOM", "RDIND",
                     "SSTDYIND"), _YES_NO),
    "INTMODEL": "C99076", "INTTYPE": "C99078", "OBSMODEL": "C127259", "OBSTSMM": "C127260",
    "SEXPOP": "C66732", "STYPE": "C99077", "TBLIND": "C66735", "TCNTRL": "C66785",
    "TINDTP": "C66736", "TPHASE": "C66737", "TTYPE": "C66739", "DOSFRQ": "C71113",
    "DOSFRM": "C66726", "DOSU": "C71620", "ROUTE": "C66729",
}  # fmt: skip
"""The codelist of a parameter's values."""
ISO_PARAMETERS = {
    **dict.fromkeys(("AGEMAX", "AGEMIN", "CRMDUR", "CSRARDTC", "DCUTDTC", "LENGTH", "PLNTRDUR",
                     "PTRTDUR", "SDMDUR", "SENDTC", "SSTDTC", "TRGFUDUR"), "ISO 8601"),
    "FCNTRY": "ISO 3166", "MNFCNTRY": "ISO 3166",
}  # fmt: skip
"""The international standard that a parameter's values are written by."""
CDISC_TERMS = "CDISC CT"
SDTM_OF_GUIDE = {"3.1.2": "1.2", "3.1.3": "1.3", "3.2": "1.4", "3.3": "1.7", "3.4": "2.0"}
"""The version of the SDTM that a version of its implementation guide goes with."""
