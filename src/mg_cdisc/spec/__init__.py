"""The mapping spec: models of the YAML, loading with line positions, binding, order."""

from mg_cdisc.spec.bind import BoundDataset, Plan, bind_study
from mg_cdisc.spec.load import StudyFiles, load_study, read_study

__all__ = ["BoundDataset", "Plan", "StudyFiles", "bind_study", "load_study", "read_study"]
