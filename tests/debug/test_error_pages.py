from sennit.debug.error_pages import Block, blocks, error_page


def test_a_page_is_read_into_headings_paragraphs_lists_and_code():
    text = (
        "# x.E001: title\n\n## Why\n\nTwo\nlines.\n\n- one\n- `two`\n  more\n\n```python\na = 1\n\n# not a title\n```\n"
    )
    assert blocks(text) == [
        Block("heading", "Why"),
        Block("paragraph", "Two lines."),
        Block("item", "one"),
        Block("item", "`two` more"),
        Block("code", "a = 1\n\n# not a title"),
    ]


def test_the_pages_of_the_source_tree_are_found():
    assert error_page("debug.E001")[0] == Block("heading", "What happened")


def test_a_folder_can_be_given(tmp_path):
    (tmp_path / "shop.E001.md").write_text("# t\n\nText.\n")
    assert error_page("shop.E001", tmp_path) == (Block("paragraph", "Text."),)


def test_no_page_and_no_path_that_leads_out_of_the_folder(tmp_path):
    (tmp_path / "secret.md").write_text("x")
    assert error_page("none.E999", tmp_path) == ()
    assert error_page("../secret", tmp_path) == ()
