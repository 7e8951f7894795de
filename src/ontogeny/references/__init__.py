"""The best possible answer: exact and Bayes-optimal solutions, classical learners."""
