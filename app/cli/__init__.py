"""The `grids` command: one module for each group of commands, wired in commands.py."""
