"""RIFE 4.x: flow to both frames and their shares, at any time, fast."""
