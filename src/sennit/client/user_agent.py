"""What a request says of the program that makes it (RFC 9110 §10.1.5)."""

VERSION = "0.1.0"
"""As `sennit.__version__`, which the layers below it may not ask; tests/client/test_client.py holds them together."""

USER_AGENT = f"sennit/{VERSION}".encode()
