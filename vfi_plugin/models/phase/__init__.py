"""Phase-based interpolation: no weights; the waves that a frame is made of are turned to the time wanted."""
