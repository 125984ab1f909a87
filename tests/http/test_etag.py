"""RFC 9110 §8.8.3."""

from sennit.http.etag import MOST_TAGS, matches_strongly, matches_weakly, parse_etags


def test_a_list_keeps_its_tags_as_they_stand():
    assert parse_etags('"a", W/"b" ,,"c,d"') == ['"a"', 'W/"b"', '"c,d"']
    assert parse_etags("") == []
    assert parse_etags("unquoted") == []


def test_the_star_is_every_tag():
    assert parse_etags(" * ") is None


def test_an_endless_list_is_cut():
    assert len(parse_etags('"a",' * 100_000) or ()) == MOST_TAGS
    assert parse_etags('"' + "a " * 100_000) == []


def test_weak_tags_never_match_strongly():
    assert matches_strongly('"1"', '"1"')
    assert not matches_strongly('W/"1"', 'W/"1"')
    assert not matches_strongly('W/"1"', '"1"')
    assert matches_weakly('W/"1"', '"1"') and matches_weakly('W/"1"', 'W/"1"') and not matches_weakly('"1"', '"2"')
