"""Bundles as bytes: the same versions give the same file, and nothing dangerous gets in."""

import hashlib
import stat
import struct
import time
import zipfile
from io import BytesIO

import msgspec
import pytest
from msgspec.structs import replace

from calamity.domain.bundle import Manifest, Packed, Provenance, open_document, pack, unpack
from calamity.domain.bundle.archive import LARGEST, LARGEST_ENTRY, MOST_ENTRIES
from calamity.domain.bundle.manifest import seal_digest
from calamity.domain.errors import Refused
from calamity.domain.playbook import Prose, Words
from calamity.domain.playbook_check import PlaybookFaults, canonical, fingerprint
from calamity.domain.playbook_life import sign_version
from calamity.domain.playbook_text import as_markdown
from calamity.domain.timeline import public_key, sign
from tests.make import T0, make_playbook

OURS, APPROVER, STRANGER = (bytes([number]) * 32 for number in (1, 2, 3))
PLAYBOOK = make_playbook()
DOCUMENT = "playbooks/small/v1.json"


def provenance(playbook=PLAYBOOK, *, secret=OURS, **changes):
    about = {
        "named": "Waterstad", "slug": playbook.slug, "number": playbook.version,
        "sha256": fingerprint(playbook), "at": T0,
    }  # fmt: skip
    given = Provenance(
        slug=playbook.slug,
        version=playbook.version,
        sha256=fingerprint(playbook),
        municipality="Waterstad",
        key=public_key(secret),
        published=sign_version(secret, "published", **about),
        approved=sign_version(APPROVER, "approved", **about),
    )
    return replace(given, **changes)


def packed(*playbooks, **changes) -> bytes:
    items = [Packed(provenance(each, **changes), each) for each in playbooks or (PLAYBOOK,)]
    return pack(OURS, "Waterstad", items)


def files_of(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def zipped(files: dict[str, bytes]) -> bytes:
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return out.getvalue()


def resealed(files: dict[str, bytes], secret=OURS, **changes) -> bytes:
    """Return a bundle whose list and seal fit its files again, as a forger would make it."""
    manifest = msgspec.json.decode(files["manifest.json"], type=Manifest)
    held = tuple(
        replace(each, sha256=hashlib.sha256(files[each.path]).hexdigest())
        for each in manifest.files
    )
    given = {"files": held, "key": public_key(secret)} | changes
    body = msgspec.json.encode(replace(manifest, **given), order="sorted")
    seal = sign(secret, seal_digest(body)).encode()
    return zipped(files | {"manifest.json": body, "manifest.sig": seal})


def refused(data: bytes) -> str:
    with pytest.raises(Refused) as error:
        unpack(data)
    assert error.value.field == "file"
    return error.value.message


def test_a_bundle_carries_the_document_whole_and_says_whose_it_is():
    bundle = unpack(packed())
    (item,) = bundle.items
    assert (bundle.municipality, bundle.key) == ("Waterstad", public_key(OURS))
    assert item.playbook == PLAYBOOK
    assert item.provenance == provenance()


def test_the_same_versions_give_the_same_bytes():
    other = make_playbook(slug="other")
    assert packed(PLAYBOOK, other) == packed(other, PLAYBOOK)
    with zipfile.ZipFile(BytesIO(packed())) as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert archive.namelist()[:2] == ["manifest.json", "manifest.sig"]


def test_a_bundle_can_be_read_without_calamity():
    files = files_of(packed())
    assert files["texts/small/v1.nl.md"].decode() == as_markdown(PLAYBOOK, "nl")
    assert "# Small" in files["texts/small/v1.en.md"].decode()
    assert "Waterstad" in files["README.md"].decode()
    assert files[DOCUMENT] == canonical(PLAYBOOK)


def test_every_word_of_a_message_stands_in_the_text_to_read():
    text = as_markdown(PLAYBOOK, "nl")
    for message in PLAYBOOK.messages:
        assert all(words in text for words in message.texts.values())
    for step in PLAYBOOK.steps:
        assert f"### {step.code} {step.title.nl}" in text


def test_a_zip_that_climbs_out_of_its_folder():
    for name in ("../../etc/passwd", "/etc/passwd", "playbooks/../x", "playbooks\\small\\v1.json"):
        assert "does not belong" in refused(zipped(files_of(packed()) | {name: b"x"}))


def test_a_name_that_is_cut_off_by_a_nul():
    data = zipped(files_of(packed()) | {"README.md": b"x", "README.mdX": b"y"})
    assert "does not belong" in refused(data.replace(b"README.mdX", b"README.md\0"))


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFDIR, stat.S_IFIFO], ids=hex)
def test_links_and_folders(kind):
    out = BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in files_of(packed()).items():
            entry = zipfile.ZipInfo(name)
            entry.create_system = 3
            if name == "README.md":
                entry.external_attr = (kind | 0o777) << 16
            archive.writestr(entry, data)
    assert "link or a folder" in refused(out.getvalue())


def test_a_zip_bomb_is_stopped_while_it_unpacks():
    bomb = zipped(files_of(packed()) | {"README.md": b"\0" * (200 * 1024 * 1024)})
    assert len(bomb) < LARGEST
    began = time.perf_counter()
    assert "too large" in refused(bomb)
    assert time.perf_counter() - began < 2


def test_a_bomb_that_lies_about_its_size():
    files = files_of(packed()) | {"README.md": b"\0" * (LARGEST_ENTRY * 4)}
    data = bytearray(zipped(files))
    for signature, place in ((b"PK\x01\x02", 24), (b"PK\x03\x04", 22)):
        at = data.rfind(
            signature, 0, data.rfind(b"README.md") if place == 24 else data.find(b"README.md")
        )
        data[at + place : at + place + 4] = struct.pack("<L", 10)
    assert refused(bytes(data))


def test_many_small_bombs_together():
    texts = {f"texts/s{number:02}/v1.nl.md": b"\0" * (LARGEST_ENTRY - 1) for number in range(40)}
    assert "too large" in refused(zipped(files_of(packed()) | texts))


def test_thousands_of_entries_are_refused_before_the_list_is_read():
    data = zipped({f"texts/a{number}/v1.nl.md": b"" for number in range(20_000)})
    began = time.perf_counter()
    assert "too many files" in refused(data)
    assert time.perf_counter() - began < 0.2
    few = zipped({f"texts/a{number}/v1.nl.md": b"" for number in range(MOST_ENTRIES + 1)})
    assert "too many files" in refused(few)


def test_a_count_that_lies():
    data = bytearray(zipped({f"texts/a{number}/v1.nl.md": b"" for number in range(5_000)}))
    data[-14:-10] = struct.pack("<HH", 1, 1)
    assert "too many files" in refused(bytes(data))


def test_a_file_that_is_too_large():
    assert "larger than 4 MB" in refused(b"PK" + b"\0" * LARGEST)


@pytest.mark.parametrize(
    "data",
    [b"", b"PK", b"slug: x", b"%PDF-1.7 " + b"x" * 100, packed()[:-1], packed()[:200],
     packed() + b"x", packed()[:-22] + packed()[-22:-2] + b"\x05\0hello"],
    ids=["empty", "two bytes", "yaml", "pdf", "cut", "head", "tail", "comment"],
)  # fmt: skip
def test_what_is_no_bundle(data):
    assert "not a bundle" in refused(data)


def test_every_byte_that_is_changed_is_noticed():
    whole = packed()
    for at in range(0, len(whole), 97):
        changed = bytearray(whole)
        changed[at] ^= 0x55
        try:
            bundle = unpack(bytes(changed))
        except Refused:
            continue
        # What a zip says of time and rights is not ours: the content is untouched.
        assert bundle == unpack(whole)


def test_a_plain_zip_has_no_list():
    assert "list is missing" in refused(zipped({"README.md": b"hello"}))
    assert "cannot be read" in refused(
        zipped({"manifest.json": b"[" * 100_000, "manifest.sig": b"x"})
    )


def test_the_same_name_twice():
    twice = zipped(files_of(packed()) | {"texts/small/v1.xx.md": b"other"})
    assert "twice" in refused(twice.replace(b"v1.xx.md", b"v1.nl.md"))


def test_a_locked_entry_and_another_way_of_packing():
    data = bytearray(packed())
    at = data.rfind(b"PK\x01\x02")
    data[at + 8] |= 1
    assert "locked" in refused(bytes(data))
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_LZMA) as archive:
        for name, content in files_of(packed()).items():
            archive.writestr(name, content)
    assert "unknown way" in refused(out.getvalue())


def test_a_changed_document_under_the_old_list():
    files = files_of(packed())
    files[DOCUMENT] = canonical(make_playbook(title=Words(nl="Anders", en="Different")))
    assert "changed after it was signed" in refused(zipped(files))


def test_a_changed_document_under_a_list_that_a_stranger_sealed():
    files = files_of(packed())
    files[DOCUMENT] = canonical(make_playbook(title=Words(nl="Anders", en="Different")))
    assert "not the one that was signed" in refused(resealed(files))
    assert "is forged" in refused(resealed(files, secret=STRANGER))


def test_a_seal_of_another_key():
    files = files_of(packed())
    seal = sign(STRANGER, seal_digest(files["manifest.json"])).encode()
    assert "signature on this bundle is forged" in refused(zipped(files | {"manifest.sig": seal}))
    assert "forged" in refused(zipped(files | {"manifest.sig": b"\xff\xfe"}))


def test_a_stranger_who_signs_in_the_name_of_another():
    """The list is the stranger's own; the signature on the version is that of Waterstad."""
    forged = pack(STRANGER, "Waterstad", [Packed(provenance(), PLAYBOOK)])
    assert "A signature on the playbook small is forged" in refused(forged)


FORGED = {
    "no signature": {"published": None},
    "another version": {
        "published": sign_version(OURS, "published", named="Waterstad", slug="small", number=2,
                                  sha256=fingerprint(PLAYBOOK), at=T0)},
    "swapped acts": {"published": provenance().approved, "approved": provenance().published},
    "another moment": {"approved": replace(provenance().approved, at=T0.replace(year=2020))},
    "another name": {"approved": replace(provenance().approved, named="Bergdorp")},
    "another key": {"approved": replace(provenance().approved, key=public_key(STRANGER))},
    "approved by the municipality itself": {
        "approved": sign_version(
            OURS, "approved", named="Waterstad", slug="small", number=1,
            sha256=provenance().sha256, at=T0,
        )
    },
    "passed off as another program's": {"cacao": "playbook--1", "is_unfinished": True},
    "another owner": {"key": public_key(STRANGER)},
}  # fmt: skip


@pytest.mark.parametrize("forgery", FORGED)
def test_a_forged_signature_on_a_version(forgery):
    assert "is forged" in refused(packed(**FORGED[forgery]))


def test_files_that_are_not_on_the_list_and_a_list_without_its_files():
    files = files_of(packed())
    assert "not those on its list" in refused(zipped(files | {"texts/x1/v1.nl.md": b"x"}))
    del files["texts/small/v1.en.md"]
    assert "not those on its list" in refused(zipped(files))


def test_a_document_over_the_limit():
    files = files_of(packed())
    files[DOCUMENT] += b" " * (512 * 1024)
    assert "larger than 512 KB" in refused(resealed(files))


def test_a_document_with_people_or_numbers_in_it():
    for words in ("Bel Jan op 06-12345678.", "Mail jan@oeverlanden.example"):
        leaking = make_playbook(purpose=Prose(nl=words, en="x"))
        assert "has faults" in refused(packed(leaking))


def test_a_document_that_is_no_playbook():
    files = files_of(packed())
    for document in (b"", b"[]", b"{}", b"\xff\xfe", b"a: &a [*a]", b"[" * 1000):
        assert "has faults" in refused(resealed(files | {DOCUMENT: document}))


def test_a_document_by_itself_is_nobodys():
    bundle = open_document(canonical(PLAYBOOK))
    assert (bundle.key, bundle.items[0].playbook) == ("", PLAYBOOK)
    with pytest.raises(PlaybookFaults):
        open_document(b"slug: small\nversion: 1\n")
