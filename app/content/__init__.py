"""The content of the grids: drafts in YAML, the gate they pass, and frozen releases.

Pure: nothing here knows of the web, the database, templates or PDF.
Read in this order: `grid` (structure), `wording` (words), `parse` (files to objects),
`check` (the gate), `release` (freezing a draft), `library` (what is served).
"""
