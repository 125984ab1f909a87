"""Mistakes in a registration are told together, when the application is built."""

import pytest

from sennit import App
from sennit.testing import Client

from .newspaper import Article, Comment, Topic


def codes(group: ExceptionGroup) -> list[str]:
    return [f"{mistake.code}: {mistake.what}" for mistake in group.exceptions]


async def mistakes(folder, *registrations) -> str:
    app = App("x", database=f"sqlite:///{folder}/x.db", accounts=True, admin="/admin", root=folder)
    for model, options in registrations:
        app.admin.register(model, **options)
    with pytest.raises(ExceptionGroup) as caught:
        async with Client(app):
            pass
    return "\n".join(codes(caught.value))


@pytest.mark.parametrize("options", [
    {"list": ["secret"]}, {"list": ["nothing"]}, {"list": ["comments"]}, {"list": ["_private"]}, {"search": ["secret"]},
    {"search": ["author.password"]}, {"search": ["author.username_key"]}, {"search": ["reads"]}, {"search": ["nothing.x"]},
    {"search": ["author"]}, {"filters": ["secret"]}, {"filters": ["nothing"]}, {"filters": ["comments"]}, {"filters": ["tags"]},
    {"fields": ["secret"]}, {"readonly": ["secret"]}, {"filters": ["author.password"]}, {"list": ["author.password"]},
])  # fmt: skip
async def test_what_is_private_or_unknown_cannot_be_named(tmp_path, options):
    assert "admin.E001" in await mistakes(tmp_path, (Article, options))


async def test_the_nearest_name_is_suggested(tmp_path):
    assert "Did you mean 'title'?" in await mistakes(tmp_path, (Article, {"list": ["titel"]}))


async def test_an_inline_must_refer_to_the_model_once(tmp_path):
    assert "admin.E003" in await mistakes(tmp_path, (Topic, {"inlines": [Comment]}))


async def test_all_mistakes_are_told_together(tmp_path):
    told = await mistakes(tmp_path, (Article, {"list": ["x"]}), (Topic, {"inlines": [Comment]}))
    assert "admin.E001" in told and "admin.E003" in told
