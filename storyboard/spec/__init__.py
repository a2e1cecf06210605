"""Text to `Storyboard`: every mistake with its place."""
