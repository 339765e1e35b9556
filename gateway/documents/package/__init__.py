"""The plugin package, Agent Plugins 1.0: what ChatGPT, Codex, Claude, Cursor and VS Code install.

Everything in it is made from the declaration, for one MCP address. No time and no secret goes in, so
the same plugin gives the same bytes everywhere.

`source` is what a package is made from, and `files` the whole of it: `manifests` (with `listing` and
`starter_prompts`), `skill` and its `reference`, `readme`, `licence`. `checks` says why there can be
none, `archive` makes the ZIP, `marketplace` lists unpacked packages. `texts` makes texts fit.
"""
