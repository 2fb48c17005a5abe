"""Whom the service talks to. The only package that imports twilio."""
