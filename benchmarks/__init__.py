"""Measured claims: one module each, reached by `daybook bench NAME`, most with `--data PATH`."""
