"""The page of live figures: what came in, where, and who reads."""

from datetime import timedelta
from typing import Any

import chart
import wire
from models import Comment, Story
from pages import framed, strict

from sennit import App, Router, utcnow, view
from sennit.live import tick, viewers

router = Router()
router.middleware(strict)


@router.get("/figures")
@view("figures.html", hz=4, also=[tick(10)])
def figures(app: App) -> dict[str, Any]:
    now = utcnow().replace(second=0, microsecond=0) + timedelta(minutes=1)  # the end of the minute that is running
    today = Story.where(Story.published_at >= now.replace(hour=0, minute=0))
    return framed(
        now=now,
        readers=viewers(),
        stories=Story.all().count(),
        comments=Comment.all().count(),
        today_count=today.count(),
        todays=today.values(Story.section).limit(20_000),
        recent=Story.where(Story.published_at > now - timedelta(hours=1)).values(Story.published_at).limit(20_000),
        per_minute=chart.per_minute,
        per_section=chart.per_section,
        wire=" ".join(wire.address(app.runtime.settings.host)),
    )
