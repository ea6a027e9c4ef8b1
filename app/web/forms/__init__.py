"""Staff forms: read once, checked, redrawn with what was typed."""
