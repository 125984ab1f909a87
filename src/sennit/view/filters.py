"""The few filters that templates get besides Jinja2's own."""

from datetime import UTC, date, datetime

from markupsafe import Markup


def format_date(value: date | None, pattern: str = "%Y-%m-%d %H:%M") -> str:
    """`{{ story.at|date }}`, `{{ story.at|date("%d %B") }}`: a date or time by strftime; nothing for None."""
    return "" if value is None else value.strftime(pattern)


def time_ago(value: datetime | None) -> Markup:
    """`{{ story.at|ago }}`: a `<time>` that the browser script words relative to now ("3 minutes ago").

    The markup itself depends on the value alone, so that a live region stays the same while nothing changes.
    A time without zone counts as UTC.
    """
    if value is None:
        return Markup()
    moment = value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    stamp = moment.strftime("%Y-%m-%dT%H:%M:%SZ")
    return Markup('<time datetime="{}" live-ago>{}</time>').format(stamp, moment.strftime("%Y-%m-%d %H:%M"))
