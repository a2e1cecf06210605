"""A film to look at: a page of its own, a contact sheet, a strip. Everything is read, and nothing is bought."""
