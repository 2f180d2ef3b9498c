"""Exactly those may talk to each other that have to; the table says who."""

from __future__ import annotations

import functools
from collections.abc import Callable
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.egress.address import NEVER, NOT_PUBLIC, Verdict, verdict
from tests.deploy.flows import Flow, Outside, Pod, allowed, may_leave, our_pods
from tests.deploy.rendering import OVERLAYS, Object, objects, of_kind

#: Who has the bus, who the database; whatever stands in neither list has neither.
BUS = (
    *("api", "scheduler", "executor", "log-writer", "notifier", "account-runtime"),
    *("bus-keeper", "prepare-bus"),
)
DATABASE = ("api", "scheduler", "executor", "log-writer", "notifier", "prepare-database")
WORLD = ("executor", "notifier")
ROLES = tuple(dict.fromkeys((*BUS, *DATABASE)))
#: The executor of a component; production has it only where somebody says so.
BACKUP = "backup"

DNS = Pod("dns", "kube-system", {"k8s-app": "kube-dns"})
INGRESS = Pod("ingress", "ingress-nginx", {"app.kubernetes.io/name": "ingress-nginx"})
MONITORING = Pod("monitoring", "monitoring", {"app.kubernetes.io/name": "prometheus"})
STRANGERS = [
    Pod("stranger", "default", {"app.kubernetes.io/component": "executor"}),
    Pod("kube-api", "kube-system", {"component": "kube-apiserver"}),
]
OUTSIDE = [
    Outside.at("internet", "93.184.215.14"),
    Outside.at("internet 6", "2606:2800:21f::1"),
    Outside.at("metadata", "169.254.169.254"),
    Outside.at("metadata 6", "fd00:ec2::254"),
    Outside.at("node or pod", "10.1.2.3"),
    Outside.at("house", "192.168.1.1"),
    Outside.at("database outside", "192.0.2.5"),
]
PORTS = (22, 53, 80, 443, 587, 4222, 4318, 5432, 6222, 8080, 8081, 8222, 10250)


def everybody(everything: list[Object]) -> list[Pod | Outside]:
    return [*our_pods(everything), DNS, INGRESS, MONITORING, *STRANGERS, *OUTSIDE]


def everywhere(nodes: tuple[str, ...], target: str, *ports: int) -> set[Flow]:
    return {Flow(node, target, port) for node in nodes for port in ports}


def expected(overlay: str) -> set[Flow]:
    """Return the table of an overlay."""
    servers = ("nats", "postgres") if overlay == "single-node" else ("nats",)
    more = () if overlay == "production" else (BACKUP,)
    roles = (*ROLES, *more)
    flows = everywhere((*BUS, *more), "nats", 4222) | everywhere((*roles, *servers), "dns", 53)
    for target in ("internet", "internet 6"):
        flows |= everywhere((*WORLD, *more), target, *PORTS)
    if overlay == "single-node":
        return flows | everywhere((*DATABASE, *more), "postgres", 5432)
    flows |= everywhere((*DATABASE, *more), "database outside", 5432)
    flows |= {Flow("nats", "nats", 6222)}
    flows |= {Flow("monitoring", role, 8081) for role in roles}
    if overlay == "everything":
        flows |= {Flow("ingress", "api", 8080)}
        flows |= {Flow("api", "internet", 443), Flow("api", "internet 6", 443)}
        flows |= everywhere(roles, "monitoring", 4318)
    return flows


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_the_policies_allow_what_the_table_says_and_nothing_else(overlay: str) -> None:
    everything = objects(overlay)
    found = allowed(everything, everybody(everything), PORTS)

    assert sorted(found - expected(overlay)) == [], "allowed, and not in the table"
    assert sorted(expected(overlay) - found) == [], "in the table, and not allowed"


def let_in_all(policies: list[Object]) -> None:
    policies[:] = [each for each in policies if each["metadata"]["name"] != "nobody"]


def scheduler_into_the_world(policies: list[Object]) -> None:
    spec = policy(policies, "into-the-world")["spec"]
    spec["podSelector"]["matchExpressions"][0]["values"].append("scheduler")


def open_the_cluster(policies: list[Object]) -> None:
    blocks = policy(policies, "into-the-world")["spec"]["egress"][0]["to"]
    blocks[0]["ipBlock"]["except"].remove("10.0.0.0/8")


def from_any_namespace(policies: list[Object]) -> None:
    policy(policies, "into-the-bus")["spec"]["ingress"][0]["from"] = [{"namespaceSelector": {}}]


def without_the_database(policies: list[Object]) -> None:
    policies.remove(policy(policies, "to-the-database"))


def policy(policies: list[Object], name: str) -> Object:
    return next(each for each in policies if each["metadata"]["name"] == name)


@pytest.mark.parametrize(
    "spoil",
    [
        *(let_in_all, scheduler_into_the_world, open_the_cluster, from_any_namespace),
        without_the_database,
    ],
)
def test_a_policy_that_says_something_else_is_seen(spoil: Callable[[list[Object]], None]) -> None:
    everything = objects("single-node")
    ends = everybody(everything)
    policies = of_kind(everything, "NetworkPolicy")
    others = [each for each in everything if each["kind"] != "NetworkPolicy"]
    spoil(policies)

    assert allowed([*others, *policies], ends, PORTS) != expected("single-node")


@functools.cache
def an_executor() -> tuple[list[Object], Pod]:
    everything = objects("single-node")
    (executor,) = (pod for pod in our_pods(everything) if pod.name == "executor")
    return of_kind(everything, "NetworkPolicy"), executor


def reachable(address: IPv4Address | IPv6Address) -> bool:
    policies, executor = an_executor()
    return may_leave(policies, executor, Outside("there", address), 443)


EDGES = [
    edge
    for network in (*NEVER, *NOT_PUBLIC, *map(ip_network, ("10.0.0.0/8", "172.16.0.0/12")))
    for edge in (network[0], network[-1], network[network.num_addresses // 2])
]


def test_what_the_guard_never_calls_no_executor_can_reach() -> None:
    assert [str(each) for each in EDGES if verdict(each) is Verdict.PUBLIC] == []
    assert [str(each) for each in EDGES if reachable(each)] == []


@given(st.ip_addresses(v=4) | st.ip_addresses(v=6))
def test_the_network_lets_through_only_what_the_guard_calls_public(
    address: IPv4Address | IPv6Address,
) -> None:
    if verdict(address) is not Verdict.PUBLIC:
        assert not reachable(address)


@given(st.ip_addresses(v=4))
def test_the_public_internet_is_reachable(address: IPv4Address) -> None:
    if verdict(address) is Verdict.PUBLIC:
        assert reachable(address)


def test_an_address_of_a_pod_is_in_no_block_that_is_allowed() -> None:
    pods = ("10.244.3.7", "172.17.0.5", "192.168.9.9", "100.64.1.1", "fd12:3456::9")

    assert not any(reachable(ip_address(each)) for each in pods)


def test_the_cluster_takes_the_blocks() -> None:
    # The API refuses an exception that lies outside its block; no schema says so.
    policies = of_kind(objects("everything"), "NetworkPolicy")
    blocks = [
        peer["ipBlock"]
        for policy in policies
        for rule in policy["spec"].get("egress", [])
        for peer in rule.get("to", [])
        if "ipBlock" in peer
    ]

    assert len(blocks) == 5  # executors and notifiers, the API, the database outside
    for block in blocks:
        whole = ip_network(block["cidr"])
        for each in map(ip_network, block.get("except", [])):
            assert each.version == whole.version
            assert int(whole[0]) <= int(each[0]) <= int(each[-1]) <= int(whole[-1])
