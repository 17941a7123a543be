"""The stock `aws kms` command line against `ssm-tui serve`."""

import base64
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.contract.serving import serving

AWS = shutil.which("aws", path=str(Path(sys.executable).parent)) or shutil.which("aws")
pytestmark = [pytest.mark.slow, pytest.mark.skipif(AWS is None, reason="the aws command line is not installed")]


def test_a_key_from_its_making_to_what_it_encrypted(tmp_path):
    with serving(tmp_path / "state") as served:

        def aws(*words):
            environment = served.environment(tmp_path)
            done = subprocess.run([AWS, "kms", *words], env=environment, capture_output=True, text=True, timeout=60)
            assert done.returncode == 0 or "An error occurred" in done.stderr, done.stderr
            return json.loads(done.stdout) if done.stdout.strip() else done.stderr

        key = aws("create-key", "--description", "mine")["KeyMetadata"]["KeyId"]
        aws("create-alias", "--alias-name", "alias/mine", "--target-key-id", key)
        aws("enable-key-rotation", "--key-id", key, "--rotation-period-in-days", "90")
        assert aws("get-key-rotation-status", "--key-id", key)["RotationPeriodInDays"] == 90
        (tmp_path / "plain").write_bytes(b"hello")
        sent = ["--key-id", "alias/mine", "--plaintext", f"fileb://{tmp_path}/plain"]
        blob = aws("encrypt", *sent, "--encryption-context", "a=b")["CiphertextBlob"]
        (tmp_path / "blob").write_bytes(base64.b64decode(blob))
        opened = ["decrypt", "--ciphertext-blob", f"fileb://{tmp_path}/blob"]
        answer = aws(*opened, "--encryption-context", "a=b")
        assert base64.b64decode(answer["Plaintext"]) == b"hello"
        assert answer["KeyId"] == f"arn:aws:kms:{served.region}:{served.account}:key/{key}"
        assert "(InvalidCiphertextException) when calling the Decrypt operation" in aws(*opened)
        assert "(NotFoundException) when calling the DescribeKey" in aws("describe-key", "--key-id", "alias/none")
        assert {each["KeyId"] for each in aws("list-keys")["Keys"]} == {key}
        found = [each["AliasName"] for each in aws("list-aliases")["Aliases"]]
        assert found == ["alias/mine"]
