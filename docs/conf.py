"""How Sphinx makes a site of these documents."""

import re
from pathlib import Path

from sphinx.application import Sphinx

import xorsweep

ROOT = Path(__file__).parent.parent
PAGES = {
    "README.md": "index.md",
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changelog.md",
}
"""The files beside this folder that pages of the site include."""

project = "xorsweep"
author = "The xorsweep contributors"
version = release = xorsweep.__version__

extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.napoleon"]
exclude_patterns = ["*.j2"]
html_theme = "furo"
html_title = "xorsweep"
html_copy_source = False

myst_heading_anchors = 3
nb_execution_mode = "off"  # a test runs the tutorial; its stored output is shown
default_role = "code"  # single backticks in docstrings
autodoc_member_order = "bysource"
autodoc_typehints = "description"


def _site_link(link: re.Match[str]) -> str:
    text, path = link.groups()
    path = path.removeprefix("../")
    if path in PAGES:
        return f"[{text}]({PAGES[path]})"
    if (ROOT / path).exists() and not path.startswith("docs/"):
        return text  # a file or a folder of the project that has no page
    return link[0]


def link_within_site(app: Sphinx, *arguments: object) -> None:
    """Rewrite links to files of the project that lie beside the documents, which GitHub follows."""
    content = arguments[-1]
    assert isinstance(content, list)
    content[0] = re.sub(r"(?<!!)\[([^\]]+)\]\(((?!https?:|#)[^)#]+)\)", _site_link, content[0])


def setup(app: Sphinx) -> None:
    """Have links rewritten in pages and in the files that they include."""
    app.connect("source-read", link_within_site)
    app.connect("include-read", link_within_site)


napoleon_use_ivar = True  # else attributes of a dataclass would be described twice
