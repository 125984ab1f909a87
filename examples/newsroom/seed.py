"""Stocks the newsroom: `python examples/newsroom/seed.py` makes its database, or with `--anew` makes it again.

The app calls `stock` whenever it starts, so nobody needs to run this by hand.
"""

import asyncio
import os
import sys

from models import Comment, Story
from storybook import Draft, drafts

from sennit import Database, utcnow
from sennit.auth import User, create_user

ACCOUNTS = (("ada", "reader-demo", False), ("grace", "editor-demo", True))


async def stock(db: Database) -> int:
    """Stories, comments and accounts where there are none yet. How many stories were made."""
    for username, password, is_staff in ACCOUNTS:
        if not await db.scalar(User.where(username=username).exists()):
            await create_user(db, username=username, password=password, staff=is_staff)
    if await db.scalar(Story.all().exists()):
        return 0
    made = drafts(utcnow())
    for draft in made:
        db.add(story_of(draft))
    await db.flush()
    return len(made)


def story_of(draft: Draft) -> Story:
    return Story(
        section=draft.section,
        title=draft.title,
        standfirst=draft.standfirst,
        text=draft.text,
        byline=draft.byline,
        picture=draft.picture,
        featured=draft.featured,
        published_at=draft.at,
        comments=[Comment(name=one.name, text=one.text, posted_at=draft.at + one.after) for one in draft.remarks],
    )


async def main(is_anew: bool) -> None:
    from app import app

    runtime = app.build(app.settings("run", os.environ), "run")
    await runtime.start(listen=False)
    try:
        async with app.database() as db:
            if is_anew:
                await db.execute(Comment.all().delete())
                await db.execute(Story.all().delete())
                await stock(db)
            print(f"{await db.scalar(Story.all().count())} stories, {await db.scalar(Comment.all().count())} comments")
    finally:
        await runtime.stop()


if __name__ == "__main__":
    asyncio.run(main("--anew" in sys.argv[1:]))
