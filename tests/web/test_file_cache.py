import os

import pytest

from sennit.web.file_cache import FileCache
from sennit.web.stored_file import StoredFile


@pytest.fixture
def stored(tmp_path):
    (tmp_path / "a").write_bytes(b"x" * 10)
    return lambda: StoredFile("a", os.stat(tmp_path / "a"))


def test_the_least_lately_used_goes_first(stored):
    cache = FileCache(most_files=2)
    one, two, three = stored(), stored(), stored()
    cache.put("1", one)
    cache.put("2", two)
    assert cache.get("1") is one
    cache.put("3", three)
    assert (cache.get("1"), cache.get("2"), cache.get("3"), len(cache)) == (one, None, three, 2)


def test_content_is_bounded_in_bytes_and_counted_once(stored):
    cache = FileCache(most_bytes=25)
    for name in "123":
        cache.put(name, one := stored())
        cache.keep_content(name, one, b"x" * 10)
        cache.keep_content(name, one, b"x" * 10)
    assert (len(cache), cache.bytes) == (2, 20)
    cache.drop("3")
    cache.drop("3")
    assert cache.bytes == 10


def test_content_of_a_file_that_is_not_in_it_is_not_counted(stored):
    cache = FileCache()
    one = stored()
    cache.keep_content("1", one, b"x")
    assert (one.content, cache.bytes) == (b"x", 0)


def test_one_file_larger_than_all_that_may_be_kept_is_not_kept(stored):
    cache = FileCache(most_bytes=5)
    cache.put("1", one := stored())
    cache.keep_content("1", one, b"x" * 10)
    assert (len(cache), cache.bytes, one.content) == (0, 0, b"x" * 10)
