"""The classic's faster form: compiled patch search, motion of cells of 4 px, no search for small lost things."""
