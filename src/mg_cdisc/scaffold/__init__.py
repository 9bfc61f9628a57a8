"""A first spec folder for a new study: what ``mg-cdisc init`` writes."""

from mg_cdisc.scaffold.begin import Asked, Begun, begin_study

__all__ = ["Asked", "Begun", "begin_study"]
