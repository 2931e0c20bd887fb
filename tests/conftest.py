"""What every test can ask for: three people, a data folder of its own, and the engines of this machine.

The owner has the thing, the team-mate is signed in but does not have it, the stranger is not signed in anywhere.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client, override_settings
from hypothesis import HealthCheck, settings

from engine.cluster.binaries import Engine, find_engines
from planner.celery import use_broker

# Nothing here asserts a duration: loops are compiled at their first call, and other tests run at the same time.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")

WAITING = {"browser", "live"}
PLAIN_STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What starts browsers and engines comes first: it takes longest, and the short files even out the workers' ends."""
    items.sort(key=lambda item: not WAITING & set(item.path.parts))


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Packed bytes hold the time they were made at; all workers must call a test the same."""
    return argname if isinstance(val, bytes) and not val.isascii() else None


@pytest.fixture(scope="session", autouse=True)
def plain_static_files(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Static files by their own names, so that no test needs collectstatic."""
    with override_settings(STORAGES=PLAIN_STORAGES, STATIC_ROOT=tmp_path_factory.mktemp("static")):
        yield


@pytest.fixture(scope="session", autouse=True)
def queues_in_memory() -> None:
    """Celery's queues in this process: what is sent stays here, whatever broker the machine may have."""
    use_broker("memory://")


@pytest.fixture(scope="session")
def django_db_modify_db_settings(tmp_path_factory: pytest.TempPathFactory) -> None:
    """A database in a file: in memory, threads would share one connection's locks, which is not what runs for users."""
    from django.conf import settings

    default: dict[str, Any] = settings.DATABASES["default"]
    default.setdefault("TEST", {})["NAME"] = tmp_path_factory.mktemp("db") / "test.sqlite3"


@pytest.fixture(autouse=True)
def data_folder(tmp_path: Path, settings: Any) -> Path:
    """A data folder for this test alone, with the folders that a start makes."""
    folder = tmp_path / "var"
    for name in ("uploads", "traces", "runs", "prices", "log"):
        (folder / name).mkdir(parents=True)
    settings.HEADROOM_DATA = folder
    settings.FILE_UPLOAD_TEMP_DIR = folder / "uploads"
    return folder


@pytest.fixture
def owner(db: None) -> User:
    """Who has it."""
    return User.objects.create_user("owner")


@pytest.fixture
def teammate(db: None) -> User:
    """Who is signed in as well, and does not."""
    return User.objects.create_user("teammate")


@pytest.fixture
def stranger() -> Client:
    """A browser that nobody has signed in with."""
    return Client()


@pytest.fixture
def owner_client(owner: User) -> Client:
    """The owner's browser."""
    return _signed_in(owner)


@pytest.fixture
def teammate_client(teammate: User) -> Client:
    """The team-mate's browser."""
    return _signed_in(teammate)


@pytest.fixture(scope="session")
def engines() -> tuple[Engine, ...]:
    """Every engine of this machine, the embedded one first."""
    return find_engines()


@pytest.fixture(scope="session")
def embedded_engine(engines: tuple[Engine, ...]) -> Engine:
    """The engine that comes with the requirements."""
    return engines[0]


@pytest.fixture(scope="session")
def debian_engine(engines: tuple[Engine, ...]) -> Engine:
    """A redis-server of the system; tests that compare two engines are skipped without one."""
    found = [engine for engine in engines if engine.name == "redis"]
    if not found:
        pytest.skip("needs a redis-server on PATH")
    return found[0]


def _signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client
