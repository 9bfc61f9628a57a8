"""Analysis datasets from tabulations that are given, at the size of a large study."""
