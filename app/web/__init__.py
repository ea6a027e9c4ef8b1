"""Routes, forms, pages, guards and middleware. Nothing here commits."""
