"""The application: pure core, services, web. Arrows between its layers only point down."""
