"""`python -m plantverse.cli`."""

from plantverse.cli import main

main()
