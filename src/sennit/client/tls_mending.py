"""What to do about a handshake that has failed, by what OpenSSL says of it."""

import ssl

_BY_VERIFY_CODE = {  # X509_V_ERR_…, x509_vfy.h
    9: "the certificate is not valid yet: check this machine's clock, then the server's certificate",
    10: "the certificate has expired: its owner must renew it; check this machine's clock first",
    18: "the certificate is signed by itself: name its file with verify='server.pem' if it is the right one",
    19: "an authority that is not believed here signed it: name that authority with verify='ca.pem'",
    20: "name the authority that signed the certificate with verify='ca.pem', or let the server send the whole chain",
    21: "name the authority that signed the certificate with verify='ca.pem', or let the server send the whole chain",
    62: "call the server by a name that stands in its certificate, or give it a certificate for this one",
    64: "call the server by a name or address that stands in its certificate",
}
_BY_REASON = {
    "WRONG_VERSION_NUMBER": "the port does not speak TLS: use http://, or another port",
    "HTTP_REQUEST": "the port does not speak TLS: use http://, or another port",
    "RECORD_LAYER_FAILURE": "the port does not speak TLS: use http://, or another port",
    "UNSUPPORTED_PROTOCOL": "the server speaks no TLS from 1.2 on: it must be brought up to date",
    "TLSV1_ALERT_PROTOCOL_VERSION": "the server speaks no TLS from 1.2 on: it must be brought up to date",
    "SSLV3_ALERT_HANDSHAKE_FAILURE": "the two ends share no cipher (TLS 1.2 with ECDHE and AES-GCM or ChaCha20 is the "
    "least), or the server wants a client certificate: verify=net.TLS(cert=..., key=...)",
    "TLSV13_ALERT_CERTIFICATE_REQUIRED": "the server wants a client certificate: verify=net.TLS(cert=..., key=...)",
    "TLSV1_ALERT_CERTIFICATE_REQUIRED": "the server wants a client certificate: verify=net.TLS(cert=..., key=...)",
    "TLSV1_ALERT_UNKNOWN_CA": "the server does not believe the authority of the client certificate",
    "SSLV3_ALERT_BAD_CERTIFICATE": "the server refuses the client certificate",
    "UNEXPECTED_EOF_WHILE_READING": "the server left without a word: it may want a client certificate (verify=net.TLS(cert=..., "
    "key=...)), be older than TLS 1.2, or not know the name",
    "TLSV1_UNRECOGNIZED_NAME": "the server has no certificate for this name: check the name",
}


def fix_of(error: ssl.SSLError) -> str:
    """ "" where there is nothing better to say than what TlsFailed says of itself."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return _BY_VERIFY_CODE.get(error.verify_code, "")
    return fix_of_reason(error.reason or "")


def fix_of_reason(reason: str) -> str:
    """`reason`: of an ssl.SSLError, or the same in words."""
    return _BY_REASON.get(reason.replace(" ", "_").upper(), "")
