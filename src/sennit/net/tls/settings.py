"""What TLS is to use: certificates, whom to believe, protocols. Files are named here and read by whoever listens or connects."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal, cast

ClientCert = Literal["required", "optional"]
Version = Literal["1.2", "1.3"]


@dataclass(frozen=True, slots=True, kw_only=True)
class TLS:
    """Settings of one end. Paths of PEM files; `Endpoint.rooted` makes relative ones absolute.

    A listener answers with the pair whose certificate has the name that the client asks for, else with the first. A client
    shows the first.
    """

    cert: str = ""
    """The certificate, with its chain behind it."""
    key: str = ""
    """Its key; empty: the certificate's file holds it too."""
    sni: tuple[tuple[str, str], ...] = ()
    """Further pairs of certificate and key, for other names."""
    ca: str = ""
    """The authorities that a client believes, instead of the system's."""
    client_ca: str = ""
    """The authorities whose client certificates a listener accepts; empty: it asks for none."""
    client_cert: ClientCert = "required"
    """With `client_ca`: whether a client without a certificate is refused."""
    verify: bool = True
    """Whether a client checks the server's certificate and name."""
    alpn: tuple[str, ...] = ()
    """Protocols offered (RFC 7301), the dearest first."""
    min: Version = "1.2"
    password: str | None = field(default=None, repr=False)
    """Opens encrypted keys. Never part of an endpoint's text."""

    @property
    def certs(self) -> tuple[tuple[str, str], ...]:
        """All pairs, the first one in front."""
        return ((self.cert, self.key), *self.sni) if self.cert else ()

    def rooted(self, root: Path, password: str | None = None) -> "TLS":
        """With relative paths below `root`, and the keys' password."""
        return replace(
            self,
            cert=_below(root, self.cert),
            key=_below(root, self.key),
            sni=tuple((_below(root, cert), _below(root, key)) for cert, key in self.sni),
            ca=_below(root, self.ca),
            client_ca=_below(root, self.client_ca),
            password=self.password if password is None else password,
        )

    def options(self) -> list[tuple[str, str]]:
        """As the options of an endpoint."""
        found = [(name, path) for pair in self.certs for name, path in zip(("cert", "key"), pair, strict=True) if path]
        named = {"ca": self.ca, "client_ca": self.client_ca, "alpn": ",".join(self.alpn)}
        found.extend((name, value) for name, value in named.items() if value)
        if self.client_cert != "required":
            found.append(("client_cert", self.client_cert))
        if self.min != "1.2":
            found.append(("min", self.min))
        return found


def tls_of(options: Iterable[tuple[str, object]]) -> TLS:
    """From the options of an endpoint: each `key` belongs to the `cert` before it. Raises ValueError for a key without."""
    certs: list[tuple[str, str]] = []
    rest: dict[str, object] = {}
    for name, value in options:
        if name == "cert":
            certs.append((str(value), ""))
        elif name == "key":
            if not certs or certs[-1][1]:
                raise ValueError
            certs[-1] = (certs[-1][0], str(value))
        else:
            rest[name] = value
    cert, key = certs[0] if certs else ("", "")
    return replace(TLS(cert=cert, key=key, sni=tuple(certs[1:])), **rest)  # type: ignore[arg-type]


def read_client_cert(text: str) -> ClientCert:
    if text not in ("required", "optional"):
        raise ValueError
    return cast("ClientCert", text)


def read_version(text: str) -> Version:
    if text not in ("1.2", "1.3"):
        raise ValueError
    return cast("Version", text)


def read_alpn(text: str) -> tuple[str, ...]:
    names = tuple(text.split(","))
    if not all(name.isascii() and 0 < len(name) < 256 for name in names):
        raise ValueError
    return names


def _below(root: Path, path: str) -> str:
    return str(root / path) if path else ""
