"""Where it runs: run store, cache, executors, catalogue."""
