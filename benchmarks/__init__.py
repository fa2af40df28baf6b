"""Measured claims: one module each, reached by `daybook bench NAME --data PATH`."""
