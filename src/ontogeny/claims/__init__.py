"""What was published, what we measured, and the verdict."""
