"""`Storyboard` and what is held to `Plan`: what would be shot, why, and for how much."""
