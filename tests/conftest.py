"""Fixtures and rules for every test: what needs a missing part of the system is skipped here, and told by system_parts."""

import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import system_parts

if TYPE_CHECKING:
    from playwright.async_api import Browser

ROOT = Path(__file__).resolve().parent.parent

# Without these Chromium looks for its maker's hosts at every start; in containers, run by root, it has no sandbox.
CHROMIUM_ARGUMENTS = [
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
]


def pytest_runtest_setup(item: pytest.Item) -> None:
    for mark in item.iter_markers("needs"):
        part = system_parts.PARTS[mark.args[0]]
        if part.find() is None:
            if os.environ.get("CI") == "true":
                pytest.fail(f"{part.name} is missing: {part.command}", pytrace=False)
            pytest.skip(f"{part.name} is missing: {part.command}")


@pytest.fixture(scope="session")
def root() -> Path:
    """The folder of the checkout."""
    return ROOT


@pytest.fixture
async def browser() -> AsyncIterator["Browser"]:
    """The system's Chromium, headless. A test that uses it is marked `@pytest.mark.needs("chromium")`."""
    from playwright.async_api import async_playwright

    path = system_parts.PARTS["chromium"].find()
    assert path is not None, 'mark the test with @pytest.mark.needs("chromium")'
    arguments = [*CHROMIUM_ARGUMENTS, *(["--no-sandbox"] if os.geteuid() == 0 else [])]
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=arguments)
        yield browser
        await browser.close()
