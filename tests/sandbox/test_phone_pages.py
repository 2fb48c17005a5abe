"""A team plays an exercise on the phone pages, in a real browser."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, async_playwright, expect
from sandbox_stage import PERSON, SENDER, running

CHROMIUM = Path("/usr/bin/chromium")
OTHER = "+3197010240001"
PEOPLE = [
    {"name": "Noor Bakker", "number": PERSON, "language": "nl", "note": "snelteam"},
    {"name": "Amal Haddad", "number": OTHER, "language": "ar", "note": "sleutelfiguur"},
]


pytestmark = pytest.mark.skipif(not CHROMIUM.exists(), reason="no Chromium on this machine")


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
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


@pytest.mark.parametrize("width", [320, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_pages_fit_and_can_be_read(browser, town, width, scheme):
    await town.send("een_lang_woord_" * 20)
    await town.control("POST", f"/phones/{PERSON}/state", {"state": "off"})
    context = await browser.new_context(
        viewport={"width": width, "height": 700}, color_scheme=scheme, locale="nl-NL"
    )
    page = await context.new_page()
    for path in ("/", f"/phones/{PERSON}"):
        await page.goto(town.origin + path)
        assert await page.evaluate("document.documentElement.scrollWidth") <= width
        assert await page.evaluate(CONTRAST) == []
        assert await page.evaluate(NAMELESS) == []


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
NAMELESS = """() => [...document.querySelectorAll("button, a, input:not([type=hidden]), select")]
  .filter((one) => one.checkVisibility())
  .filter((one) => !(one.ariaLabel || one.labels?.length || one.textContent.trim()))
  .map((one) => one.outerHTML)"""


async def test_nothing_on_the_page_comes_from_elsewhere(town):
    answer = await town.session.get(town.origin + "/")
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    html = await answer.text()
    addresses = re.findall(r'(?:src|href|action)="([^"]+)"', html)
    assert addresses
    assert all(one.startswith(("/", "#", "?")) for one in addresses)
