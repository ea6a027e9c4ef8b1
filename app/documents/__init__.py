"""PURE. One module per kind of paper: build(...) gives the page that is printed."""
