"""The error page's style sheet and its mark: a braid of strands."""

from functools import cache
from importlib.resources import files

BRAID = (
    '<svg class="braid" viewBox="0 0 44 20" role="img" aria-label="sennit" fill="none" stroke-width="3" '
    'stroke-linecap="round">'
    '<path class="s1" d="M2 4C12 4 12 16 22 16S32 4 42 4"/>'
    '<path class="s2" d="M2 16C12 16 12 4 22 4S32 16 42 16"/>'
    '<path class="s3" d="M2 10C7 10 8 4 12 4S20 16 27 16 37 10 42 10"/>'
    "</svg>"
)


@cache
def style_sheet() -> str:
    return files(__package__).joinpath("page.css").read_text("utf-8")
