"""One folder a paper: what to train, what to measure, what it claims, what to draw."""
