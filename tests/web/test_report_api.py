"""The situation report through the API."""

from tests.web.api_stage import Api


async def test_a_program_writes_what_a_person_releases(api: Api) -> None:
    place = f"/v1/calamities/{await api.calamity()}"
    draft = (await api.get(f"{place}/report-draft", "responder")).json()
    assert draft["revision"] == 0
    assert [each["heading"] for each in draft["sections"]][:2] == ["mood", "behaviour"]
    assert "nog geen ronde gesloten" in draft["sections"][0]["text"]
    body = {"revision": 0, "texts": {"well": "Het is stil."}}
    saved = await api.ask("PUT", f"{place}/report-draft", "responder", json=body)
    assert saved.json()["revision"] == 1
    again = await api.ask("PUT", f"{place}/report-draft", "responder", json=body)
    assert again.status_code == 409
    assert (await api.get(f"{place}/reports", "official")).json() == {"reports": []}
    assert (await api.get(f"{place}/reports/1", "official")).status_code == 404
    made = await api.post(f"{place}/reports", {"revision": 1})
    assert made.status_code == 201
    assert made.headers["Location"] == f"{place}/reports/1"
    body = {"revision": 1, "texts": {"well": "Het is stil.\nDe markt is open."}}
    await api.ask("PUT", f"{place}/report-draft", "responder", json=body)
    assert (await api.post(f"{place}/reports", {"revision": 2})).status_code == 201
    found = (await api.get(f"{place}/reports", "official")).json()["reports"]
    assert [each["number"] for each in found] == [2, 1]
    well = found[0]["sections"][5]
    assert (well["newLines"], well["goneLines"], well["length"]) == (["De markt is open."], [], 30)
