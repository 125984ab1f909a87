"""`python -m sennit`."""

from .cli import main

main(prog_name="sennit")
