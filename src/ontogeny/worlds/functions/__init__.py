"""Worlds of functions to be learned from examples inside one sequence: inputs, function classes, episodes."""
