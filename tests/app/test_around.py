"""The settings of what stands around the handlers, and how an application is put together with them."""

import asyncio
import json
import os

import pytest

from sennit import App
from sennit.app.settings import load_settings
from sennit.app.stock_middleware import stock_middleware
from sennit.web.middleware import Compress, Cors, Etag, RequestId, Security


class TestSettings:
    @pytest.mark.parametrize(("mode", "log"), [("run", "off"), ("test", "off"), ("serve", "common")])
    def test_serve_logs_and_the_others_do_not(self, tmp_path, mode, log):
        arguments = {"secret": "x" * 32, "hosts": ["a"]}
        assert load_settings(arguments, tmp_path, mode, {}, {}).access_log == log
        asked = load_settings({**arguments, "access_log": "json"}, tmp_path, mode, {}, {})
        assert asked.access_log == "json"

    def test_file_environment_and_command_line_win_in_this_order(self, tmp_path):
        (tmp_path / "sennit.toml").write_text(
            'access_log = "json"\ncompress = true\ncors = ["https://a.example"]\nhsts_s = 60'
        )
        environ = {"SENNIT_CORS": "https://b.example, https://c.example", "SENNIT_ETAG": "true", "SENNIT_HSTS_S": "61"}
        settings = App(root=tmp_path).settings("test", environ, {"access_log": "common"})
        assert settings.compress and settings.etag and settings.hsts_s == 61
        assert settings.cors == ["https://b.example", "https://c.example"]
        assert settings.access_log == "common"

    def test_a_wrong_format_names_itself(self, tmp_path):
        with pytest.raises(ExceptionGroup) as caught:
            App(root=tmp_path, access_log="apache").settings("test", {})
        (mistake,) = caught.value.exceptions
        assert mistake.code == "settings.E004" and "access_log" in str(mistake)


def test_the_short_forms_stand_around_the_apps_own_middleware_and_compression_around_what_changes_content(tmp_path):
    app = App(root=tmp_path, compress=True, etag=True, csp=True, hsts_s=60, cors=["https://a.example"], request_id=True)
    kinds = [type(each) for each in stock_middleware(app.settings("test", {}))]
    assert kinds == [Security, RequestId, Compress, Etag, Cors]
    assert stock_middleware(App(root=tmp_path).settings("test", {})) == ()


async def test_a_served_app_writes_its_log_beside_itself_and_reopens_it(tmp_path):
    app = App(root=tmp_path, access_log="json", hosts=["localhost"])

    @app.get("/")
    async def index():
        return "hello"

    settings = app.settings("test", {}, {"bind": ["tcp:127.0.0.1:0"], "access_log_file": "access.log"})
    runtime = app.build(settings, "test")
    await runtime.start()

    async def ask(line: str) -> None:
        reader, writer = await asyncio.open_connection(*runtime.http[0].addresses[0])
        writer.write(f"{line}\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
        await reader.read()
        writer.close()

    await ask("GET /?token=abc HTTP/1.1")
    runtime.access_log.flush()
    os.rename(tmp_path / "access.log", tmp_path / "access.log.1")
    runtime.reopen_logs()
    await ask("GET /nothing HTTP/1.1")
    await runtime.stop(drain_s=1)
    (old,) = [json.loads(line) for line in (tmp_path / "access.log.1").read_text().splitlines()]
    (new,) = [json.loads(line) for line in (tmp_path / "access.log").read_text().splitlines()]
    assert (old["target"], old["status"], old["id"]) == ("/?token=[masked]", 200, None)
    assert new["status"] == 404 and len(new["id"]) == 32


async def test_nothing_is_logged_or_counted_unless_asked_for(tmp_path):
    app = App(root=tmp_path)

    @app.get("/")
    async def index():
        return "hello"

    runtime = app.build(app.settings("test", {}, {"bind": ["tcp:127.0.0.1:0"]}), "test")
    await runtime.start()
    assert runtime.http[0].access_log is None
    assert runtime.access_log is None and runtime.site.middleware == ()
    await runtime.stop(drain_s=0)
