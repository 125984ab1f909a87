"""Security fields (threat R38): sent by default, a content security policy with nonces and HSTS by choice."""

import re

import pytest

from sennit import App, Request, Response, SennitError, Session, view
from sennit.testing import Client
from sennit.web.middleware import Security


def page_of(root, **options) -> App:
    app = App(root=root, **options)

    @app.get("/")
    async def page():
        return "<p>page"

    return app


class TestByDefault:
    async def test_a_page_is_not_framed_sniffed_or_told_about(self, tmp_path):
        async with Client(page_of(tmp_path)) as client:
            headers = (await client.get("/")).headers
            assert headers["x-content-type-options"] == "nosniff"
            assert headers["x-frame-options"] == "SAMEORIGIN"
            assert headers["referrer-policy"] == "strict-origin-when-cross-origin"
            assert headers["cross-origin-opener-policy"] == "same-origin"
            assert "content-security-policy" not in headers and "strict-transport-security" not in headers

    async def test_what_looked_at_a_session_is_private(self, tmp_path):
        app = App(root=tmp_path)

        @app.get("/")
        async def mine(session: Session):
            return "mine"

        async with Client(app) as client:
            headers = (await client.get("/")).headers
            assert headers["cache-control"] == "private, no-cache"
            assert headers["vary"] == "cookie"


class TestPolicy:
    async def test_a_nonce_stands_in_the_policy_when_the_page_has_it(self, tmp_path):
        app = page_of(tmp_path, csp=True)

        @app.get("/script")
        async def script(request: Request):
            return f'<script nonce="{request.csp_nonce}">1</script>'

        async with Client(app) as client:
            first, second = [await client.get("/script") for _ in range(2)]
            nonces = [re.search(r'nonce="([\w-]{22})"', page.text)[1] for page in (first, second)]
            assert nonces[0] != nonces[1]
            assert f"script-src 'self' 'nonce-{nonces[0]}'" in first.headers["content-security-policy"]
            plain = (await client.get("/")).headers["content-security-policy"]
            assert "nonce" not in plain and "script-src 'self';" in plain

    async def test_templates_have_the_nonce(self, tmp_path):
        (tmp_path / "templates").mkdir()
        (tmp_path / "templates" / "page.html").write_text(
            '<html><head></head><script nonce="{{ csp_nonce }}">1</script>{{ live_script() }}'
        )
        app = App(root=tmp_path, csp="script-src 'nonce'")

        @app.get("/")
        @view("page.html")
        def page():
            return {}

        async with Client(app) as client:
            answer = await client.get("/")
            own, live = re.findall(r'nonce="([\w-]{22})"', answer.text)
            assert own == live
            assert answer.headers["content-security-policy"] == f"script-src 'nonce-{own}'"

    async def test_is_for_pages_only(self, tmp_path):
        app = App(root=tmp_path, csp=True)

        @app.get("/")
        async def data():
            return {"a": 1}

        async with Client(app) as client:
            assert "content-security-policy" not in (await client.get("/")).headers

    async def test_a_handlers_own_stays_and_a_routes_own_wins(self, tmp_path):
        app = page_of(tmp_path, csp="default-src 'self'")

        @app.get("/own")
        async def own():
            return Response("x", headers={"content-security-policy": "default-src 'none'"})

        @app.get("/route", middleware=[Security(csp="default-src https:")])
        async def route():
            return "x"

        async with Client(app) as client:
            policies = [(await client.get(path)).headers["content-security-policy"] for path in ("/", "/own", "/route")]
            assert policies == ["default-src 'self'", "default-src 'none'", "default-src https:"]

    async def test_as_a_trial(self, tmp_path):
        async with Client(page_of(tmp_path, middleware=[Security(csp_report_only=True)])) as client:
            headers = (await client.get("/")).headers
            assert "content-security-policy" not in headers
            assert "default-src 'self'" in headers["content-security-policy-report-only"]

    async def test_the_environment_spells_it_as_text(self, tmp_path):
        app = page_of(tmp_path)
        for spelled, policy in (("true", "default-src"), ("default-src 'none'", "default-src 'none'")):
            settings = app.settings("test", {"SENNIT_CSP": spelled})
            (security,) = app.build(settings, "test").site.middleware
            assert policy in security._policies["content-security-policy"]
        assert app.build(app.settings("test", {"SENNIT_CSP": "off"}), "test").site.middleware == ()

    @pytest.mark.parametrize("policy", ["default-src\r\nset-cookie: a=b", "default-src \u2019self\u2019"])
    def test_one_that_cannot_be_sent_is_an_error_at_start(self, policy):
        with pytest.raises(SennitError) as caught:
            Security(csp=policy)
        assert caught.value.code == "web.E035"


class TestHsts:
    @pytest.mark.parametrize(("url", "is_sent"), [("http://test/", False), ("https://test/", True)])
    async def test_under_tls_only(self, tmp_path, url, is_sent):
        async with Client(page_of(tmp_path, hsts_s=31_536_000)) as client:
            headers = (await client.get(url)).headers
            assert (headers.get("strict-transport-security") == "max-age=31536000") == is_sent

    async def test_with_subdomains(self, tmp_path):
        app = page_of(tmp_path, middleware=[Security(hsts_s=60, hsts_subdomains=True)])
        async with Client(app) as client:
            assert (
                (await client.get("https://test/")).headers["strict-transport-security"].endswith("; includeSubDomains")
            )


class TestFields:
    async def test_a_default_is_replaced_or_taken_away(self, tmp_path):
        fields = {"x-frame-options": None, "referrer-policy": "no-referrer", "permissions-policy": "camera=()"}
        app = page_of(tmp_path, middleware=[Security(fields=fields)])

        @app.get("/own")
        async def own():
            return Response("x", headers={"referrer-policy": "origin"})

        async with Client(app) as client:
            headers = (await client.get("/")).headers
            assert "x-frame-options" not in headers
            assert headers["referrer-policy"] == "no-referrer"
            assert headers["permissions-policy"] == "camera=()"
            assert (await client.get("/own")).headers["referrer-policy"] == "origin"

    async def test_signed_in_pages_need_not_be_stored_at_all(self, tmp_path):
        app = App(root=tmp_path, middleware=[Security(signed_in="private, no-store")])

        @app.get("/")
        async def mine(session: Session):
            return "mine"

        async with Client(app) as client:
            assert (await client.get("/")).headers["cache-control"] == "private, no-store"
