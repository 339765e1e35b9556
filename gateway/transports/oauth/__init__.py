"""OAuth: how clients find out about it, register, and get tokens."""
