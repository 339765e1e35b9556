"""What the tests share: plugins made for them, people with tokens, and real servers."""
