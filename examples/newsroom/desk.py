"""The editors' desk: the admin console over stories and comments."""

from models import Comment, Story

from sennit.admin import Admin


def furnish(admin: Admin) -> None:
    admin.register(
        Story,
        list=["title", "section", "byline", "published_at", "featured"],
        search=["title", "text", "byline"],
        filters=["section", "featured"],
        inlines=[Comment],
    )
    admin.register(Comment, list=["name", "text", "story", "posted_at"], search=["name", "text"])
