"""What learns: one configurable transformer; recurrent nets, MLPs and others beside it. No data, no optimiser."""
