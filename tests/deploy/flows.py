"""Who may talk to whom: the network policies, worked out.

A connection between two pods needs both ends: a policy of the one that calls which lets it out, and
a policy of the other that lets it in. A pod that no policy of a direction selects is free in that
direction. Blocks of addresses stand for what is outside: that no block that is allowed here covers
addresses of pods is a promise of its own (`test_network.py`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import NamedTuple

from tests.deploy.rendering import Object, of_kind
from tests.deploy.workloads import selects, workloads

OURS = "automation"
NAMESPACE = "kubernetes.io/metadata.name"


@dataclass(frozen=True, slots=True)
class Pod:
    """One end of a connection, in the cluster."""

    name: str
    namespace: str
    labels: dict[str, str]


@dataclass(frozen=True, slots=True)
class Outside:
    """One end of a connection that is no pod."""

    name: str
    address: IPv4Address | IPv6Address

    @classmethod
    def at(cls, name: str, address: str) -> Outside:
        """Return what is at an address."""
        return cls(name, ip_address(address))


class Flow(NamedTuple):
    """Who calls whom, on which port."""

    source: str
    target: str
    port: int


def our_pods(objects: list[Object]) -> list[Pod]:
    """Return one pod of each workload."""
    return [Pod(each.role, OURS, each.labels) for each in workloads(objects)]


def allowed(objects: list[Object], ends: list[Pod | Outside], ports: tuple[int, ...]) -> set[Flow]:
    """Return which connections may be, over TCP, with one of our pods at an end."""
    policies = of_kind(objects, "NetworkPolicy")
    return {
        Flow(source.name, target.name, port)
        for source in ends
        for target in ends
        for port in ports
        if _is_ours(source) or _is_ours(target)
        if may_leave(policies, source, target, port) and may_enter(policies, source, target, port)
    }


def _is_ours(end: Pod | Outside) -> bool:
    return isinstance(end, Pod) and end.namespace == OURS


def may_leave(
    policies: list[Object], source: Pod | Outside, target: Pod | Outside, port: int
) -> bool:
    """Return whether *source* is let out to *target*."""
    if not isinstance(source, Pod) or not _is_ours(source):
        return True
    rules = list(_rules(policies, source, "Egress"))
    return any(_matches(each.get("to"), target) and _on(each, port) for each in rules)


def may_enter(
    policies: list[Object], source: Pod | Outside, target: Pod | Outside, port: int
) -> bool:
    """Return whether *target* lets *source* in."""
    if not isinstance(target, Pod) or not _is_ours(target):
        return True
    rules = list(_rules(policies, target, "Ingress"))
    return any(_matches(each.get("from"), source) and _on(each, port) for each in rules)


def _rules(policies: list[Object], pod: Pod, direction: str) -> Iterator[Object]:
    """Yield the rules of a direction for a pod; nothing at all is one rule that allows all."""
    selecting = [
        each
        for each in policies
        if each["metadata"]["namespace"] == pod.namespace
        and direction in each["spec"]["policyTypes"]
        and selects(each["spec"]["podSelector"], pod.labels)
    ]
    if not selecting:
        yield {}
    for each in selecting:
        yield from each["spec"].get(direction.lower(), [])


def _on(rule: Object, port: int) -> bool:
    ports = rule.get("ports")
    return ports is None or any(
        each.get("protocol", "TCP") == "TCP"
        and each["port"] <= port <= each.get("endPort", each["port"])
        for each in ports
    )


def _matches(peers: list[Object] | None, end: Pod | Outside) -> bool:
    return peers is None or any(_is(peer, end) for peer in peers)


def _is(peer: Object, end: Pod | Outside) -> bool:
    if "ipBlock" in peer:
        return isinstance(end, Outside) and in_block(peer["ipBlock"], end.address)
    if not isinstance(end, Pod):
        return False
    if "namespaceSelector" in peer:
        if not selects(peer["namespaceSelector"], {NAMESPACE: end.namespace}):
            return False
    elif end.namespace != OURS:
        return False
    return "podSelector" not in peer or selects(peer["podSelector"], end.labels)


def in_block(block: Object, address: IPv4Address | IPv6Address) -> bool:
    """Return whether a block covers an address."""
    return address in ip_network(block["cidr"]) and not any(
        address in ip_network(each) for each in block.get("except", [])
    )
