"""Every reason to refuse a head: the status to answer a request with, what is wrong, and the section that says so.

One table for both twins of both parsers, so that they cannot differ in more than the number they choose.
"""

from enum import IntEnum

from .errors import RemoteProtocolError


class Refusal(IntEnum):
    METHOD = 1
    METHOD_LONG = 2
    TARGET = 3
    TARGET_LONG = 4
    VERSION = 5
    VERSION_OTHER = 6
    LINE_END = 7
    FIELD_NAME = 8
    FOLD = 9
    FIELD_VALUE = 10
    LINE_LONG = 11
    HEAD_LONG = 12
    TOO_MANY = 13
    HOST_MISSING = 14
    HOST_TWICE = 15
    HOST = 16
    LENGTH = 17
    LENGTH_TWICE = 18
    CODING = 19
    CODING_TWICE = 20
    CODING_AND_LENGTH = 21
    CODING_IN_1_0 = 22
    EXPECT = 23
    CONNECT = 24
    STATUS_VERSION = 25
    STATUS = 26
    REASON = 27
    REASON_LONG = 28
    CODINGS = 29


BAD_GATEWAY = 502
"""A wrong response is nobody's request: who asked on behalf of somebody else answers with this (RFC 9110 §15.6.3)."""

_SAID: dict[int, tuple[int, str, str]] = {
    Refusal.METHOD: (400, "the request line does not start with a method and one space", "RFC 9112 §3"),
    Refusal.METHOD_LONG: (501, "the method is longer than any that is implemented", "RFC 9110 §9.1"),
    Refusal.TARGET: (400, "the request target has a wrong form or character", "RFC 9112 §3.2"),
    Refusal.TARGET_LONG: (414, "the request target is too long", "RFC 9110 §15.5.15"),
    Refusal.VERSION: (400, "the request line does not end with an HTTP version", "RFC 9112 §2.3"),
    Refusal.VERSION_OTHER: (505, "only HTTP/1.0 and HTTP/1.1 are spoken here", "RFC 9110 §15.6.6"),
    Refusal.LINE_END: (400, "a line does not end with CRLF", "RFC 9112 §2.2"),
    Refusal.FIELD_NAME: (400, "a field name is not a token followed by a colon", "RFC 9112 §5.1"),
    Refusal.FOLD: (400, "a field line starts with white space", "RFC 9112 §5.2"),
    Refusal.FIELD_VALUE: (400, "a field value has a control character", "RFC 9110 §5.5"),
    Refusal.LINE_LONG: (431, "a field line is too long", "RFC 6585 §5"),
    Refusal.HEAD_LONG: (431, "the header section is too long", "RFC 6585 §5"),
    Refusal.TOO_MANY: (431, "there are too many field lines", "RFC 6585 §5"),
    Refusal.HOST_MISSING: (400, "Host is missing", "RFC 9112 §3.2"),
    Refusal.HOST_TWICE: (400, "Host stands there twice", "RFC 9112 §3.2"),
    Refusal.HOST: (400, "Host is not a host with an optional port", "RFC 9112 §3.2"),
    Refusal.LENGTH: (400, "Content-Length is not a number of 1 to 19 digits", "RFC 9110 §8.6"),
    Refusal.LENGTH_TWICE: (400, "Content-Length stands there twice", "RFC 9112 §6.3"),
    Refusal.CODING: (501, "the only transfer coding here is chunked", "RFC 9112 §6.1"),
    Refusal.CODING_TWICE: (400, "Transfer-Encoding stands there twice", "RFC 9112 §6.1"),
    Refusal.CODING_AND_LENGTH: (400, "both Transfer-Encoding and Content-Length are there", "RFC 9112 §6.3"),
    Refusal.CODING_IN_1_0: (400, "HTTP/1.0 has no Transfer-Encoding", "RFC 9112 §6.1"),
    Refusal.EXPECT: (417, "the only expectation met here is 100-continue", "RFC 9110 §10.1.1"),
    Refusal.CONNECT: (501, "CONNECT is not implemented", "RFC 9110 §9.3.6"),
    Refusal.STATUS_VERSION: (BAD_GATEWAY, "the status line does not start with an HTTP version", "RFC 9112 §4"),
    Refusal.STATUS: (BAD_GATEWAY, "the status is not a number from 100 to 999", "RFC 9112 §4"),
    Refusal.REASON: (BAD_GATEWAY, "the reason phrase has a control character", "RFC 9112 §4"),
    Refusal.REASON_LONG: (BAD_GATEWAY, "the reason phrase is too long", "RFC 9112 §4"),
    Refusal.CODINGS: (BAD_GATEWAY, "Transfer-Encoding is not a list of codings, chunked once at most", "RFC 9112 §6.1"),
}


def refuse(number: int) -> RemoteProtocolError:
    """The error of a request's refusal, to be raised."""
    return RemoteProtocolError(*_SAID[number])


def refuse_response(number: int) -> RemoteProtocolError:
    """The error of a response's refusal, to be raised."""
    return of_response(refuse(number))


def of_response(error: RemoteProtocolError) -> RemoteProtocolError:
    """What both heads can have wrong, in a response."""
    return RemoteProtocolError(BAD_GATEWAY, error.what, error.section)
