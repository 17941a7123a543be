"""What the console says of a login that no program renews."""

from __future__ import annotations

from tui.aws_profiles import Profile
from tui.contexts import ContextSpec
from tui.screens._login import _way


def test_keys_of_the_configuration_were_said_to_stand_in_the_credentials_file(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "keys"))
    said = _way(ContextSpec(name="lab/eu-west-1", profile="lab", region="eu-west-1"), Profile(name="lab", kind="keys"))
    assert f"stand in {tmp_path / 'config'} or {tmp_path / 'keys'}." in said
