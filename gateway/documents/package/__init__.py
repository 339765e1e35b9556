"""The plugin package, Agent Plugins 1.0: what ChatGPT, Codex, Claude, Cursor and VS Code install.

Everything in it is made from the declaration, for one MCP address. No time and no secret goes in, so
the same plugin gives the same bytes everywhere.
"""
