"""Two classics, fused by a small network: which of them, and how sharp, pixel by pixel."""
