"""No operation of these capabilities is without a contract test, and what has no handler says so by its name."""

from __future__ import annotations

import re

import pytest

from tests.contract import (
    test_activations,
    test_group_members,
    test_node_lists,
    test_parameter_lists,
    test_parameter_reads,
    test_parameters,
    test_resource_groups,
    test_service_settings,
    test_tagging,
    test_tags,
)
from tests.contract.backends import COVERED, Api, Refused, contract
from tui.engine.dispatch import find_marks, later_handlers
from tui.engine.model import LATER, RESOURCE_GROUPS, SSM, TAGGING, load_later, load_models

MODULES = (
    test_activations,
    test_group_members,
    test_node_lists,
    test_parameter_lists,
    test_parameter_reads,
    test_parameters,
    test_resource_groups,
    test_service_settings,
    test_tagging,
    test_tags,
)
"""Where the contract tests are: importing them is what counts them."""

CAPABILITIES = re.compile(
    r".*Activations?$|.*ManagedInstance.*|DescribeInstance(Information|Properties)|GetConnectionStatus|ListNodes.*"
    r"|.*HostManagement.*|.*ServiceSetting|.*ResourcePolic(y|ies)|(Add|Remove|List)Tags.*Resource|.*Parameter.*"
)
"""SSM's operations of node management, parameters, tags, service settings and resource policies."""

UNHANDLED = {
    (TAGGING, "DescribeReportCreation"),
    (TAGGING, "GetComplianceSummary"),
    (TAGGING, "ListRequiredTags"),
    (TAGGING, "StartReportCreation"),
}
"""What needs an organization with tag policies."""


def operations() -> set[tuple[str, str]]:
    """Give the operations of the models that this folder answers for."""
    found = {(SSM, name) for name in load_models()[SSM].operations if CAPABILITIES.fullmatch(name)}
    return found | {
        (service, name) for service in (RESOURCE_GROUPS, TAGGING) for name in load_later(service).operations
    }


def test_every_operation_has_a_contract_test_and_a_handler() -> None:
    assert sorted(operations() - COVERED.keys() - UNHANDLED) == []
    handled = set(find_marks("tui.engine.domains").handlers)
    for service in LATER:
        handled |= set(later_handlers("tui.engine.domains", service))
    assert sorted(operations() - handled) == sorted(UNHANDLED)


@contract()
async def test_what_has_no_handler_says_so_by_its_name(api: Api) -> None:
    for service, operation in UNHANDLED:
        with pytest.raises(Refused, match=operation) as caught:
            await api.call(operation, service=service)
        assert caught.value.code == "NotImplementedException"
