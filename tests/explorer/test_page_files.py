import gzip

from fastapi import Request

from ontogeny.explorer.page_files import page_file


def asked(encoding):
    return Request({"type": "http", "headers": [(b"accept-encoding", encoding)]})


def test_a_file_is_compressed_for_those_who_take_that(tmp_path):
    file = tmp_path / "app.js"
    file.write_text("let a = 1\n" * 500)
    sent = page_file(file, asked(b"br, gzip"))
    assert gzip.decompress(sent.body) == file.read_bytes()
    assert (sent.headers["content-encoding"], sent.headers["vary"]) == ("gzip", "Accept-Encoding")
    plain = page_file(file, asked(b"identity"))
    assert plain.body == file.read_bytes()
    assert "content-encoding" not in plain.headers
    assert plain.media_type == sent.media_type == "text/javascript"


def test_a_small_file_is_sent_as_it_is_and_a_changed_one_read_again(tmp_path):
    file = tmp_path / "index.html"
    file.write_text("one")
    assert page_file(file, asked(b"gzip")).body == b"one"
    file.write_text("another")
    assert page_file(file, asked(b"gzip")).body == b"another"
