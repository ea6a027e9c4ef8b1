"""Tables, engines, sessions (the only commit), queries and migrations."""
