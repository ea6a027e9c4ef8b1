"""PURE. The rules: who may, what is valid, who holds the tablet, what is signed."""
