"""Facts of SDTMIG, ADaMIG and controlled terminology, as data files, and what reads them."""

from mg_cdisc.standards.facts import CONTINUED, GENERAL_CLASSES, DatasetFact, VariableFact
from mg_cdisc.standards.import_standard import import_standard
from mg_cdisc.standards.import_terminology import import_terminology
from mg_cdisc.standards.load import known_standards, load_standard
from mg_cdisc.standards.occurrence import with_occurrences
from mg_cdisc.standards.standard import Standard
from mg_cdisc.standards.store import default_store

__all__ = [
    "CONTINUED",
    "GENERAL_CLASSES",
    "DatasetFact",
    "Standard",
    "VariableFact",
    "default_store",
    "import_standard",
    "import_terminology",
    "known_standards",
    "load_standard",
    "with_occurrences",
]
