"""The time machine: what a model trained on Karel writes at a checkpoint, what probes read of it, what edits change."""
