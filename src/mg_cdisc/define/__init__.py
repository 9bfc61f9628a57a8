"""Define-XML 2.1: writing it from built datasets, validating any, comparing any with data.

``render.render_define`` writes, ``validate.validate_define`` validates, and
``compare.compare_define`` compares. They are imported from their modules, so that who needs one
does not load the libraries of the others.
"""
