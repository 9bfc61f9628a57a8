"""Where imported versions are kept, and that one is never half-written or changed."""

from __future__ import annotations

from pathlib import Path

import pytest

from mg_cdisc import terminology
from mg_cdisc.errors import SourceError
from mg_cdisc.standards import default_store
from mg_cdisc.standards.store import write_once, write_whole


@pytest.fixture(params=["standards", "terminology"])
def store_rule(request: pytest.FixtureRequest) -> object:
    """The rule stands in two modules of one level; both must give the same place."""
    return default_store if request.param == "standards" else terminology._default_store


@pytest.mark.parametrize(
    ("chosen", "data_home", "expected"),
    [
        ("/a/store", "/xdg", "/a/store"),
        ("", "/xdg", "/xdg/mg-cdisc"),
        ("", "", "/me/.local/share/mg-cdisc"),
        ("", "relative", "/me/.local/share/mg-cdisc"),
        (None, None, "/me/.local/share/mg-cdisc"),
    ],
)
def test_default_store(
    monkeypatch: pytest.MonkeyPatch,
    store_rule: object,
    chosen: str | None,
    data_home: str | None,
    expected: str,
) -> None:
    monkeypatch.setenv("HOME", "/me")
    for name, value in (("MG_CDISC_STORE", chosen), ("XDG_DATA_HOME", data_home)):
        if value is None:
            monkeypatch.delenv(name, raising=False)
        else:
            monkeypatch.setenv(name, value)
    assert callable(store_rule)
    assert store_rule() == Path(expected)


def test_a_version_is_written_once(tmp_path: Path) -> None:
    write_once(tmp_path, "ig/x-1.tsv", "one\n", "X 1")
    write_once(tmp_path, "ig/x-1.tsv", "one\n", "X 1")
    with pytest.raises(SourceError, match=r"changed-version.*X 1 is known already"):
        write_once(tmp_path, "ig/x-1.tsv", "two\n", "X 1")
    assert (tmp_path / "ig" / "x-1.tsv").read_text() == "one\n"
    assert [f.name for f in (tmp_path / "ig").iterdir()] == ["x-1.tsv"]


def test_a_shipped_version_cannot_be_replaced(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="the version shipped with mg-cdisc"):
        write_once(tmp_path, "ig/sdtmig-3.4.tsv", "other\n", "SDTMIG 3.4")
    assert list(tmp_path.iterdir()) == []


def test_a_write_that_fails_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(UnicodeEncodeError):
        write_whole(tmp_path / "x.tsv", "half\n\ud800")
    assert list(tmp_path.iterdir()) == []
