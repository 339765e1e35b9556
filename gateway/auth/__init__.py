"""Who is calling, and who may sign in: accounts, passwords, sessions, invitations, keys; tokens, and the
grants that they stand for. How an assistant comes by a token is in `authorization/`.
"""
