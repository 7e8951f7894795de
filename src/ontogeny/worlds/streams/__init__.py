"""Algorithmic streams of tokens, with the answer known at each position."""
