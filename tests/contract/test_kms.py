"""KMS as parameters need it; moto has most of it."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any, TypeVar
from uuid import uuid4

from tests.contract.backends import COVERED, ENGINE, MOTO, Api, contract, refused
from tui.engine.dispatch import later_handlers
from tui.engine.model import KMS

F = TypeVar("F", bound=Callable[..., Any])

CONTEXT = {"a": "1", "b": "2"}
INVALID = "InvalidCiphertextException"


def kms(*operations: str, moto: bool = True) -> Callable[[F], F]:
    return contract(*operations, service=KMS, moto=moto)


def blob(api: Api, data: bytes) -> Any:
    """Give bytes as a backend takes them: boto3 writes base64 itself."""
    return base64.b64encode(data).decode() if api.name == ENGINE else data


def data(api: Api, found: Any) -> bytes:
    return base64.b64decode(found) if api.name == ENGINE else found


async def new_key(api: Api, **more: Any) -> str:
    return str((await api.call("CreateKey", **more))["KeyMetadata"]["KeyId"])


def arn(api: Api, name: str) -> str:
    return f"arn:aws:kms:{api.region}:{api.account}:{name}"


@kms("Encrypt", "Decrypt", "CreateKey")
async def test_what_is_encrypted_is_decrypted_with_its_context_alone(api: Api) -> None:
    key = await new_key(api)
    sent = {"KeyId": key, "Plaintext": blob(api, b"hello"), "EncryptionContext": CONTEXT}
    one, two = await api.call("Encrypt", **sent), await api.call("Encrypt", **sent)
    assert one["KeyId"] == arn(api, f"key/{key}")
    assert api.name == MOTO or one["EncryptionAlgorithm"] == "SYMMETRIC_DEFAULT"
    assert data(api, one["CiphertextBlob"]) != data(api, two["CiphertextBlob"])
    for each in (one, two):
        opened = await api.call("Decrypt", CiphertextBlob=each["CiphertextBlob"], EncryptionContext=CONTEXT)
        assert (data(api, opened["Plaintext"]), opened["KeyId"]) == (b"hello", arn(api, f"key/{key}"))
    for other in ({}, {"a": "1"}, {"a": "1", "b": "3"}):
        assert await refused(api, "Decrypt", CiphertextBlob=one["CiphertextBlob"], EncryptionContext=other) == INVALID
    changed = bytearray(data(api, one["CiphertextBlob"]))
    changed[-1] ^= 1
    assert await refused(api, "Decrypt", CiphertextBlob=blob(api, bytes(changed)), EncryptionContext=CONTEXT) == INVALID


@kms("Decrypt")
async def test_what_is_no_ciphertext_is_refused(api: Api) -> None:
    for size in (1, 20, 200):
        code = await refused(api, "Decrypt", CiphertextBlob=blob(api, b"x" * size))
        # moto looks for the key that the noise names.
        assert code in ((INVALID, "AccessDeniedException") if api.name == MOTO else (INVALID,))


@kms("Encrypt")
async def test_encrypt_takes_one_to_4096_bytes(api: Api) -> None:
    key = await new_key(api)
    big = b"x" * 4096
    sealed = await api.call("Encrypt", KeyId=key, Plaintext=blob(api, big))
    opened = await api.call("Decrypt", CiphertextBlob=sealed["CiphertextBlob"], KeyId=key)
    assert data(api, opened["Plaintext"]) == big
    for wrong in (b"", big + b"x"):
        assert await refused(api, "Encrypt", KeyId=key, Plaintext=blob(api, wrong)) == "ValidationException"


@kms("GenerateDataKey", "GenerateDataKeyWithoutPlaintext")
async def test_data_keys_are_given_with_what_opens_to_them(api: Api) -> None:
    key = await new_key(api)
    for asked, size in (({"KeySpec": "AES_256"}, 32), ({"KeySpec": "AES_128"}, 16), ({"NumberOfBytes": 64}, 64)):
        made = await api.call("GenerateDataKey", KeyId=key, EncryptionContext=CONTEXT, **asked)
        assert len(data(api, made["Plaintext"])) == size and made["KeyId"] == arn(api, f"key/{key}")
        opened = await api.call("Decrypt", CiphertextBlob=made["CiphertextBlob"], EncryptionContext=CONTEXT)
        assert data(api, opened["Plaintext"]) == data(api, made["Plaintext"])
        bare = await api.call("GenerateDataKeyWithoutPlaintext", KeyId=key, **asked)
        assert "Plaintext" not in bare
        opened = await api.call("Decrypt", CiphertextBlob=bare["CiphertextBlob"])
        assert len(data(api, opened["Plaintext"])) == size
    both = {"KeySpec": "AES_256", "NumberOfBytes": 32}
    for wrong in ({}, both, {"NumberOfBytes": 0}, {"NumberOfBytes": 1025}, {"KeySpec": "AES_1"}):
        assert await refused(api, "GenerateDataKey", KeyId=key, **wrong) == "ValidationException"


@kms("DescribeKey", "CreateKey")
async def test_a_key_is_described_by_each_of_its_names(api: Api) -> None:
    key, alias = await new_key(api, Description="mine"), f"alias/{uuid4()}"
    await api.call("CreateAlias", AliasName=alias, TargetKeyId=key)
    for name in (key, arn(api, f"key/{key}"), alias, arn(api, alias)):
        found = (await api.call("DescribeKey", KeyId=name))["KeyMetadata"]
        assert (found["KeyId"], found["Arn"], found["Description"]) == (key, arn(api, f"key/{key}"), "mine")
        assert (found["Enabled"], found["KeyState"], found["KeyManager"]) == (True, "Enabled", "CUSTOMER")
        if api.name != MOTO:  # which says none of it where the request did not
            assert (found["KeySpec"], found["KeyUsage"]) == ("SYMMETRIC_DEFAULT", "ENCRYPT_DECRYPT")
            assert found["MultiRegion"] is False
        assert found["Origin"] == "AWS_KMS"
        assert found["AWSAccountId"] == api.account


@kms("DescribeKey", "Encrypt", "GetKeyRotationStatus")
async def test_a_key_that_is_not_there_is_not_found(api: Api) -> None:
    missing = str(uuid4())
    for name in (missing, arn(api, f"key/{missing}"), "alias/none", arn(api, "alias/none"), "none"):
        assert await refused(api, "DescribeKey", KeyId=name) == "NotFoundException"
        assert await refused(api, "Encrypt", KeyId=name, Plaintext=blob(api, b"a")) == "NotFoundException"
        assert await refused(api, "GetKeyRotationStatus", KeyId=name) == "NotFoundException"
        assert await refused(api, "CreateAlias", AliasName="alias/x", TargetKeyId=name) in (
            "NotFoundException",
            "ValidationException",
        )


@kms("ListKeys", moto=False)
async def test_keys_are_listed_in_pages(api: Api) -> None:
    made = {await new_key(api) for _ in range(3)}
    found, marker = [], {}
    while True:
        page = await api.call("ListKeys", Limit=2, **marker)
        assert len(page["Keys"]) <= 2
        found += page["Keys"]
        if not page["Truncated"]:
            break
        marker = {"Marker": page["NextMarker"]}
    assert made <= {each["KeyId"] for each in found}
    assert all(each["KeyArn"] == arn(api, f"key/{each['KeyId']}") for each in found)
    assert len(found) == len({each["KeyId"] for each in found})
    assert await refused(api, "ListKeys", Marker="none of ours") == "InvalidMarkerException"
    shared = await api.call("ListKeys", ResourceOwners=["OTHER_ACCOUNTS_VIA_RAM"])
    assert (shared["Keys"], shared["Truncated"]) == ([], False)


@kms("CreateAlias", "UpdateAlias", "DeleteAlias", "ListAliases")
async def test_aliases_are_made_moved_listed_and_deleted(api: Api) -> None:
    one, two = await new_key(api), await new_key(api)
    alias = f"alias/a/{uuid4()}"

    async def target(**of: Any) -> list[str]:
        found = (await api.call("ListAliases", **of))["Aliases"]
        return [each["TargetKeyId"] for each in found if each["AliasName"] == alias]

    await api.call("CreateAlias", AliasName=alias, TargetKeyId=arn(api, f"key/{one}"))
    assert await target() == await target(KeyId=one) == [one]
    assert await refused(api, "CreateAlias", AliasName=alias, TargetKeyId=two) == "AlreadyExistsException"
    await api.call("UpdateAlias", AliasName=alias, TargetKeyId=two)
    assert (await target(), await target(KeyId=one)) == ([two], [])
    await api.call("DeleteAlias", AliasName=alias)
    assert await target() == []
    for operation, more in (("DeleteAlias", {}), ("UpdateAlias", {"TargetKeyId": one})):
        assert await refused(api, operation, AliasName=alias, **more) == "NotFoundException"


@kms("CreateAlias")
async def test_a_name_that_can_t_be_an_alias_is_refused(api: Api) -> None:
    key = await new_key(api)
    for name, code in (
        ("mine", "ValidationException"),
        ("alias/a:b", "ValidationException"),
        ("alias/a b", "ValidationException"),
        ("alias/aws/ssm", "NotAuthorizedException"),
    ):
        assert await refused(api, "CreateAlias", AliasName=name, TargetKeyId=key) == code
    alias = f"alias/{uuid4()}"
    await api.call("CreateAlias", AliasName=alias, TargetKeyId=key)
    assert await refused(api, "CreateAlias", AliasName="alias/x", TargetKeyId=alias) == "ValidationException"


@kms("ListAliases", moto=False)
async def test_aliases_are_listed_in_pages(api: Api) -> None:
    key = await new_key(api)
    names = sorted(f"alias/{uuid4()}" for _ in range(3))
    for name in names:
        await api.call("CreateAlias", AliasName=name, TargetKeyId=key)
    first = await api.call("ListAliases", KeyId=key, Limit=2)
    assert first["Truncated"]
    rest = await api.call("ListAliases", KeyId=key, Marker=first["NextMarker"])
    found = first["Aliases"] + rest["Aliases"]
    assert [each["AliasName"] for each in found] == names and not rest["Truncated"]
    assert found[0]["AliasArn"] == arn(api, names[0]) and found[0]["CreationDate"] > 0


@kms("EnableKey", "DisableKey", "Encrypt")
async def test_a_key_that_is_disabled_is_of_no_use_until_it_is_enabled(api: Api) -> None:
    key = await new_key(api)
    sealed = await api.call("Encrypt", KeyId=key, Plaintext=blob(api, b"a"))
    await api.call("DisableKey", KeyId=key)
    found = (await api.call("DescribeKey", KeyId=key))["KeyMetadata"]
    assert (found["Enabled"], found["KeyState"]) == (False, "Disabled")
    if api.name != MOTO:  # which looks at a key's state in few operations
        assert await refused(api, "Encrypt", KeyId=key, Plaintext=blob(api, b"a")) == "DisabledException"
        assert await refused(api, "GenerateDataKey", KeyId=key, KeySpec="AES_256") == "DisabledException"
        assert await refused(api, "Decrypt", CiphertextBlob=sealed["CiphertextBlob"]) == "DisabledException"
        assert await refused(api, "EnableKeyRotation", KeyId=key) == "DisabledException"
    await api.call("EnableKey", KeyId=key)
    opened = await api.call("Decrypt", CiphertextBlob=sealed["CiphertextBlob"])
    assert data(api, opened["Plaintext"]) == b"a"


@kms("EnableKeyRotation", "DisableKeyRotation", "GetKeyRotationStatus")
async def test_rotation_is_switched_on_and_off(api: Api) -> None:
    key = await new_key(api)
    assert (await api.call("GetKeyRotationStatus", KeyId=key))["KeyRotationEnabled"] is False
    await api.call("EnableKeyRotation", KeyId=key)
    assert (await api.call("GetKeyRotationStatus", KeyId=arn(api, f"key/{key}")))["KeyRotationEnabled"] is True
    await api.call("DisableKeyRotation", KeyId=key)
    assert (await api.call("GetKeyRotationStatus", KeyId=key))["KeyRotationEnabled"] is False


@kms("EnableKeyRotation", "GetKeyRotationStatus", moto=False)
async def test_rotation_says_how_often_and_when_next(api: Api) -> None:
    key = await new_key(api)
    made = (await api.call("DescribeKey", KeyId=key))["KeyMetadata"]["CreationDate"]
    for asked, days in (({}, 365), ({"RotationPeriodInDays": 90}, 90)):
        await api.call("EnableKeyRotation", KeyId=key, **asked)
        found = await api.call("GetKeyRotationStatus", KeyId=key)
        assert (found["KeyId"], found["RotationPeriodInDays"]) == (key, days)
        assert 0 <= found["NextRotationDate"] - made - days * 86400 < 60
    for wrong in (89, 2561):
        assert await refused(api, "EnableKeyRotation", KeyId=key, RotationPeriodInDays=wrong) == "ValidationException"


@kms("ListKeyRotations", moto=False)
async def test_a_key_that_was_never_rotated_has_its_first_material(api: Api) -> None:
    key = await new_key(api)
    assert (await api.call("ListKeyRotations", KeyId=key))["Rotations"] == []
    (first,) = (await api.call("ListKeyRotations", KeyId=key, IncludeKeyMaterial="ALL_KEY_MATERIAL"))["Rotations"]
    assert first["KeyMaterialState"] == "CURRENT"
    described = (await api.call("DescribeKey", KeyId=key))["KeyMetadata"]
    assert described["CurrentKeyMaterialId"] == first["KeyMaterialId"]


@kms("Encrypt", "Decrypt", "GenerateDataKey", "GenerateDataKeyWithoutPlaintext", "CreateKey", moto=False)
async def test_what_the_keys_can_t_do_is_refused(api: Api) -> None:
    key, other = await new_key(api), await new_key(api)
    plain = {"KeyId": key, "Plaintext": blob(api, b"a")}
    sealed = (await api.call("Encrypt", **plain))["CiphertextBlob"]
    rsa = {"EncryptionAlgorithm": "RSAES_OAEP_SHA_256"}
    for operation, wrong, code in (
        ("Encrypt", plain | rsa, "InvalidKeyUsageException"),
        ("Encrypt", plain | {"GrantTokens": ["a"]}, "InvalidGrantTokenException"),
        ("Encrypt", plain | {"DryRun": True}, "DryRunOperationException"),
        ("Decrypt", {"CiphertextBlob": sealed} | rsa, "InvalidKeyUsageException"),
        ("Decrypt", {"CiphertextBlob": sealed, "KeyId": other}, "IncorrectKeyException"),
        ("Decrypt", {"CiphertextBlob": sealed, "DryRun": True}, "DryRunOperationException"),
        ("Decrypt", {}, "ValidationException"),
        ("GenerateDataKey", {"KeyId": key, "KeySpec": "AES_256", "DryRun": True}, "DryRunOperationException"),
        (
            "GenerateDataKeyWithoutPlaintext",
            {"KeyId": key, "KeySpec": "AES_256", "DryRun": True},
            "DryRunOperationException",
        ),
        ("CreateKey", {"KeySpec": "RSA_2048", "KeyUsage": "ENCRYPT_DECRYPT"}, "UnsupportedOperationException"),
        ("CreateKey", {"KeyUsage": "SIGN_VERIFY"}, "UnsupportedOperationException"),
        ("CreateKey", {"Policy": "{}"}, "UnsupportedOperationException"),
        ("CreateKey", {"Description": "x" * 8193}, "ValidationException"),
    ):
        assert await refused(api, operation, **wrong) == code, (operation, wrong)


@kms("Decrypt", moto=False)
async def test_what_parameter_store_encrypted_is_decrypted_with_the_parameter_s_arn(api: Api) -> None:
    key, name = await new_key(api), f"/app/{uuid4()}"
    sent = {"Name": name, "Value": "hello", "Type": "SecureString", "KeyId": key}
    await api.call("PutParameter", service="ssm", **sent)
    sealed = (await api.call("GetParameter", service="ssm", Name=name))["Parameter"]
    request = {"CiphertextBlob": blob(api, base64.b64decode(sealed["Value"]))}
    opened = await api.call("Decrypt", **request, EncryptionContext={"PARAMETER_ARN": sealed["ARN"]})
    assert (data(api, opened["Plaintext"]), opened["KeyId"]) == (b"hello", arn(api, f"key/{key}"))
    assert await refused(api, "Decrypt", **request) == INVALID
    await api.call("DisableKey", KeyId=key)
    code = await refused(api, "GetParameter", service="ssm", Name=name, WithDecryption=True)
    assert code == await refused(api, "PutParameter", service="ssm", **sent, Overwrite=True) == "InvalidKeyId"


@kms("DisableKey", "EnableKeyRotation", "Encrypt", "DescribeKey", "ListAliases", moto=False)
async def test_the_account_s_own_key_is_there_when_it_is_named_and_is_not_the_caller_s_to_change(api: Api) -> None:
    found = (await api.call("DescribeKey", KeyId="alias/aws/ssm"))["KeyMetadata"]
    assert (found["KeyManager"], found["Enabled"]) == ("AWS", True)
    key = found["KeyId"]
    assert (await api.call("DescribeKey", KeyId=arn(api, "alias/aws/ssm")))["KeyMetadata"]["KeyId"] == key
    names = [each["AliasName"] for each in (await api.call("ListAliases", KeyId=key))["Aliases"]]
    assert names == ["alias/aws/ssm"]
    assert (await api.call("GetKeyRotationStatus", KeyId=key))["RotationPeriodInDays"] == 365
    assert await refused(api, "DisableKey", KeyId=key) == "AccessDeniedException"
    assert await refused(api, "EnableKey", KeyId=key) == "AccessDeniedException"
    assert await refused(api, "EnableKeyRotation", KeyId=key) == "UnsupportedOperationException"
    assert await refused(api, "DisableKeyRotation", KeyId=key) == "UnsupportedOperationException"
    assert await refused(api, "CreateAlias", AliasName="alias/aws/ssm", TargetKeyId=key) == "NotAuthorizedException"


@kms(moto=False)
async def test_what_has_no_handler_says_so_by_its_name(api: Api) -> None:
    assert await refused(api, "Sign", KeyId=str(uuid4())) == "NotImplementedException"


def test_every_handler_has_a_contract_test() -> None:
    assert sorted(later_handlers("tui.engine.domains", KMS).keys() - COVERED.keys()) == []
