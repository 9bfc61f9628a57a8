"""Source data of a clinical trial to SDTM, ADaM, XPT and Define-XML, from declarative specs."""

__version__ = "0.1.0"
