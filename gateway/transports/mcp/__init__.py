"""MCP, the Model Context Protocol, over Streamable HTTP: stateless, one JSON reply to each POST.

`view` is the way in. `messages` reads a body, `versions` finds out which version of the protocol it
speaks, `endpoint` answers it from a server made of `features`, `wire` holds what comes in and what goes
out to the protocol's own types, `replies` writes JSON-RPC.

What a plugin's server offers is put together in `install`: `tools`, `prompts`, `resources` and `pages`.
`operations` runs the plugin's operations for them, `results` makes an answer a tool's result, and
`elicitation` has the client show an action's question.
"""
