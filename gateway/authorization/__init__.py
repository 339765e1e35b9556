"""How an assistant gets tokens (OAuth 2.1): what it asks, the answer, codes, refreshing, ending.

One server for all plugins, with an issuer for each plugin at each door; `server.py` is the way in. A
client is an assistant or another program. An authorization is what it asks a person, a grant what was
allowed: people are told that it is a link.
"""
