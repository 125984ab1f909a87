"""Certificates: chosen by name, renewed while the program runs, and errors that name file and fix."""

import asyncio
import logging
import os
import ssl
from pathlib import Path

import pytest
import trustme

from sennit import net
from sennit.errors import SennitError
from sennit.net import TLS
from sennit.net.tls import Certificates
from sennit.net.tls.certificate_names import certificate_names


class Silent(net.Protocol[bytes, bytes]):
    pass


def names_of(writer) -> list[str]:
    return [value for _, value in writer.get_extra_info("peercert")["subjectAltName"]]


class TestNames:
    @pytest.mark.parametrize(
        "names", [("a.example",), ("*.a.example", "a.example", "127.0.0.1", "xn--bcher-kva.example")]
    )
    def test_they_are_read_from_the_first_certificate(self, authority, names):
        made = authority.issue_cert(*names)
        pem = b"".join(blob.bytes() for blob in made.cert_chain_pems).decode()
        assert certificate_names("comment\n" + pem) == [name for name in names if not name[0].isdigit()]

    def test_every_cut_is_refused_and_never_read_beyond(self, authority):
        der = ssl.PEM_cert_to_DER_cert(authority.issue_cert("a.example").cert_chain_pems[0].bytes().decode())
        for end in range(0, len(der), 7):
            pem = ssl.DER_cert_to_PEM_cert(der[:end])
            try:
                certificate_names(pem)
            except ValueError:
                pass
        with pytest.raises(ValueError, match="no certificate"):
            certificate_names("nothing")


class TestChoice:
    @pytest.fixture
    async def listener(self, listen, issue):
        pairs = [
            issue("localhost", file="first"),
            issue("a.example", "b.example", file="second"),
            issue("*.c.example", file="third"),
        ]
        return await listen(Silent, "tls://127.0.0.1:0?" + "&".join(pair.options() for pair in pairs))

    @pytest.mark.parametrize(
        ("asked", "shown"),
        [
            ("localhost", "localhost"),
            ("a.example", "a.example"),
            ("B.example", "a.example"),
            ("x.c.example", "*.c.example"),
        ],
    )
    async def test_r14_the_certificate_with_the_name_that_was_asked_for_is_shown(
        self, listener, dial_tls, asked, shown
    ):
        _, writer = await dial_tls(listener, name=asked)
        assert names_of(writer)[0] == shown

    @pytest.mark.parametrize("asked", ["c.example", "x.y.c.example", "other.example", None])
    async def test_any_other_name_and_none_get_the_first(self, listener, dial_tls, trusting, asked):
        context = trusting()
        context.check_hostname = False
        _, writer = await dial_tls(listener, context, name=asked or "")
        assert names_of(writer) == ["localhost"]


class TestRenewal:
    async def test_r14_new_files_are_served_without_a_restart_and_open_connections_stay(
        self, listen, issue, dial_tls, jump, until, clock
    ):
        listener = await listen(Silent, "tls://127.0.0.1:0?" + issue("localhost", "old.example").options())
        _, old = await dial_tls(listener)
        before = listener._layers.certificates.context
        issue("localhost", "new.example")
        async with asyncio.timeout(10):
            while listener._layers.certificates.context is before:
                jump(listener, 1)
                await asyncio.sleep(0.01)
        _, new = await dial_tls(listener)
        assert (names_of(old)[1], names_of(new)[1]) == ("old.example", "new.example")
        assert len(listener.connections) == 2

    async def test_r14_a_broken_new_certificate_keeps_the_old_one_and_says_so_once(
        self, listen, issue, dial_tls, jump, caplog
    ):
        caplog.set_level(logging.INFO, "sennit.net")
        files = issue()
        listener = await listen(Silent, f"tls://127.0.0.1:0?{files.options()}")
        Path(files.cert).write_text("broken")
        for _ in range(20):
            jump(listener, 1)
            while listener._layers.certificates._looking is not None:
                await asyncio.sleep(0.001)
        (record,) = caplog.records
        assert record.levelno == logging.ERROR
        assert "the old one serves on" in record.getMessage() and files.cert in record.getMessage()
        _, writer = await dial_tls(listener)
        assert names_of(writer)[0] == "localhost"

    async def test_on_request_they_are_read_at_once(self, listen, issue, dial_tls):
        files = issue("localhost", "old.example")
        listener = await listen(Silent, f"tls://127.0.0.1:0?{files.options()}")
        issue("localhost", "new.example")
        assert listener.reload_certificates()
        _, writer = await dial_tls(listener)
        assert names_of(writer)[1] == "new.example"
        os.unlink(files.key)
        assert not listener.reload_certificates()

    async def test_half_of_a_pair_is_waited_for(self, issue):
        """A tool that renews writes two files, one after the other."""
        stamps = iter([(1,), (1,), (2,), (3,), (3,)])
        files = issue()
        certificates = Certificates(TLS(cert=files.cert, key=files.key), "test", lambda tls: next(stamps))
        loaded = []
        certificates.reload = lambda: loaded.append(certificates._seen)
        for _ in range(4):
            certificates._look()
        assert loaded == [(3,)]

    async def test_a_listener_without_tls_has_nothing_to_read_and_says_true(self, listen):
        assert (await listen(Silent)).reload_certificates()


class TestMistakes:
    """Each names the file and what to do."""

    def load(self, cert: str, key: str, **more) -> SennitError:
        with pytest.raises(SennitError) as caught:
            Certificates(TLS(cert=cert, key=key, **more), "tls://a:1")
        return caught.value

    def test_no_certificate_at_all(self):
        with pytest.raises(SennitError) as caught:
            Certificates(TLS(), "tls://a:1")
        assert caught.value.code == "net.E020" and "?cert=" in caught.value.fix

    @pytest.mark.parametrize("missing", ["cert", "key"])
    def test_a_file_that_is_not_there(self, issue, missing):
        files = issue()
        path = getattr(files, missing)
        os.unlink(path)
        error = self.load(files.cert, files.key)
        assert error.code == "net.E021" and path in error.what

    @pytest.mark.skipif(os.getuid() == 0, reason="root reads everything")
    def test_a_file_that_may_not_be_read(self, issue):
        files = issue()
        os.chmod(files.key, 0)
        error = self.load(files.cert, files.key)
        assert error.code == "net.E021" and "Permission denied" in error.what and str(os.getuid()) in error.fix

    def test_a_folder_instead_of_a_file(self, issue, tmp_path):
        error = self.load(str(tmp_path), issue().key)
        assert error.code == "net.E021"

    @pytest.mark.parametrize("which", ["cert", "key"])
    def test_a_file_that_is_no_pem(self, issue, which):
        files = issue()
        Path(getattr(files, which)).write_text("hello")
        error = self.load(files.cert, files.key)
        assert error.code == "net.E022" and files.cert in error.what

    def test_a_key_that_belongs_to_another_certificate(self, issue):
        one, other = issue(file="one"), issue(file="other")
        error = self.load(one.cert, other.key)
        assert error.code == "net.E023" and other.key in error.what and one.cert in error.what

    def test_authorities_that_are_none(self, issue, tmp_path):
        files = issue()
        (tmp_path / "ca.pem").write_text("hello")
        error = self.load(files.cert, files.key, client_ca=str(tmp_path / "ca.pem"))
        assert error.code == "net.E022"

    def test_a_key_that_all_may_read_is_warned_of(self, issue, caplog):
        files = issue()
        os.chmod(files.key, 0o644)
        Certificates(TLS(cert=files.cert, key=files.key), "test")
        assert f"chmod o-r {files.key}" in caplog.text


class TestPasswords:
    @pytest.fixture
    def encrypted(self, authority: trustme.CA, tmp_path):
        from cryptography.hazmat.primitives import serialization

        made = authority.issue_cert("localhost")
        key = serialization.load_pem_private_key(made.private_key_pem.bytes(), None)
        (tmp_path / "a.key").write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.BestAvailableEncryption(b"open sesame"),
            )
        )
        made.cert_chain_pems[0].write_to_path(str(tmp_path / "a.pem"))
        return str(tmp_path / "a.pem"), str(tmp_path / "a.key")

    def test_the_right_one_opens_the_key(self, encrypted):
        Certificates(TLS(cert=encrypted[0], key=encrypted[1], password="open sesame"), "test")

    @pytest.mark.parametrize("password", [None, "wrong"])
    def test_without_it_nobody_is_asked_at_the_terminal(self, encrypted, password):
        with pytest.raises(SennitError) as caught:
            Certificates(TLS(cert=encrypted[0], key=encrypted[1], password=password), "test")
        assert caught.value.code == "net.E024"
        assert "SENNIT_TLS_PASSWORD" in caught.value.fix


async def test_one_file_may_hold_certificate_and_key(listen, issue, dial_tls):
    files = issue()
    with open(files.cert, "a") as both:
        both.write(Path(files.key).read_text())
    listener = await listen(Silent, f"tls://127.0.0.1:0?cert={files.cert}")
    await dial_tls(listener)
