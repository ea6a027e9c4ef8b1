"""One module for each format of an export; each knows one kind of file and nothing else."""
