"""Jinja lives here and only here."""
