"""`python -m plantverse` is the command line."""

from plantverse.cli import main

main()
