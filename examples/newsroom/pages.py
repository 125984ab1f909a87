"""The pages for readers. Views say which stories a page shows; the one controller adds a comment."""

from typing import Annotated, Any

from models import Comment, Section, Story
from msgspec import Meta

from sennit import Database, FileResponse, Form, Request, Response, Router, redirect, utcnow, view
from sennit.auth import User
from sennit.live import viewers
from sennit.view import Templates

router = Router()

NAME = Annotated[str, Meta(max_length=40)]
REMARK = Annotated[str, Meta(max_length=2000, pattern=r"\S")]  # not only blanks

POLICY = "default-src 'self'; object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'"


@router.middleware
async def strict(request: Request, next: Any) -> Response:
    """Nothing inline and nothing from elsewhere runs on a page for readers."""
    response: Response = await next(request)
    response.headers["content-security-policy"] = POLICY
    return response


def framed(**values: Any) -> dict[str, Any]:
    """What a page shows, with what the masthead around it needs."""
    now = utcnow()
    return {"sections": list(Section), "date": f"{now:%A}, {now.day} {now:%B %Y}", **values}


@router.get("/")
@view("front.html")
def front() -> dict[str, Any]:
    newest, chosen = Story.newest(), Story.newest().where(featured=True)
    return framed(
        lead=chosen.limit(1),
        chosen=chosen.offset(1).limit(3),
        latest=newest.limit(12),
        remarks=Comment.all().order_by(Comment.posted_at.desc(), Comment.id.desc()).limit(4).load(Comment.story),
        readers=viewers(),
        **{one.value: newest.where(section=one, featured=False).limit(5) for one in Section},
    )


@router.get("/{section}")
@view("section.html")
def section(section: Section, page: int = 1) -> dict[str, Any]:
    return framed(
        section=section,
        current_section=section,
        stories=Story.newest().where(section=section).page(page, 14),
        latest=Story.newest().limit(8),
    )


@router.get("/search")
@view("search.html")
def search(q: str = "", section: Section | None = None, page: int = 1) -> dict[str, Any]:
    q = q.strip()[:100]
    stories = Story.newest()
    if section:
        stories = stories.where(section=section)
    if q:
        stories = stories.where(Story.title.icontains(q, autoescape=True) | Story.text.icontains(q, autoescape=True))
    return framed(q=q, section=section, stories=stories.page(page, 20))


@router.provide
async def story(db: Database, id: int) -> Story:
    """The story that the path names, or a 404."""
    return await db.get(Story, id)


@router.get("/stories/{id}")
@view("article.html")
def article(story: Story) -> dict[str, Any]:
    comments = Comment.where(story_id=story.id)
    return framed(
        story=story,
        current_section=story.section,
        comments=comments.order_by(Comment.posted_at.desc(), Comment.id.desc()).limit(200),
        count=comments.count(),
        more=Story.newest().where(Story.id != story.id, section=story.section).limit(7),
    )


@router.post("/stories/{id}/comments")
async def comment(db: Database, story: Story, user: User | None, text: Form[REMARK], name: Form[NAME] = "") -> Any:
    """Anybody may say something; who is signed in says it under the account's name."""
    signed = user.username if user else name.strip() or "A reader"
    db.add(Comment(story_id=story.id, name=signed, text=text.strip()))
    return redirect(article, id=story.id)


@router.get("/favicon.ico")
async def icon() -> FileResponse:
    """For pages that name no icon of their own, such as the one to sign in."""
    return FileResponse("static/strand.svg")


async def missing(request: Request, templates: Templates, user: User | None) -> Any:
    """In the paper's own dress for browsers; whoever else asks gets the plain answer."""
    if "text/html" not in (request.headers.get("accept") or ""):
        return None
    return templates.render("missing.html", framed(user=user, live_script=lambda: "")), 404
