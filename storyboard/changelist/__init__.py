"""An editor's cut brought back: what changed in it, as a minimal change of the storyboard."""
