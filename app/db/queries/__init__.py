"""Reads. get_ gives one or NotFound, find_ maybe one, list_ a total order."""
