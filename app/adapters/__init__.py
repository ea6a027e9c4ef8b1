"""One module per outside thing: PDF maker, keys, files, certificates."""
