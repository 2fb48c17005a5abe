"""Lets `python -m calamity` do what the `calamity` command does."""

from calamity.cli import main

main()
