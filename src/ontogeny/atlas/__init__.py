"""How it is shown: figures, the single-file report, the ledger."""
