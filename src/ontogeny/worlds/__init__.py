"""What there is to be learned: samplers of sequences, with the truth behind every position. No models here."""
