"""Judging a package of many laboratory records."""
