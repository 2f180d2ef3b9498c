"""Deliveries by e-mail: what a letter says, and what becomes of one that the server refuses."""

from __future__ import annotations

import email
import email.policy
from collections.abc import AsyncIterator
from email.message import EmailMessage
from pathlib import Path

import pytest_asyncio

from tests.integration.notifier.house import (
    House,
    Mailbox,
    Pools,
    an_end,
    running_house,
    state_of,
)
from tests.support.cases import table
from tests.support.swept import Swept


@pytest_asyncio.fixture(loop_scope="session")
async def mailing(pools: Pools, mailbox: Mailbox) -> AsyncIterator[House]:
    """Run a notifier that sends mail to `mailbox`."""
    async with running_house(pools, smtp_url=mailbox.url) as house:
        yield house


def read(mail: bytes) -> EmailMessage:
    message = email.message_from_bytes(mail, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    return message


async def test_an_e_mail_says_what_happened_and_since_when(
    mailing: House, mailbox: Mailbox
) -> None:
    task = await mailing.task(notify_on_failure=True, notify_recipients=["ann@example.com"])
    end = an_end(task, attempt=3)
    await mailing.hear(end)

    await mailing.send()

    mail = read(mailbox.mails[0])
    text = mail.get_content()
    (row,) = await mailing.deliveries()
    assert mail["Subject"] == "「Nightly report」執行失敗"
    assert mail["To"] == "ann@example.com"
    assert mail["Message-ID"] == f"<{row['id']}@automation-tasks>"
    for part in ("disk full", "嘗試次數：3", "2026-01-01T12:00:00Z", str(task)):
        assert part in text
    assert f"https://tasks.example.com/runs/{end.run_id}" in text
    assert (row["state"], row["tries"], row["answer"]) == ("sent", 1, "SMTP kept")


async def test_a_channel_has_a_language_and_several_recipients(
    mailing: House, mailbox: Mailbox
) -> None:
    to = ["ann@example.com", "bob@example.com"]
    await mailing.channel("team", "email", config={"to": to, "language": "en"})
    await mailing.hear(
        an_end(await mailing.task(notify_on_failure=True, notify_recipients=["team"]))
    )

    await mailing.send()

    assert read(mailbox.mails[0])["Subject"] == "Nightly report failed"
    assert mailbox.recipients == [to]


async def test_a_mail_server_that_was_down_gets_the_mail_when_it_is_back(pools: Pools) -> None:
    mailbox = Mailbox()
    async with running_house(pools, smtp_url=mailbox.url) as house:
        await house.hear(
            an_end(await house.task(notify_on_failure=True, notify_recipients=["ann@example.com"]))
        )
        await house.send()
        assert await state_of(house) == ("failed", 1, "SMTP: SMTPConnectError")
        await house.send()
        assert (await state_of(house))[1] == 1, "it is not tried again at once"

        async with mailbox.open():
            await house.bring_forward()
            await house.send()

        assert len(mailbox.mails) == 1
        assert await state_of(house) == ("sent", 2, "SMTP kept")


async def test_the_password_lies_in_a_file_and_is_changed_at_work(
    pools: Pools, tmp_path: Path
) -> None:
    mailbox, file = Mailbox(), tmp_path / "smtp-password"
    mailbox.password = "the first one"  # noqa: S105 - of this test
    async with (
        mailbox.open(),
        running_house(pools, smtp_url=mailbox.url, smtp_password=file) as house,
    ):
        task = await house.task(notify_on_failure=True, notify_recipients=["ann@example.com"])
        await house.hear(an_end(task))
        for text, answer in (
            (None, "SMTP: no password to be read (FileNotFoundError)"),
            ("\n", "SMTP: the file with the password is empty"),
        ):
            if text is not None:
                file.write_text(text)
            await house.bring_forward()
            await house.send()
            assert (await state_of(house))[::2] == ("failed", answer)

        file.write_text("the first one\n")
        await house.bring_forward()
        await house.send()
        assert (await state_of(house))[0] == "sent"

        mailbox.password = "the second one"  # noqa: S105 - of this test
        file.write_text("the second one\n")
        await house.channel("team", "email", config={"to": ["bob@example.com"]})
        other = await house.task(notify_on_failure=True, notify_recipients=["team"])
        await house.hear(an_end(other))
        await house.send()
        assert len(mailbox.mails) == 2


@table(
    ("answer", "state"),
    [("451 try again later", "failed"), ("550 no such user here", "given_up")],
)
async def test_what_a_mail_server_says_decides_about_another_try(
    mailing: House, mailbox: Mailbox, kept_database: Swept, answer: str, state: str
) -> None:
    await kept_database.empty()
    mailbox.answer = answer
    await mailing.hear(
        an_end(await mailing.task(notify_on_failure=True, notify_recipients=["ann@example.com"]))
    )

    await mailing.send()

    assert await state_of(mailing) == (state, 1, f"SMTP {answer}")
