"""Calls: the HTTP client."""
