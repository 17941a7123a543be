"""Profiles that give no credentials: each says why, and what logs in."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.fake_aws import Call, FakeAws, fake_aws
from tests.unit.test_aws_transport import refused
from tui.errors import CredentialsExpired, CredentialsMissing, RegionDisabled, TransportError
from tui.transport.aws import AwsTransport


@pytest.fixture
async def aws() -> AsyncIterator[FakeAws]:
    async with fake_aws() as fake:
        yield fake


PROFILES = """
[profile plain]
region = eu-west-1
[profile nowhere]
aws_access_key_id = AKIDEXAMPLE
aws_secret_access_key = s
[profile corp]
region = eu-west-1
sso_session = corp
sso_account_id = 123456789012
sso_role_name = oncall
[sso-session corp]
sso_region = eu-west-1
sso_start_url = https://nobody.awsapps.invalid/start
[profile chained]
region = eu-west-1
role_arn = arn:aws:iam::123456789012:role/oncall
source_profile = corp
[profile coded]
region = eu-west-1
role_arn = arn:aws:iam::123456789012:role/oncall
mfa_serial = arn:aws:iam::123456789012:mfa/oncall
source_profile = nowhere
[profile helper]
region = eu-west-1
credential_process = false
[profile sayer]
region = eu-west-1
credential_process = sh -c "echo first >&2; echo 'no card in the reader.' >&2; exit 3"
[profile nonsense]
region = eu-west-1
credential_process = echo hush
[profile list]
region = eu-west-1
credential_process = echo [1]
[profile absent]
region = eu-west-1
credential_process = /no/such/program --secret hush
[profile keyless]
region = eu-west-1
credential_process = echo '{"Version": 1}'
[profile unquoted]
region = eu-west-1
credential_process = echo "hush
[profile based]
region = eu-west-1
role_arn = arn:aws:iam::123456789012:role/oncall
source_profile = sayer
[profile half]
region = eu-west-1
aws_access_key_id = AKIDEXAMPLE
"""


@pytest.mark.parametrize(
    ("profile", "kind", "said", "login"),
    [
        ("typo", CredentialsMissing, "There is no profile typo", ""),
        ("nowhere", RegionDisabled, "names no region", ""),
        ("corp", CredentialsMissing, "is not logged in", "aws sso login --profile corp"),
        ("chained", CredentialsMissing, "is not logged in", "aws sso login --profile corp"),
        ("coded", CredentialsMissing, "MFA code", ""),
        ("helper", CredentialsExpired, "of profile helper gave no credentials: false ended with status 1.", ""),
        ("sayer", CredentialsExpired, "profile sayer gave no credentials: sh ended with status 3: no card in the", ""),
        ("nonsense", CredentialsExpired, "profile nonsense gave no credentials: echo printed no credentials in", ""),
        ("list", CredentialsExpired, "profile list gave no credentials: echo printed no credentials in JSON.", ""),
        ("absent", CredentialsExpired, "/no/such/program could not be started: No such file or directory.", ""),
        ("keyless", CredentialsExpired, "Missing required key in response: 'AccessKeyId'.", ""),
        ("unquoted", CredentialsExpired, "profile unquoted gave no credentials: its line can't be read.", ""),
        ("based", CredentialsExpired, "of profile sayer gave no credentials: sh ended with status 3", ""),
        ("half", CredentialsMissing, "not whole", ""),
    ],
)
async def test_a_profile_that_gives_no_credentials_says_why_and_what_logs_in(
    aws: FakeAws, tmp_path: Path, profile: str, kind: type[TransportError], said: str, login: str
) -> None:
    config = tmp_path / "config"
    config.write_text(PROFILES)
    transport = await AwsTransport.open(
        profile, endpoint_url=aws.url, config_file=config, credentials_file=tmp_path / "none"
    )
    error = await refused(transport)
    assert isinstance(error, kind)
    assert said in error.message
    assert getattr(error, "login", "") == login
    assert login in error.hint
    assert "hush" not in str(error)
    assert aws.operations() == []
    await transport.aclose()


async def test_a_section_that_is_there_twice_is_said_with_its_file_and_line(aws: FakeAws, tmp_path: Path) -> None:
    config = tmp_path / "config"
    config.write_text("[profile lab]\nregion = eu-west-1\n\n[profile lab]\nregion = eu-west-2\n")
    transport = await AwsTransport.open(
        "lab", endpoint_url=aws.url, config_file=config, credentials_file=tmp_path / "none"
    )
    error = await refused(transport)
    assert isinstance(error, CredentialsMissing)
    said = f"The AWS configuration can't be used: {config}:4: [profile lab] stands here a second time."
    assert (error.message, error.hint) == (said, "Mend the file.")
    await transport.aclose()


async def test_without_credentials_a_metadata_service_that_hangs_is_not_waited_for(
    aws: FakeAws, tmp_path: Path
) -> None:
    asked: list[str] = []

    async def hang(call: Call) -> Any:
        asked.append(call.operation)
        await asyncio.Event().wait()

    config = tmp_path / "config"
    config.write_text(f"[default]\nregion = eu-west-1\nec2_metadata_service_endpoint = {aws.url}\n")
    transport = await AwsTransport.open(
        endpoint_url=aws.url, config_file=config, credentials_file=tmp_path / "none", context="prod"
    )
    aws.first = hang
    error = await refused(transport)
    assert isinstance(error, CredentialsMissing)
    assert error.message == "There are no credentials for the default profile."
    assert "`aws configure`" in error.hint
    assert len(asked) <= 2
    await transport.aclose()
