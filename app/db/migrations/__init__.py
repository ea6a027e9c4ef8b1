"""Schema changes, run at start after a backup."""
