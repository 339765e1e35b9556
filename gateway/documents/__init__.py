"""The documents an assistant reads: pure functions of a declaration, without flask or I/O."""
