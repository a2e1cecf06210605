"""What a film is made of: a plain record beside it, and where wished, a signed copy that says so itself."""
