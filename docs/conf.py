"""The documentation's site: `sphinx-build -W docs build/site`."""

project = "storyboard"
author = "The storyboard authors"
extensions = ["myst_parser"]
source_suffix = {".md": "markdown"}
myst_heading_anchors = 3
nitpicky = True
html_theme = "furo"
html_title = "storyboard"
html_copy_source = False
html_show_copyright = False
html_static_path = ["site"]
html_css_files = ["site.css"]
html_theme_options = {
    "light_css_variables": {"color-brand-primary": "#a33b20", "color-brand-content": "#a33b20"},
    "dark_css_variables": {"color-brand-primary": "#ff9d7a", "color-brand-content": "#ff9d7a"},
}
