"""Frames that are wrong: found, reported, put right."""
