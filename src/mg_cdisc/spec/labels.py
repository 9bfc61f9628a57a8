"""``labels.zh.yaml``: the Chinese labels of datasets, variables and qualifiers, for the NMPA."""

from __future__ import annotations

from pydantic import Field

from mg_cdisc.derive import Model

LABELS = "labels.zh.yaml"


class Labels(Model):
    """``labels.zh.yaml``: what stands in the place of English labels where a package is for the NMPA.

    A label that is not here stays English and is the finding `untranslated-label`. A transport file
    of version 5 has room for 40 bytes: 13 Chinese characters in UTF-8, 20 in GB18030.
    """

    datasets: dict[str, str] = Field(default_factory=dict)
    """`DATASET: label`. `SUPP--: label` is for all supplemental datasets, with `{}` where the label of
    the dataset that they belong to stands."""
    variables: dict[str, str] = Field(default_factory=dict)
    """`VARIABLE: label` in all datasets, `DATASET.VARIABLE: label` in one, or `--VARIABLE: label` for
    the variables of SDTM whose names begin with the domain. The most exact one holds."""
    qualifiers: dict[str, str] = Field(default_factory=dict)
    """`QNAM: label`: the QLABEL of a supplemental qualifier."""
