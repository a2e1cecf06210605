"""Records of films, and signed copies: what they say, and that nothing is lost or let out by them."""
