"""A page that lives while a film is written: its file is watched, every edit is shown first, and nothing is bought by
surprise. Served on this machine alone."""
