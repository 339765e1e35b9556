"""Who is calling: accounts, tokens, keys, sessions."""
