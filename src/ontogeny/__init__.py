"""Ontogeny: a laboratory for how networks come to understand."""

__version__ = "0.1.0"
