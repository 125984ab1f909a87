"""What is known of files that are asked for often, and the content of small ones: bounded in number and in bytes."""

from collections import OrderedDict

from .stored_file import StoredFile

MOST_FILES = 4096
MOST_BYTES = 16 * 1024 * 1024


class FileCache:
    """The least lately used goes first. Whoever takes something out checks that the file is still the same."""

    def __init__(self, most_files: int = MOST_FILES, most_bytes: int = MOST_BYTES) -> None:
        self._files: OrderedDict[str, StoredFile] = OrderedDict()
        self._most_files = most_files
        self._most_bytes = most_bytes
        self.bytes = 0

    def get(self, name: str) -> StoredFile | None:
        stored = self._files.get(name)
        if stored is not None:
            self._files.move_to_end(name)
        return stored

    def put(self, name: str, stored: StoredFile) -> None:
        self.drop(name)
        self._files[name] = stored
        self.bytes += len(stored.content or b"")
        self._shrink()

    def keep_content(self, name: str, stored: StoredFile, content: bytes) -> None:
        """Counts for files that are in here; with one that is not, the content goes when the file does."""
        is_new, stored.content = stored.content is None, content
        if is_new and self._files.get(name) is stored:
            self.bytes += len(content)
            self._shrink()

    def drop(self, name: str) -> None:
        stored = self._files.pop(name, None)
        if stored is not None:
            self.bytes -= len(stored.content or b"")

    def _shrink(self) -> None:
        while len(self._files) > self._most_files or self.bytes > self._most_bytes:
            self.drop(next(iter(self._files)))

    def __len__(self) -> int:
        return len(self._files)
