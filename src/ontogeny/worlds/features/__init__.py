"""Worlds of vectors: sparse features with importance, teachers with a known spectrum, items in a hierarchy."""
