"""A team plays an exercise on the phone pages, in a real browser."""

import re
from collections.abc import AsyncIterator
from typing import get_args

import pytest
from playwright.async_api import Browser, Page, async_playwright, expect
from sandbox_stage import PERSON, SENDER, eventually, running

from calamity.sandbox.faults import PLACES, FaultKind
from calamity.sandbox.panel import PRESETS
from calamity.sandbox.records import CALL_ENDS
from calamity.sandbox.states import PHONE_STATES
from calamity.sandbox.words import WORDS
from tests.chromium import ARGUMENTS, executable

OTHER = "+3197010240001"
PEOPLE = [
    {"name": "Noor Bakker", "number": PERSON, "language": "nl", "note": "snelteam"},
    {"name": "Amal Haddad", "number": OTHER, "language": "ar", "note": "sleutelfiguur"},
]


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=executable(), args=ARGUMENTS)
        yield browser
        await browser.close()


@pytest.fixture
async def town(sandbox):
    await sandbox.control("POST", "/phones", PEOPLE)
    return sandbox


@pytest.fixture
async def page(browser, town) -> AsyncIterator[Page]:
    # It rests on the town, so that it closes before the sandbox does and hears no refusal.
    context = await browser.new_context(locale="nl-NL", viewport={"width": 1280, "height": 800})
    page = await context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    await context.close()
    assert complaints == []


def phone(page: Page, number: str):
    return page.locator(f'.phone[data-number="{number}"]')


async def test_a_text_appears_by_itself_and_is_answered_with_one_press(page, town, product):
    """S-95."""
    await page.goto(town.origin)
    await expect(page.locator(".banner")).to_contain_text("Proefnetwerk")
    sid = (await town.send("Kunt u komen? Antwoord JA 4821."))["sid"]
    await town.until(sid, "delivered")
    noor = phone(page, PERSON)
    await expect(noor.locator(".conversation")).to_contain_text("JA 4821")
    await expect(noor.locator(".conversation")).to_contain_text("GSM-7")
    await expect(noor.locator("h2 .fresh-badge")).to_be_visible()
    await noor.get_by_role("button", name="JA 4821").click()
    hook = (await product.got(1, "/hooks"))[0]
    assert hook.form["Body"] == "JA 4821"
    await expect(noor.locator(".mine .body")).to_have_text("JA 4821")
    await expect(noor.locator("h2 .fresh-badge")).to_be_hidden()


async def test_words_are_typed_and_sent_with_the_keyboard_alone(page, town, product):
    await page.goto(f"{town.origin}/?open={PERSON.replace('+', '%2B')}")
    await page.keyboard.press("/")
    await page.keyboard.type("amal")
    await expect(page.locator("#lines li:visible")).to_have_count(1)
    await page.keyboard.press("Tab")
    await page.keyboard.press("Tab")
    while not await page.evaluate("document.activeElement.closest('#lines')"):
        await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    field = phone(page, OTHER).locator('input[name="body"]')
    await expect(field).to_be_focused()
    await page.keyboard.type("Wij zitten vast op de derde verdieping")
    await page.keyboard.press("Enter")
    hook = (await product.got(1, "/hooks"))[0]
    assert hook.form["Body"] == "Wij zitten vast op de derde verdieping"
    assert hook.form["From"] == OTHER
    await expect(field).to_have_value("")
    await page.keyboard.press("Escape")
    await expect(phone(page, OTHER)).to_have_count(0)


async def test_what_someone_types_stays_when_a_text_comes_in(page, town):
    await page.goto(f"{town.origin}/?open={PERSON.replace('+', '%2B')}")
    field = phone(page, PERSON).locator('input[name="body"]')
    await field.fill("half af")
    await town.send("Kunt u komen? Antwoord JA 1234.")
    await expect(phone(page, PERSON).get_by_role("button", name="JA 1234")).to_be_visible()
    await expect(field).to_have_value("half af")
    await expect(field).to_be_focused()


async def test_a_phone_with_a_new_text_rises_in_the_list_and_opens(page, town):
    await page.goto(f"{town.origin}/?open={PERSON.replace('+', '%2B')}")
    await town.send("eerst")
    await expect(page.locator("#lines li").first).to_have_attribute("data-number", PERSON)
    await town.send("daarna", To=OTHER)
    await expect(page.locator("#lines li").first).to_have_attribute("data-number", OTHER)
    await expect(phone(page, OTHER).locator(".conversation")).to_contain_text("daarna")
    await page.reload()
    await expect(phone(page, OTHER)).to_be_visible()


async def test_a_closed_phone_counts_its_new_texts(page, town):
    await page.goto(f"{town.origin}/?open={PERSON.replace('+', '%2B')}")
    await page.locator("#auto-open").uncheck()
    await town.send("een", To=OTHER)
    await town.send("twee", To=OTHER)
    badge = page.locator(f'#lines li[data-number="{OTHER}"] .fresh-badge')
    await expect(badge).to_have_text("2 nieuw")
    await expect(phone(page, OTHER)).to_have_count(0)


async def test_a_phone_is_switched_off_and_on(page, town):
    """S-95."""
    await page.goto(f"{town.origin}/phones/{PERSON}")
    switch = phone(page, PERSON).locator('select[name="state"]')
    await switch.select_option("off")
    sid = (await town.send("bent u daar?"))["sid"]
    await expect(page.locator(".waiting")).to_have_text("1 bericht wacht op deze telefoon")
    await switch.select_option("on")
    await town.until(sid, "delivered")
    await expect(page.locator(".conversation")).to_contain_text("bent u daar?")
    await expect(page.locator(".waiting")).to_have_count(0)


async def test_a_name_takes_no_answer(page, town):
    """S-95."""
    sid = (await town.send("Blijf binnen.", From="Gemeente"))["sid"]
    await town.until(sid, "delivered")
    await page.goto(f"{town.origin}/phones/{PERSON}")
    await expect(page.locator(".cannot")).to_contain_text("Kan niet antwoorden")
    await expect(page.locator('input[name="body"]')).to_have_count(0)


async def test_a_text_cannot_put_anything_on_the_page(page, town):
    await town.send('<img src=x onerror="alert(1)"><b>vet</b>\u202e')
    await page.goto(f"{town.origin}/phones/{PERSON}")
    body = page.locator(".theirs .body")
    await expect(body).to_have_text('<img src=x onerror="alert(1)"><b>vet</b>')
    assert await page.locator(".conversation img").count() == 0


async def test_the_page_says_when_the_sandbox_is_gone(browser):
    context = await browser.new_context(locale="nl-NL")
    page = await context.new_page()
    async with running(senders={SENDER: 10.0}) as sandbox:
        await page.goto(sandbox.origin)
    await expect(page.locator("#notice")).to_contain_text("Geen verbinding")


async def test_forms_work_without_scripts(browser, town, product):
    context = await browser.new_context(java_script_enabled=False, locale="en-GB")
    page = await context.new_page()
    await page.goto(f"{town.origin}/phones/{PERSON}")
    await expect(page.locator("html")).to_have_attribute("lang", "en")
    await page.get_by_role("button", name="3", exact=True).click()
    assert (await product.got(1, "/hooks"))[0].form["Body"] == "3"
    await expect(page.locator(".mine .body")).to_have_text("3")
    await page.locator('select[name="state"]').select_option("silent")
    await page.get_by_role("button", name="Apply").click()
    await expect(page.locator('select[name="state"]')).to_have_value("silent")


MENU = (
    '<Response><Gather numDigits="1" timeout="60" action="/voice/menu">'
    '<Say language="nl-NL">Er is brand. Toets 1 als u kunt komen.</Say></Gather></Response>'
)


async def test_s90_a_phone_rings_speaks_and_takes_a_key(page, town, product):
    product.says["/voice"] = [MENU]
    product.says["/voice/menu"] = ["<Response><Say>Dank u.</Say><Hangup/></Response>"]
    await page.goto(f"{town.origin}/?open={OTHER.replace('+', '%2B')}")
    url = product.origin + "/voice"
    await town.twilio.calls.create_async(to=PERSON, from_=SENDER, url=url)
    noor = phone(page, PERSON)
    await expect(noor.locator(".rings")).to_contain_text(f"{SENDER} belt")
    await noor.get_by_role("button", name="Neem op").press("Enter")
    await expect(noor.locator(".said")).to_contain_text("Er is brand.")
    await noor.get_by_role("button", name="Toets 1").focus()
    await page.keyboard.press("1")
    assert (await product.got(1, "/voice/menu"))[0].form["Digits"] == "1"
    await expect(noor.locator(".call summary")).to_contain_text("Gesprek geweest")


async def test_s95_quick_replies_say_what_phones_say(page, town, product):
    await town.until((await town.send("Antwoord JA 4821."))["sid"], "delivered")
    await page.goto(f"{town.origin}/phones/{PERSON}")
    noor = phone(page, PERSON)
    await noor.locator(".quick summary").click()
    for name in ("Rijdt", "Vindt leuk", "Lang bericht", "Hulp", "duim omhoog", "Arabisch cijfer 1"):
        await noor.get_by_role("button", name=name).click()
        await page.wait_for_timeout(100)
    said = [hook.form for hook in await product.got(6, "/hooks")]
    bodies = [form["Body"] for form in said]
    assert "Automatisch bericht" in bodies[0]
    assert bodies[1:4] == ["Vond “Antwoord JA 4821.” leuk", bodies[2], "HULP"]
    assert said[2]["NumSegments"] == "10"
    assert bodies[4:] == ["👍", "١"]


async def test_phones_are_walked_with_the_keyboard(page, town):
    numbers = f"open={PERSON.replace('+', '%2B')}&open={OTHER.replace('+', '%2B')}"
    await page.goto(f"{town.origin}/?{numbers}")
    await phone(page, PERSON).locator('input[name="body"]').focus()
    await page.keyboard.press("Alt+ArrowRight")
    await expect(phone(page, OTHER).locator('input[name="body"]')).to_be_focused()


async def test_the_panel_breaks_mends_and_turns_the_clock(page, town):
    await page.goto(town.origin)
    await page.get_by_role("link", name="Storingen").click()
    await expect(page.locator(".fine")).to_contain_text("Alles werkt")
    await page.get_by_role("button", name="API 5 minuten plat").click()
    await expect(page.locator(".faults")).to_contain_text("De hele API ligt plat")
    assert (await town.create(To=PERSON, From=SENDER, Body="x"))[0] == 503
    await page.get_by_role("button", name="Herstel: De hele API").press("Enter")
    await expect(page.locator(".fine")).to_be_visible()
    assert (await town.create(To=PERSON, From=SENDER, Body="x"))[0] == 201
    await page.get_by_label("Wat gaat er mis?").select_option("error-before")
    await page.get_by_label("Bij welk nummer?").fill("+3161*")
    await page.get_by_label("Hoe vaak?").fill("50")
    await page.get_by_role("button", name="Maak stuk").click()
    await expect(page.locator(".faults")).to_contain_text("voor +3161* · 50% kans")
    await expect(page.locator("#problem")).to_be_hidden()
    await page.get_by_role("button", name="× 60", exact=True).click()
    await expect(page.locator("#speed-60")).to_have_attribute("aria-pressed", "true")
    await page.get_by_role("button", name="Zet stil").click()
    await expect(page.locator(".clock-now")).to_contain_text("staat stil")
    await page.get_by_role("button", name="1 uur").click()
    await expect(page.locator(".clock-now")).to_contain_text("1:0")
    await page.locator('select[name="state"]').select_option("congested")
    await page.get_by_role("button", name="Stel in").click()
    await expect(page.locator("#part-personas")).to_contain_text("2 × netwerk overbelast")


async def test_the_panel_names_the_field_that_is_wrong(browser, town):
    context = await browser.new_context(locale="nl-NL")
    page = await context.new_page()
    await page.goto(f"{town.origin}/panel")
    await page.get_by_label("Hoe vaak?").fill("veel")
    await page.get_by_role("button", name="Maak stuk").click()
    await expect(page.locator("#problem")).to_have_text(
        "Kijk nog eens naar dit veld: Hoe vaak? (procent)"
    )
    await page.get_by_label("Hoe vaak?").fill("50")
    await page.get_by_label("Bij welk nummer?").fill("buurman")
    await page.get_by_role("button", name="Maak stuk").click()
    await expect(page.locator("#problem")).to_have_text(
        "Kijk nog eens naar dit veld: Bij welk nummer?"
    )
    assert await town.control("GET", "/faults") == []


async def test_the_panel_works_without_scripts_and_takes_a_script(browser, town):
    context = await browser.new_context(java_script_enabled=False, locale="en-GB")
    page = await context.new_page()
    await page.goto(f"{town.origin}/panel")
    script = '{"seed": 9, "steps": [{"fault": {"kind": "too-many"}}, {"at": 600, "mend": true}]}'
    await page.get_by_label("Script", exact=True).fill(script)
    await page.get_by_role("button", name="Start the script").click()
    await expect(page.locator(".faults")).to_contain_text("Too many requests (429)")
    await expect(page.locator("#part-script")).to_contain_text("1 steps still wait. Seed: 9.")
    await page.get_by_label("Script", exact=True).fill('{"steps": [{"fault": {"kind": "x"}}]}')
    await page.get_by_role("button", name="Start the script").click()
    await expect(page.locator("#problem")).to_contain_text("That is not right")


def test_every_fault_and_state_is_in_plain_words_in_both_languages():
    assert WORDS["nl"].keys() == WORDS["en"].keys()
    kinds = [kind for kinds in PLACES.values() for kind in kinds]
    assert sorted(kinds) == sorted(get_args(get_args(FaultKind)[0]) or get_args(FaultKind))
    wanted = {
        *(f"fault_{kind}" for kind in kinds),
        *(f"state_{state}" for state in PHONE_STATES),
        *(f"place_{place}" for place in PLACES),
        *(f"preset_{preset}" for preset in PRESETS),
        *(f"call_{status}" for status in CALL_ENDS),
    }
    assert wanted <= WORDS["nl"].keys()


@pytest.mark.parametrize("width", [320, 360, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_pages_fit_and_can_be_read(browser, town, width, scheme):
    """S-95: WCAG AA contrast, names, no sideways scrolling."""
    await town.send("een_lang_woord_" * 20)
    await town.control("POST", f"/phones/{PERSON}/state", {"state": "off"})
    context = await browser.new_context(
        viewport={"width": width, "height": 700}, color_scheme=scheme, locale="nl-NL"
    )
    page = await context.new_page()
    await town.fault("webhooks-down", lasts=300)
    await town.turn("landline", OTHER)
    calls = [(PERSON, "ringing"), (OTHER, "in-progress")]
    for number, status in calls:
        twiml = '<Response><Say>Er is brand.</Say><Pause length="60"/></Response>'
        call = await town.twilio.calls.create_async(to=number, from_=SENDER, twiml=twiml)
        await ringing(town, call.sid)
        if status == "in-progress":
            await town.control("POST", f"/calls/{call.sid}", {"deed": "answer"})
    for path in ("/", f"/phones/{PERSON}", f"/phones/{OTHER}", "/panel", "/panel?lang=en"):
        await page.goto(town.origin + path)
        assert await page.evaluate("document.documentElement.scrollWidth") <= width
        assert await page.evaluate(CONTRAST) == []
        assert await page.evaluate(NAMELESS) == []


async def ringing(town, sid: str) -> None:
    async def look() -> bool:
        calls = await town.control("GET", "/calls")
        return any(one["sid"] == sid and one["status"] == "ringing" for one in calls)

    await eventually(look)


CONTRAST = """() => {
  const parse = (text) => text.match(/[\\d.]+/g).map(Number);
  const luminance = ([r, g, b]) => {
    const bend = (c) => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
    const [x, y, z] = [r, g, b].map(bend);
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const ground = (node) => {
    for (; node; node = node.parentElement) {
      const colour = parse(getComputedStyle(node).backgroundColor);
      if (colour.length === 3 || colour[3] === 1) return colour;
    }
    return [255, 255, 255];
  };
  const poor = [];
  for (const node of document.querySelectorAll("body *")) {
    const own = [...node.childNodes].some((one) => one.nodeType === 3 && one.data.trim());
    if (!own || !node.checkVisibility()) continue;
    const pair = [parse(getComputedStyle(node).color), ground(node)].map(luminance);
    pair.sort((a, b) => b - a);
    const ratio = (pair[0] + 0.05) / (pair[1] + 0.05);
    if (ratio < 4.5) poor.push(`${node.tagName}.${node.className} ${ratio.toFixed(2)}`);
  }
  return poor;
}"""
NAMELESS = """() => [...document.querySelectorAll("button, a, input, select, textarea")]
  .filter((one) => one.type !== "hidden")
  .filter((one) => one.checkVisibility())
  .filter((one) => !(one.ariaLabel || one.labels?.length || one.textContent.trim()))
  .map((one) => one.outerHTML)"""


async def test_nothing_on_the_page_comes_from_elsewhere(town):
    """S-95."""
    for path in ("/", "/panel"):
        answer = await town.session.get(town.origin + path)
        policy = answer.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        html = await answer.text()
        addresses = re.findall(r'(?:src|href|action)="([^"]+)"', html)
        assert addresses
        assert all(one.startswith(("/", "#", "?")) for one in addresses)
