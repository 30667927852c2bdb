"""How published data sets lie in their folders: each module finds the items of one kind."""
