"""Django, synchronous, with psycopg 3 and its pool on, each operation as a request has it: writes in a transaction."""

from contextlib import contextmanager
from datetime import UTC, datetime
from urllib.parse import urlsplit

import django
from django.conf import settings


def database_of(url):
    if url.startswith("sqlite"):
        pragmas = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
        options = {"init_command": pragmas, "transaction_mode": "IMMEDIATE"}
        return {"ENGINE": "django.db.backends.sqlite3", "NAME": url.removeprefix("sqlite:///"), "OPTIONS": options}
    parts = urlsplit(url)
    found = {"NAME": parts.path[1:], "USER": parts.username, "HOST": parts.hostname, "PORT": parts.port}
    return {"ENGINE": "django.db.backends.postgresql", "OPTIONS": {"pool": True}, **found}


@contextmanager
def opened(url):
    settings.configure(DATABASES={"default": database_of(url)}, USE_TZ=True, INSTALLED_APPS=[])
    django.setup()
    from django.db import connection, models, transaction

    class Entry(models.Model):
        title = models.TextField()
        body = models.TextField()
        done = models.BooleanField(default=False)
        at = models.DateTimeField(default=lambda: datetime.now(UTC))

        class Meta:
            app_label = "bench"
            db_table = "entry"

    class Layer:
        def get(self, key):
            return Entry.objects.get(id=key) and 1

        def list(self, key):
            return len(Entry.objects.filter(id__gt=key % 9000).order_by("id")[:20])

        def many(self, key):
            return len(Entry.objects.filter(id__gt=key % 9000).order_by("id")[:1000])

        def insert(self, key):
            with transaction.atomic():
                Entry.objects.create(title=f"title {key}", body="body")

        def update(self, key):
            with transaction.atomic():
                entry = Entry.objects.get(id=key)
                entry.title = f"new {key}"
                entry.save(update_fields=["title"])

    yield Layer()
    connection.close()
    if not url.startswith("sqlite"):
        connection.close_pool()
