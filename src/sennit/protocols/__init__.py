"""Wire formats without I/O: bytes into events and back. No sockets, no clock, no await."""
