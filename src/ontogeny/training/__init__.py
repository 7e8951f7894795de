"""How it learns: loop, optimisers, schedules, checkpoints, exact resume. Knows worlds and models by contract only."""
