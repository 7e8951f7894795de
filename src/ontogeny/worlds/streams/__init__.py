"""Algorithmic streams of tokens, with the answer known at each position.

Beside its batches, a stream in whose context something is to be learned tells `predictions`: at each position what a
perfect predictor, who knows how the stream is made and has seen the tokens up to there, says of the next token. Where
one earlier position holds the next token, `truth` names it: `source` is where an induction head must look.
"""
