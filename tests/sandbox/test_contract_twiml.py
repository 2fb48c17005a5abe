"""What the product answers in TwiML to a text from a phone, and what is wrong with it."""

import pytest
from sandbox_stage import PERSON, SENDER, eventually, running
from twilio.twiml.messaging_response import Body, Message, MessagingResponse

INBOUND = "/hooks/twilio/inbound"


async def arrivals(sandbox) -> list[str]:
    phone = await sandbox.control("GET", f"/phones/{PERSON}")
    return [text["body"] for text in phone["texts"] if text["direction"] == "outbound-reply"]


async def got(sandbox, count: int) -> list[str]:
    async def look() -> list[str] | None:
        found = await arrivals(sandbox)
        return found if len(found) >= count else None

    return await eventually(look)


async def alerted(sandbox) -> dict:
    async def look() -> list[dict]:
        return await sandbox.alerts()

    return (await eventually(look))[0]


async def test_s66_a_message_in_the_answer_is_a_text_to_the_phone(sandbox, product):
    answer = MessagingResponse()
    answer.message("Dank u & sterkte.", status_callback=product.origin + "/reply-status")
    written = Message()
    written.append(Body("Tweede\nregel"))
    answer.append(written)
    product.says[INBOUND] = [str(answer)]
    await sandbox.texts("JA 4821")
    assert await got(sandbox, 2) == ["Dank u & sterkte.", "Tweede\nregel"]
    hooks = await product.got(3, "/reply-status")
    assert [hook.form["MessageStatus"] for hook in hooks] == ["sending", "sent", "delivered"]
    listed = await sandbox.twilio.messages.list_async(from_=SENDER)
    assert {one.direction for one in listed} == {"outbound-reply"}
    assert await sandbox.alerts() == []


async def test_s66_a_redirect_leads_to_another_document(sandbox, product):
    away = MessagingResponse()
    away.message("eerst dit")
    away.redirect("/elsewhere")
    there = MessagingResponse()
    there.message("hier ben ik")
    product.says[INBOUND], product.says["/elsewhere"] = [str(away)], [str(there)]
    await sandbox.texts("JA 4821")
    assert await got(sandbox, 2) == ["eerst dit", "hier ben ik"]
    hook = (await product.got(1, "/elsewhere"))[0]
    assert hook.form["Body"] == "JA 4821"
    assert hook.is_signed(product.origin, sandbox.settings.auth_token)


async def test_s66_an_empty_answer_says_nothing(sandbox, product):
    product.says[INBOUND] = [str(MessagingResponse())]
    await sandbox.texts("JA 4821")
    await product.got(1)
    assert await sandbox.alerts() == []


@pytest.mark.parametrize(
    ("document", "content_type", "code"),
    [
        ("<Response><Message>half", "text/xml", 12100),
        ("<Answer/>", "text/xml", 12100),
        ('<!DOCTYPE x [<!ENTITY a "b">]><Response>&a;</Response>', "text/xml", 12100),
        ("<Response/>", "application/json", 12300),
    ],
)
async def test_s66_bad_twiml_is_an_alert_and_the_fallback_is_asked(
    sandbox, product, document, content_type, code
):
    product.content_type = content_type
    product.says[INBOUND] = [document]
    await sandbox.texts("JA 4821")
    fallback = (await product.got(1, INBOUND + "-fallback"))[0]
    assert fallback.form["ErrorCode"] == str(code)
    assert fallback.form["ErrorUrl"] == product.origin + INBOUND
    assert (await alerted(sandbox))["code"] == code


async def test_s66_more_than_ten_messages_are_cut_off(sandbox, product):
    answer = MessagingResponse()
    for number in range(11):
        answer.message(f"{number}")
    product.says[INBOUND] = [str(answer)]
    await sandbox.texts("JA 4821")
    assert len(await got(sandbox, 10)) == 10
    assert (await alerted(sandbox))["code"] == 14109


async def test_s66_in_ireland_an_answer_by_twiml_is_refused(product):
    answer = MessagingResponse()
    answer.message("Dank u.")
    product.says["/inbound"] = [str(answer)]
    async with running(webhook_url=product.origin + "/inbound", region="ie1") as sandbox:
        await sandbox.texts("JA 4821")
        assert (await alerted(sandbox))["code"] == 13803
        assert await arrivals(sandbox) == []


async def test_s68_two_machines_that_answer_each_other_are_stopped(product):
    answer = MessagingResponse()
    answer.message("Wij lezen dit nummer niet.")
    product.says["/inbound"] = [str(answer)]
    async with running(webhook_url=product.origin + "/inbound") as sandbox:
        for number in range(31):
            await sandbox.texts(f"automatisch antwoord {number}")

        async def look() -> list[dict]:
            texts = await sandbox.control("GET", "/messages")
            replies = [one for one in texts if one["direction"] == "outbound-reply"]
            return replies if len(replies) == 31 else []

        replies = await eventually(look)
        assert [one["error_code"] for one in replies].count(14107) == 1
        await sandbox.clock(step=31)
        await sandbox.texts("nog een")

        async def again() -> bool:
            texts = await sandbox.control("GET", "/messages")
            return texts[-1]["direction"] == "outbound-reply" and texts[-1]["status"] == "delivered"

        await eventually(again)
