"""Digest authentication, in the order of RFC 7616, against the examples of the RFC and against a server that checks."""

import hashlib
import re

import pytest

from client.answering import answer
from sennit.client import ClientError, Digest
from sennit.client.auth.digest import can_answer, challenges, chosen_challenge

CNONCE = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"
EXAMPLE = {
    "realm": "http-auth@example.org", "qop": "auth, auth-int", "nonce": "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",
    "opaque": "FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS",
}  # fmt: skip
HASHES = {"MD5": "md5", "SHA-256": "sha256", "SHA-512-256": "sha512_256"}


def parts_of(value):
    found = re.findall(r'([\w*]+)=(?:"((?:[^"\\]|\\.)*)"|([^\s,]+))', value)
    return {name: quoted or plain for name, quoted, plain in found}


class TestExamples:  # §3.9
    @pytest.mark.parametrize(
        ("algorithm", "response"),
        [
            ("MD5", "8ca523f5e9506fed4657c9700eebdbec"),
            ("SHA-256", "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"),
        ],
    )
    def test_md5_and_sha_256(self, algorithm, response):
        digest = Digest("Mufasa", "Circle of Life")
        value = digest.credentials(EXAMPLE | {"algorithm": algorithm}, "GET", "/dir/index.html", 1, CNONCE)
        assert value == (
            f'Digest username="Mufasa", realm="{EXAMPLE["realm"]}", nonce="{EXAMPLE["nonce"]}", uri="/dir/index.html", '
            f'qop=auth, nc=00000001, cnonce="{CNONCE}", opaque="{EXAMPLE["opaque"]}", algorithm={algorithm}, response="{response}"'
        )

    def test_sha_512_256_with_a_hashed_user_beyond_ascii(self):  # as erratum 4897 has it
        challenge = {
            "realm": "api@example.org", "qop": "auth", "algorithm": "SHA-512-256", "charset": "UTF-8", "userhash": "true",
            "nonce": "5TsQWLVdgBdmrQ0XsxbDODV+57QdFR34I9HAbC/RVvkK", "opaque": "HRPCssKJSGjCrkzDg8OhwpzCiGPChXYjwrI2QmXDnsOS",
        }  # fmt: skip
        digest = Digest("Jäsøn Doe", "Secret, or not?")
        parts = parts_of(
            digest.credentials(challenge, "GET", "/doe.json", 1, "NTg6RKcb9boFIAS3KrFK9BGeh+iDa/sm6jUMp2wds69v")
        )
        assert parts["username"] == "793263caabb707a56211940d90411ea4a575adeccb7e360aeb624ed06ece9b0b"
        assert parts["response"] == "3798d4131c277846293534c3edc11bd8a5e4cdcbff78b05db9d95eeb1cec68a5"
        assert parts["userhash"] == "true"


class TestChallenge:  # §3.3
    def test_several_in_one_field_or_in_several(self):
        value = 'Basic realm="b", Digest realm="a \\"q\\"", nonce="n1", algorithm=MD5, qop="auth", digest nonce=n2'
        assert challenges(value) == [
            {"realm": 'a "q"', "nonce": "n1", "algorithm": "MD5", "qop": "auth"}, {"nonce": "n2"},
        ]  # fmt: skip

    def test_the_strongest_is_answered(self):
        offers = [
            f'Digest realm="r", nonce="{name}", qop="auth", algorithm={name}'
            for name in ("MD5", "SHA-512-256", "SHA-256")
        ]
        assert chosen_challenge(offers)["algorithm"] == "SHA-512-256"
        assert chosen_challenge([*offers[:1], 'Digest nonce="x", algorithm=SHA3, qop="auth"'])["algorithm"] == "MD5"
        assert chosen_challenge(["Basic realm=x", "Negotiate"]) is None

    @pytest.mark.parametrize(
        "challenge", [{}, {"nonce": "n", "qop": "x"}, {"nonce": "n", "algorithm": "x"}, {"nonce": "n\r\nx: y"}]
    )
    def test_what_cannot_be_answered_is_not(self, challenge):
        assert not can_answer(challenge)

    def test_auth_int_needs_a_body_that_is_known(self):
        offer = ['Digest nonce="n", qop="auth-int"']
        assert chosen_challenge(offer, has_known_body=True) is not None
        assert chosen_challenge(offer, has_known_body=False) is None
        assert chosen_challenge(['Digest nonce="n", qop="auth-int, auth"'], has_known_body=False) is not None

    def test_an_endless_one_is_cut(self):
        assert challenges("Digest nonce=" + "x" * 10)[0]["nonce"]
        assert chosen_challenge(["Digest realm=" + "x" * 10_000 + ", nonce=n"]) is None


class TestCredentials:  # §3.4
    def test_without_qop_as_rfc_2069_had_it(self):
        parts = parts_of(Digest("u", "p").credentials({"realm": "r", "nonce": "n"}, "GET", "/", 1, "c"))
        md5 = [hashlib.md5(text).hexdigest() for text in (b"u:r:p", b"GET:/")]
        assert parts["response"] == hashlib.md5(f"{md5[0]}:n:{md5[1]}".encode()).hexdigest()
        assert {"qop", "nc", "cnonce"} & parts.keys() == set()

    @pytest.mark.parametrize(
        ("user", "challenge", "told"),
        [
            ("zoë", {"charset": "UTF-8"}, "username*=UTF-8''zo%C3%AB,"), ("zoë", {}, 'username="zoë",'),
            ('a"b\\c', {}, 'username="a\\"b\\\\c",'), ("zoe", {"charset": "UTF-8"}, 'username="zoe",'),
        ],
    )  # fmt: skip
    def test_how_the_user_is_named(self, user, challenge, told):
        assert told in Digest(user, "p").credentials({"nonce": "n", "realm": "r"} | challenge, "GET", "/", 1, "c")


def guarded(algorithm="SHA-256", qop="auth", *, stale_after=99, next_nonce=False):
    """A site that lets in `me` with `secret`, checking everything that a server can, nonce counts too."""
    state = {"nonce": 0, "counts": []}

    def digest(text):
        return hashlib.new(HASHES[algorithm.removesuffix("-sess")], text.encode()).hexdigest()

    def challenge(**more):
        state["nonce"] += 1
        state["counts"] = []
        extra = "".join(f", {name}={value}" for name, value in more.items())
        return answer(
            401,
            "who?",
            www_authenticate=f'Digest realm="r", nonce="n{state["nonce"]}", qop="{qop}", algorithm={algorithm}{extra}',
        )

    def handler(asked):
        if "authorization" not in asked.headers:
            return challenge()
        parts = parts_of(asked.headers["authorization"])
        if parts["nonce"] != f"n{state['nonce']}" or len(state["counts"]) >= stale_after:
            return challenge(stale="TRUE")
        state["counts"].append(parts["nc"])
        assert parts["uri"] == asked.target
        secret = digest("me:r:secret")
        if algorithm.endswith("-sess"):
            secret = digest(f"{secret}:{parts['nonce']}:{parts['cnonce']}")
        body = f":{digest(asked.body.decode())}" if parts["qop"] == "auth-int" else ""
        a2 = digest(f"{asked.method}:{asked.target}{body}")
        wanted = digest(":".join([secret, parts["nonce"], parts["nc"], parts["cnonce"], parts["qop"], a2]))
        if parts["response"] != wanted:
            return challenge()
        if next_nonce:
            state["nonce"] += 1
            return answer(200, asked.body, authentication_info=f'rspauth="x", nextnonce="n{state["nonce"]}"')
        return answer(200, asked.body)

    handler.state = state
    return handler


class TestAgainstAServer:
    @pytest.mark.parametrize(
        "algorithm", ["MD5", "MD5-sess", "SHA-256", "SHA-256-sess", "SHA-512-256", "SHA-512-256-sess"]
    )
    @pytest.mark.parametrize("qop", ["auth", "auth-int"])
    async def test_every_algorithm(self, serve_site, open_client, algorithm, qop):
        site = await serve_site(guarded(algorithm, qop))
        client = open_client(site.url, auth=Digest("me", "secret"))
        assert (await client.post("/a?b=c", body=b"body")).content == b"body"
        assert (await client.get("/d")).status == 200

    async def test_the_challenge_is_answered_once_and_then_kept_with_a_growing_count(self, serve_site, open_client):
        handler = guarded()
        site = await serve_site(handler)
        client = open_client(site.url, auth=Digest("me", "secret"))
        for path in "/1", "/2", "/3":
            assert (await client.get(path)).status == 200
        assert site.paths == ["GET /1", "GET /1", "GET /2", "GET /3"]
        assert handler.state["counts"] == ["00000001", "00000002", "00000003"]
        assert site.connections == 1

    async def test_a_stale_nonce_is_replaced_without_asking_anybody(self, serve_site, open_client):
        site = await serve_site(guarded(stale_after=1))
        client = open_client(site.url, auth=Digest("me", "secret"))
        assert [(await client.get("/")).status for _ in range(3)] == [200] * 3

    async def test_the_next_nonce_of_the_server_is_used(self, serve_site, open_client):
        site = await serve_site(guarded(next_nonce=True))
        client = open_client(site.url, auth=Digest("me", "secret"))
        assert [(await client.get("/")).status for _ in range(3)] == [200] * 3
        assert len(site.asked) == 4, "one challenge, then the nonces that came with the answers"

    async def test_a_wrong_password_is_tried_once_and_the_401_is_the_answer(self, serve_site, open_client):
        site = await serve_site(guarded())
        client = open_client(site.url, auth=Digest("me", "wrong"))
        response = await client.get("/")
        assert (response.status, response.text, len(site.asked)) == (401, "who?", 2)

    async def test_another_scheme_is_the_answer(self, serve_site, open_client):
        site = await serve_site(lambda asked: answer(401, www_authenticate='Basic realm="r"'))
        assert (await open_client(site.url, auth=Digest("me", "secret")).get("/")).status == 401
        assert len(site.asked) == 1

    async def test_a_body_that_cannot_be_sent_twice_is_told(self, serve_site, open_client):
        site = await serve_site(guarded())
        client = open_client(site.url, auth=Digest("me", "secret"))
        with pytest.raises(ClientError) as caught:
            await client.post("/", body=iter([b"once"]))
        assert caught.value.code == "client.E023"
        assert (await client.post("/", body=iter([b"now it is known"]))).content == b"now it is known"

    async def test_r9_another_origin_is_never_answered(self, serve_site, open_client):
        other = await serve_site(guarded())
        site = await serve_site(lambda asked: answer(302, location=other.url))
        client = open_client(site.url, auth=Digest("me", "secret"), follow_redirects=True)
        assert (await client.get("/")).status == 401
        assert "authorization" not in other.asked[0].headers
