from __future__ import annotations

from pathlib import Path

import pytest

from storyboard.errors import Usage
from storyboard.secret import Secret
from storyboard.settings import PERSONAL, Settings, read_settings


def read(tmp_path: Path, project: str = "", own: str = "", **environment: str) -> Settings:
    for folder, name, text in (("p", "storyboard.toml", project), ("c", "config.toml", own)):
        (tmp_path / folder).mkdir(exist_ok=True)
        if text:
            (tmp_path / folder / name).write_text(text)
    return read_settings(environment, tmp_path / "c", tmp_path / "data", tmp_path / "p")


def test_without_settings_everything_has_its_default(tmp_path: Path) -> None:
    settings = read(tmp_path)
    assert settings.home == tmp_path / "data"
    assert settings.gateway_url == ""
    assert (settings.stills_host, settings.stills_url) == ("", "")
    assert settings.credential is None
    assert (settings.poll_seconds, settings.deadline_seconds, settings.concurrency) == (5, 1800, 8)


def test_the_environment_wins_over_the_users_file(tmp_path: Path) -> None:
    own = '[gateway]\nurl = "https://one.example/v4/ai"\nconcurrency = 7\n'
    assert read(tmp_path, own=own).concurrency == 7
    settings = read(tmp_path, own=own, STORYBOARD_GATEWAY_URL="https://two.example/v4/ai/")
    assert settings.gateway_url == "https://two.example/v4/ai"


@pytest.mark.parametrize("name", PERSONAL)
def test_a_project_cannot_choose_what_is_the_users(name: str, tmp_path: Path) -> None:
    section, field = name.split(".")
    with pytest.raises(Usage, match="a project does not choose it"):
        read(tmp_path, project=f'[{section}]\n{field} = "https://evil.example"\n')


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[store]\nremote = 's3::http://evil.example'\n", "may not chain addresses"),
        ("[stroe]\nremote = 'x'\n", "unknown setting `stroe.remote`"),
        ("remote = 'x'\n", "unknown setting `remote`"),
        ("[store\n", "cannot be read"),
    ],
)
def test_a_projects_settings_are_closed(text: str, says: str, tmp_path: Path) -> None:
    with pytest.raises(Usage, match=says):
        read(tmp_path, project=text)


def test_a_project_may_name_its_remote(tmp_path: Path) -> None:
    assert read(tmp_path, project="[store]\nremote = 's3://bucket/takes'\n")


def test_who_may_say_where_takes_are_shared(tmp_path: Path) -> None:
    project, own = "[store]\nremote = 's3://theirs/x'\n", "[store]\nremote = 'sftp://nas/takes'\n"
    assert (read(tmp_path).remote, read(tmp_path).remote_read_only) == ("", False)
    settings = read(tmp_path, project=project)
    assert (settings.remote, settings.remote_shared) == ("s3://theirs/x", True)
    settings = read(tmp_path, project=project, own=own)
    assert (settings.remote, settings.remote_shared) == ("sftp://nas/takes", False)
    settings = read(tmp_path, project=project, own=own, STORYBOARD_REMOTE="/srv/takes")
    assert (settings.remote, settings.remote_shared) == ("/srv/takes", False)
    assert read(tmp_path, project=project, STORYBOARD_REMOTE="none").remote == ""
    assert "nas" not in repr(read(tmp_path, own=own))


@pytest.mark.parametrize(
    ("project", "own", "variable", "is_so"),
    [
        ("true", "false", "", True), ("false", "true", "", True), ("false", "false", "", False),
        ("true", "true", "0", False), ("false", "false", "1", True),
    ],
)  # fmt: skip
def test_a_remote_is_read_only_as_soon_as_somebody_says_so(
    project: str, own: str, variable: str, is_so: bool, tmp_path: Path
) -> None:
    said = (f"[store]\nremote_read_only = {one}\n" for one in (project, own))
    assert read(tmp_path, *said, STORYBOARD_REMOTE_READ_ONLY=variable).remote_read_only is is_so


@pytest.mark.parametrize("value", ["'/etc'", "'../takes'", "'https://evil.example'", "['takes']", "true", "''"])
def test_a_project_may_not_name_every_remote(value: str, tmp_path: Path) -> None:
    with pytest.raises(Usage, match=r"storyboard\.toml"):
        read(tmp_path, project=f"[store]\nremote = {value}\n")


@pytest.mark.parametrize(
    "url",
    [
        "http://gateway.example/v4/ai", "ftp://gateway.example", "https://user:pass@gateway.example", "https://",
        "https://gateway.example/?key=x", "gateway.example", "https://[::1", "http://127.0.0.1.evil.example",
    ],
)  # fmt: skip
def test_a_gateway_address_is_plain_https(url: str, tmp_path: Path) -> None:
    with pytest.raises(Usage, match="gateway's address"):
        read(tmp_path, STORYBOARD_GATEWAY_URL=url)


@pytest.mark.parametrize("url", ["http://127.0.0.1:8484/v4/ai", "http://localhost/v4/ai", "http://[::1]:9/v4/ai"])
def test_plain_http_reaches_this_machine_only(url: str, tmp_path: Path) -> None:
    assert read(tmp_path, STORYBOARD_GATEWAY_URL=url).gateway_url == url


@pytest.mark.parametrize("value", ["0", "-1", "soon", "nan", "inf", "1e9"])
def test_numbers_are_numbers(value: str, tmp_path: Path) -> None:
    with pytest.raises(Usage, match="must be a number above 0"):
        read(tmp_path, STORYBOARD_POLL_SECONDS=value)


def test_a_key_wins_over_a_token_and_never_shows(tmp_path: Path) -> None:
    settings = read(tmp_path, AI_GATEWAY_API_KEY="vck_canary", VERCEL_OIDC_TOKEN="oidc_canary")
    assert settings.credential is not None
    assert settings.credential.reveal() == "vck_canary"
    assert not settings.oidc
    for shown in (repr(settings), str(settings), f"{settings.credential}", repr(settings.credential)):
        assert "canary" not in shown
    token = read(tmp_path, VERCEL_OIDC_TOKEN="oidc_canary")
    assert token.oidc
    assert token.credential == Secret("oidc_canary")


def test_an_empty_key_is_no_key(tmp_path: Path) -> None:
    assert read(tmp_path, AI_GATEWAY_API_KEY="").credential is None


def test_where_stills_are_hosted_is_the_users_to_say(tmp_path: Path) -> None:
    own = '[stills]\nhost = "s3://films/stills"\npublic_url = "https://cdn.example.com/secret-part"\n'
    settings = read(tmp_path, own=own)
    assert (settings.stills_host, settings.stills_url) == ("s3://films/stills", "https://cdn.example.com/secret-part")
    assert "secret-part" not in repr(settings)
    assert read(tmp_path, own=own, STORYBOARD_STILLS_URL="presign").stills_url == "presign"
