"""Downloads, from a server on this machine: whole, cut short, continued, damaged, hostile."""

from __future__ import annotations

import hashlib
import http.server
import io
import tarfile
import threading
from dataclasses import dataclass, field

import pytest

from tinyrob.data import fetch
from tinyrob.errors import DataError
from tinyrob.files.folder import RECORD

FILES = {"one.bin": bytes(range(256)) * 2000, "two.txt": b"labels\n"}


@dataclass
class Site:
    """A server's content and temper; ``seen`` holds the Range header of each request."""

    content: bytes
    cut: int | None = None  # sends no more than this, though it has promised all
    ranges: bool = True
    seen: list[str | None] = field(default_factory=list)
    url: str = ""


@pytest.fixture
def site():
    site = Site(archive_of(FILES))

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            asked = self.headers.get("Range")
            site.seen.append(asked)
            start = int(asked[len("bytes=") : -1]) if asked and site.ranges else 0
            if asked and site.ranges and start >= len(site.content):
                self.send_error(416)
                return
            if self.path not in ("/data.tar.gz", "/more.bin"):
                self.send_error(404)
                return
            self.send_response(206 if asked and site.ranges else 200)
            self.send_header("Content-Length", str(len(site.content) - start))
            self.end_headers()
            self.wfile.write(site.content[start : site.cut])

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    site.url = f"http://127.0.0.1:{server.server_address[1]}/data.tar.gz"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield site
    server.shutdown()
    server.server_close()
    thread.join()


def archive_of(files, folder="set", edit=None):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for name, content in files.items():
            member = tarfile.TarInfo(f"{folder}/{name}")
            member.size = len(content)
            if edit:
                edit(member)
            tar.addfile(member, io.BytesIO(content) if member.isreg() else None)
    return buffer.getvalue()


def wanted(site, **changes):
    values = {
        "url": site.url,
        "checksum": hashlib.md5(site.content).hexdigest(),
        "folder": "set",
        "files": tuple(FILES),
    }
    return fetch.Archive(**{**values, **changes})


def assert_whole(folder):
    written = (path for path in folder.iterdir() if path.name != RECORD)
    assert {path.name: path.read_bytes() for path in written} == FILES


def test_a_download_is_unpacked_and_leaves_nothing_else(site, tmp_path):
    seen = []
    folder = fetch.fetch_archive(wanted(site), tmp_path / "new", lambda *a: seen.append(a))
    assert_whole(folder)
    assert list((tmp_path / "new").iterdir()) == [folder]
    assert seen[-1] == (len(site.content), len(site.content))


def test_a_download_cut_short_is_continued(site, tmp_path):
    site.cut = 1000
    with pytest.raises(DataError, match="cut short: 1,000 of") as caught:
        fetch.fetch_archive(wanted(site), tmp_path)
    assert "continues" in caught.value.hint
    assert not (tmp_path / "set").exists()
    site.cut = None
    assert_whole(fetch.fetch_archive(wanted(site), tmp_path))
    assert site.seen == [None, "bytes=1000-"]


def test_a_server_that_cannot_continue_sends_all_again(site, tmp_path):
    (tmp_path / ".data.tar.gz.part").write_bytes(b"x" * 500)
    site.ranges = False
    assert_whole(fetch.fetch_archive(wanted(site), tmp_path))


def test_a_whole_download_left_behind_is_used(site, tmp_path):
    (tmp_path / ".data.tar.gz.part").write_bytes(site.content)
    assert_whole(fetch.fetch_archive(wanted(site), tmp_path))


def test_a_wrong_sum_is_refused_and_nothing_stays(site, tmp_path):
    with pytest.raises(DataError, match="MD5 sum"):
        fetch.fetch_archive(wanted(site, checksum="0" * 32), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_missing_page_is_named(site, tmp_path):
    with pytest.raises(DataError, match="404"):
        fetch.fetch_archive(wanted(site, url=site.url + ".no"), tmp_path)


def test_no_connection_is_named(tmp_path, site):
    with pytest.raises(DataError, match="cannot download"):
        fetch.fetch_archive(wanted(site, url="http://127.0.0.1:9/data.tar.gz"), tmp_path)


def test_an_archive_without_an_expected_file_is_refused(site, tmp_path):
    with pytest.raises(DataError, match=r"three\.bin"):
        fetch.fetch_archive(wanted(site, files=("one.bin", "three.bin")), tmp_path)
    assert not (tmp_path / "set").exists()


def test_no_archive_at_all_is_refused(site, tmp_path):
    site.content = b"<html>log in first</html>"
    with pytest.raises(DataError, match="not the archive expected"):
        fetch.fetch_archive(wanted(site), tmp_path)


def test_a_link_in_place_of_a_file_is_refused(site, tmp_path):
    def link(member):
        member.type, member.size, member.linkname = tarfile.SYMTYPE, 0, "/etc/passwd"

    site.content = archive_of(FILES, edit=link)
    with pytest.raises(DataError, match="no regular file"):
        fetch.fetch_archive(wanted(site), tmp_path)
    assert not (tmp_path / "set").exists()


def test_members_that_nobody_asked_for_are_not_written(site, tmp_path):
    site.content = archive_of({**FILES, "../../escaped.txt": b"!"})
    assert_whole(fetch.fetch_archive(wanted(site), tmp_path / "root"))
    assert not list(tmp_path.rglob("escaped.txt"))


def test_an_archive_taken_whole_keeps_its_files_and_no_path_that_leads_out(site, tmp_path):
    site.content = archive_of(
        {
            "yes/a.wav": b"a",
            "list.txt": b"b",
            "../out.txt": b"!",
            ".hidden": b"!",
            "too/deep/c.wav": b"!",
        },
        folder=".",
    )
    folder = fetch.fetch_archive(wanted(site, files=()), tmp_path / "root")
    found = {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*.*")}
    del found[RECORD]
    assert found == {"yes/a.wav": b"a", "list.txt": b"b"}
    assert not list(tmp_path.rglob("out.txt"))


def test_files_are_downloaded_as_they_are_or_not_at_all(site, tmp_path):
    more = site.url.replace("data.tar.gz", "more.bin")
    total = hashlib.sha256(site.content).hexdigest()
    with pytest.raises(DataError, match=r"more\.bin has the SHA-256 sum"):
        fetch.fetch_files(fetch.Files("set", {site.url: total, more: "0" * 64}), tmp_path)
    assert not (tmp_path / "set").exists()
    folder = fetch.fetch_files(fetch.Files("set", {site.url: total, more: total}), tmp_path)
    assert {p.name for p in folder.iterdir()} == {RECORD, "data.tar.gz", "more.bin"}
    assert (folder / "more.bin").read_bytes() == site.content
    assert list(tmp_path.iterdir()) == [folder]


def test_a_place_that_cannot_be_written_is_named(site, tmp_path):
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(DataError, match="cannot write to"):
        fetch.fetch_archive(wanted(site), tmp_path / "file")


def test_an_embedded_dataset_has_nothing_to_fetch(tmp_path):
    with pytest.raises(DataError, match="digits is embedded"):
        fetch.fetch("digits", tmp_path)


def test_an_unknown_dataset_is_refused(tmp_path):
    with pytest.raises(DataError, match="unknown dataset 'imagenet'"):
        fetch.fetch("imagenet", tmp_path)


def test_a_sound_dataset_is_left_alone(data_dir):
    for name in ("cifar10", "svhn", "speech_commands"):
        assert fetch.fetch(name, data_dir).parent == data_dir
