"""The cut handed to an editor: one description of it, and a small writer for each format that editing programs read."""
