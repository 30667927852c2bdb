"""The verb: plan, read, estimate, move, write."""
