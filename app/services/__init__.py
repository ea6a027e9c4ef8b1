"""Verbs. One call is one unit of work: row and audit event together."""
