"""How sure we are: intervals, change points, curve fits, equivalence. Plain arrays in, plain values out."""
