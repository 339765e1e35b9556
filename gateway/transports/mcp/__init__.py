"""MCP, the Model Context Protocol, over Streamable HTTP: stateless, one JSON reply to each POST.

`messages` reads a body, `versions` finds out which version of the protocol it speaks and holds it to
that, `endpoint` answers it from a server made of `features`. What a plugin's server offers is made in
`tools`, `prompts` and `resources`. `view` is the way in.

The wire types are those of `mcp_types`, the protocol's own package: what goes out has passed them.
"""
