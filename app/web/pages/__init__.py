"""Pages as frozen dataclasses, one per template."""
