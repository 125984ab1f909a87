"""A small program that fails in many ways, for the tests of the error page."""
