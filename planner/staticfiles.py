"""Third-party files that browsers need, taken from the installed packages: plotly's script as `vendor/plotly.min.js`.

Only that one file of the package is served. htmx comes with django-htmx's own static folder.
"""

from __future__ import annotations

from collections.abc import Iterable
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import BaseFinder, get_finders
from django.core.files.storage import FileSystemStorage, Storage

PLOTLY = "plotly.min.js"


def plotly_folder() -> Path:
    """Where the installed plotly keeps its script; found without importing plotly, which is slow."""
    spec = find_spec("plotly")
    if spec is None or spec.origin is None:
        raise FileNotFoundError("plotly is not installed; run `make install`.")
    return Path(spec.origin).parent / "package_data"


class PlotlyFinder(BaseFinder):
    """Finds `vendor/plotly.min.js` and nothing else."""

    def __init__(self, app_names: Iterable[str] | None = None, *args: Any, **kwargs: Any) -> None:
        self.storage = FileSystemStorage(location=str(plotly_folder()))
        self.storage.prefix = "vendor"  # type: ignore[attr-defined]  # read by collectstatic, as the built-in finders set it
        super().__init__(*args, **kwargs)

    def find(self, path: str, find_all: bool = False, **kwargs: Any) -> Any:
        """Where `path` stands on disk; nothing when it is not ours."""
        found = [str(plotly_folder() / PLOTLY)] if path == f"vendor/{PLOTLY}" else []
        return found if find_all or not found else found[0]

    def list(self, ignore_patterns: Iterable[str] | None) -> Iterable[tuple[str, Storage]]:
        """The one file, for collectstatic."""
        yield PLOTLY, self.storage


def is_collected() -> bool:
    """Whether what collectstatic wrote is newer than every file it would collect."""
    manifest = Path(settings.STATIC_ROOT) / "staticfiles.json"
    if not manifest.exists():
        return False
    collected = manifest.stat().st_mtime
    files = (Path(storage.path(name)) for finder in get_finders() for name, storage in finder.list([]))
    return all(file.stat().st_mtime <= collected for file in files)
