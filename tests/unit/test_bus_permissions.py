"""What nobody may do on the bus, and what one user alone may; the server is asked elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

import pytest

from shared.bus import topology
from shared.bus.access import inbox_of
from shared.bus.permissions import KEEPER, ROLES, NotASource, Producer, users
from shared.bus.topology import CONSUMERS, STREAMS
from tests.support.cases import table
from tests.support.subjects import fits_any

ALL = users(servers=["other"], producers=[Producer(source="shop"), Producer(source="crm")])
BY_NAME = {user.name: user for user in ALL}

FOR_NOBODY = [
    *(">", "*", "$SYS.>", "$SYS.REQ.SERVER.PING", "$JS.>", "$JS.API.>", "$JS.API.*", "$JS.ACK.>"),
    *("_INBOX.>", "_INBOX.x.y", "_INBOX_executor.x"),
    *("$JS.API.STREAM.LIST", "$JS.API.ACCOUNT.PURGE.x", "$JS.API.SERVER.REMOVE", "$KV.>"),
    *(
        f"$JS.API.{verb}.{stream.name}"
        for stream in STREAMS
        for verb in (
            *("STREAM.DELETE", "STREAM.PURGE", "STREAM.SNAPSHOT", "STREAM.RESTORE"),
            *("STREAM.PEER.REMOVE", "STREAM.LEADER.STEPDOWN"),
        )
    ),
    *(f"$JS.API.CONSUMER.{verb}.RUNS.x" for verb in ("PAUSE", "RESET", "LEADER.STEPDOWN")),
]
FOR_THE_KEEPER = [
    *(
        f"$JS.API.{subject}"
        for stream in STREAMS
        for subject in (
            f"STREAM.CREATE.{stream.name}",
            f"STREAM.UPDATE.{stream.name}",
            f"CONSUMER.CREATE.{stream.name}.x",
            f"CONSUMER.CREATE.{stream.name}.x.{stream.subjects[0]}",
            f"CONSUMER.DELETE.{stream.name}.x",
        )
    ),
]


def may_say(subject: str) -> set[str]:
    return {user.name for user in ALL if fits_any(user.publish, subject)}


def may_hear(subject: str) -> set[str]:
    return {user.name for user in ALL if fits_any(user.subscribe, subject)}


@table("subject", FOR_NOBODY)
def test_what_nobody_may_say(subject: str) -> None:
    assert may_say(subject) == set()


@table("subject", FOR_THE_KEEPER)
def test_the_keeper_alone_makes_and_changes_streams_and_consumers(subject: str) -> None:
    assert may_say(subject) == {KEEPER}


#: Who is woken by a message that it does not read.
HINTED: Mapping[str, set[str]] = {
    topology.RUNS_STARTED_ALL: {"notifier"},
    topology.RUNS_FINISHED_ALL: {"scheduler", "notifier"},
}


def test_nobody_hears_all_or_what_the_server_says() -> None:
    for subject in (">", "*", "$SYS.>", "$JS.>", "$JS.API.>", "_INBOX.>", "_INBOX.x", "event.>"):
        assert may_hear(subject) == set()
    for stream in STREAMS:  # what is stored is read through consumers
        for subject in stream.subjects:
            hears = may_hear(subject.replace("*", "x").replace(">", "x"))
            assert hears <= HINTED.get(subject, set())


@table("role", ROLES)
def test_a_role_hears_its_own_inbox_and_no_other(role: str) -> None:
    hears = may_hear(f"{inbox_of(role)}.x.y")

    assert hears == {user.name for user in ALL if user.name.startswith(role)}
    assert not may_say(f"{inbox_of(role)}.x.y"), "answers are allowed by being asked"


@table("consumer", CONSUMERS)
def test_a_consumer_has_one_reader(consumer: object) -> None:
    assert isinstance(consumer, type(CONSUMERS[0]))
    place = f"{consumer.stream}.{consumer.name}"
    owner = consumer.name.split("-")[0]
    readers = may_say(f"$JS.API.CONSUMER.MSG.NEXT.{place}")

    assert len(readers) == 1
    assert may_say(f"$JS.ACK.{place}.1.2.3") == readers
    assert readers.pop().startswith(owner)


def test_who_says_what_about_tasks_runs_and_accounts() -> None:
    due = topology.task_due("slow")
    assert may_say(due) == {"scheduler", "api", "executor"}, "a full executor passes the word on"
    assert may_hear(due) == {"executor"}
    assert may_say("task.finished.x") == {"executor", "api"}, "what the API sends again"
    assert may_say(topology.task_logged(UUID(int=1))) == {"executor", "log-writer"}
    assert may_say("run.cancel") == {"scheduler"}
    assert may_say("task.created.x") == may_say("account.desired.x") == {"api"}
    assert may_say("account.state.x") == {"account-runtime", "account-runtime-other"}


def test_a_producer_says_events_of_its_own_source_and_nothing_else() -> None:
    shop = BY_NAME["producer-shop"]

    assert shop.publish == ("event.shop.>",)
    assert not shop.answers
    assert "producer-crm" not in may_hear("_INBOX_producer_shop.x")
    assert may_say("event.shop.sold") == {"producer-shop", "api", "executor"}


@table("source", ["alert", "automation", "a.b", ">", "*", "", "a b"])
def test_nobody_has_a_source_that_is_ours_or_no_word(source: str) -> None:
    with pytest.raises(NotASource):
        users(producers=[Producer(source=source)])


def test_a_runtime_reads_the_wishes_for_its_own_server() -> None:
    next_of = f"$JS.API.CONSUMER.MSG.NEXT.ACCOUNTS.{topology.runtime_consumer('other').name}"

    assert may_say(next_of) == {"account-runtime-other"}
    assert may_hear(topology.account_output("other")) == {"account-runtime-other"}


def test_whoever_reads_a_stream_may_ask_the_keeper_and_only_it_hears() -> None:
    assert may_say(topology.RPC_BUS_ENSURE) == {
        user.name for user in ALL if any("CONSUMER.MSG.NEXT" in each for each in user.publish)
    }
    assert may_hear(topology.RPC_BUS_ENSURE) == {KEEPER}
