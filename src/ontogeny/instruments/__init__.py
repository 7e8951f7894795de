"""How we look inside: capture, probes and their controls, re-interpretation, generation, interventions."""
