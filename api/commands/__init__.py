"""Command line: one module a group of commands, each loaded only when it is called."""
