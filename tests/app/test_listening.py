"""Where an app listens: settings for proxies, certificates beside the app, both families under `serve`."""

import asyncio
import os
import ssl

import pytest
import trustme

from sennit import App, Request
from sennit.app.settings import load_settings
from sennit.errors import SennitError

SERVED = {"secret": "x" * 32, "hosts": ["localhost", "127.0.0.1", "shop.example"]}


@pytest.fixture
def app(tmp_path):
    app = App(root=tmp_path)

    @app.get("/")
    def who(request: Request, session: dict) -> str:
        session["seen"] = True
        return f"{request.client.host} {request.url}"

    return app


@pytest.fixture
async def start(app):
    running = []

    async def start(mode="serve", environ=None, **settings):
        values = {**SERVED, "port": 0, **settings}
        runtime = app.build(app.settings(mode, environ or {}, values), mode)
        running.append(runtime)
        await runtime.start()
        return runtime

    yield start
    for runtime in running:
        await runtime.stop(drain_s=1)


async def ask(runtime, fields="", context=None, host="127.0.0.1"):
    port = runtime.http[0].addresses[0].port
    reader, writer = await asyncio.open_connection(
        host, port, ssl=context, server_hostname="localhost" if context else None
    )
    writer.write(f"GET / HTTP/1.1\r\nHost: localhost:{port}\r\nConnection: close\r\n{fields}\r\n".encode())
    said = (await reader.read()).decode()
    writer.close()
    return said


class TestTrusted:
    def test_it_comes_from_app_file_and_environment(self, tmp_path):
        def trusted(arguments, environ):
            return load_settings(arguments, tmp_path, "test", environ, {}).trusted

        assert trusted({}, {}) == []
        assert trusted({"trusted": ["unix"]}, {}) == ["unix"]
        (tmp_path / "sennit.toml").write_text('trusted = ["10.0.0.0/8"]\n')
        assert trusted({"trusted": ["unix"]}, {}) == ["10.0.0.0/8"]
        assert trusted({}, {"SENNIT_TRUSTED": "192.0.2.1, unix"}) == ["192.0.2.1", "unix"]

    def test_a_name_that_is_no_network_stops_the_start(self, app):
        with pytest.raises(SennitError) as caught:
            app.build(app.settings("serve", {}, {**SERVED, "trusted": ["localhost"]}), "serve")
        assert caught.value.code == "net.E027"

    async def test_r8_the_app_sees_the_client_behind_a_trusted_proxy(self, start):
        runtime = await start(host="127.0.0.1", trusted=["127.0.0.1"])
        fields = "X-Forwarded-For: 192.0.2.9\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: shop.example\r\n"
        said = await ask(runtime, fields)
        assert said.endswith("192.0.2.9 https://shop.example/")

    async def test_r8_and_nobody_else_can_pretend(self, start):
        runtime = await start(host="127.0.0.1", trusted=["10.0.0.0/8"])
        said = await ask(runtime, "X-Forwarded-For: 192.0.2.9\r\nX-Forwarded-Host: shop.example\r\n")
        assert "127.0.0.1 http://localhost:" in said

    async def test_r4_a_forwarded_host_is_checked_like_any_other(self, start):
        runtime = await start(host="127.0.0.1", trusted=["127.0.0.1"])
        said = await ask(runtime, "X-Forwarded-Host: evil.example\r\n")
        assert said.startswith("HTTP/1.1 421 ")

    async def test_cookies_are_secure_where_the_proxy_was_asked_by_https(self, start):
        runtime = await start(host="127.0.0.1", trusted=["127.0.0.1"])
        assert "; secure" in (await ask(runtime, "X-Forwarded-Proto: https\r\n")).lower()
        assert "; secure" not in (await ask(runtime)).lower()


class TestTls:
    @pytest.fixture
    def authority(self):
        return trustme.CA()

    @pytest.fixture
    def context(self, authority, tmp_path):
        (tmp_path / "certs").mkdir()
        made = authority.issue_cert("localhost")
        made.private_key_and_cert_chain_pem.write_to_path(str(tmp_path / "certs" / "both.pem"))
        context = ssl.create_default_context()
        authority.configure_trust(context)
        return context

    async def test_certificates_stand_beside_the_app_and_cookies_are_secure(self, start, context):
        runtime = await start(bind=["tls:127.0.0.1:0:cert=certs/both.pem"])
        said = await ask(runtime, context=context)
        assert "127.0.0.1 https://localhost:" in said
        assert "; secure" in said.lower()
        assert runtime.addresses[0].startswith("https://127.0.0.1:")

    async def test_they_are_read_anew_on_request(self, start, context, tmp_path):
        runtime = await start(bind=["tls:127.0.0.1:0:cert=certs/both.pem", "tcp:127.0.0.1:0"])
        assert runtime.reload_certificates()
        (tmp_path / "certs" / "both.pem").write_text("broken")
        assert not runtime.reload_certificates()

    async def test_a_missing_one_stops_the_start_and_names_the_whole_path(self, start, tmp_path):
        with pytest.raises(SennitError) as caught:
            await start(bind=["tls:127.0.0.1:0:cert=certs/none.pem"])
        assert caught.value.code == "net.E021" and str(tmp_path / "certs" / "none.pem") in caught.value.what


async def test_serve_listens_on_both_families_and_is_told_once(start):
    runtime = await start()
    assert len(runtime.addresses) == 1 and runtime.addresses[0].startswith("http://localhost:")
    assert (await ask(runtime)).startswith("HTTP/1.1 200 ")
    if len(runtime.http[0].addresses) == 2:
        assert (await ask(runtime, host="::1")).startswith("HTTP/1.1 200 ")


async def test_a_unix_socket_stands_beside_the_app(start, tmp_path, monkeypatch):
    monkeypatch.chdir("/")
    await start(bind=["unix:app.sock"])
    assert (tmp_path / "app.sock").exists()


def test_every_mode_reads_the_password_of_keys_from_the_environment_only(app, monkeypatch):
    monkeypatch.setenv("SENNIT_TLS_PASSWORD", "open sesame")
    runtime = app.build(app.settings("serve", os.environ, {**SERVED}), "serve")
    endpoint = runtime._endpoint("tls:443:cert=a.pem")
    assert endpoint.tls is not None and endpoint.tls.password == "open sesame"
