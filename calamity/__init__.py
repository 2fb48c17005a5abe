"""Calamity: the playbook service for the social side of a calamity."""

__version__ = "0.1.0"
