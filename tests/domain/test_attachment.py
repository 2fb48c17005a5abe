"""Which files may lie beside the timeline: told by their content, and what is taken out of them."""

import io
import struct
import zipfile
import zlib

import pytest
from pypdf import PdfReader, PdfWriter
from pypdf.annotations import FreeText
from pypdf.generic import (
    DecodedStreamObject,
    DictionaryObject,
    NameObject,
    TextStringObject,
)

from calamity.domain.attachment import checked
from calamity.domain.attachment.jpeg import cleaned_jpeg
from calamity.domain.attachment.pdf_words import read_pdf
from calamity.domain.errors import Refused

ODT = b"application/vnd.oasis.opendocument.text"
CONTENT = "<office:document-content><text:p>De school is{}open</text:p></office:document-content>"


def chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I4s", len(body), name) + body + struct.pack(">I", zlib.crc32(name + body))


def png(
    *beside: bytes, size: tuple[int, int] = (3, 2), raw: bytes | None = None, interlaced: int = 0
) -> bytes:
    head = struct.pack(">IIBBBBB", *size, 8, 2, 0, 0, interlaced)
    raw = b"".join(b"\0" + b"\1\2\3" * size[0] for _ in range(size[1])) if raw is None else raw
    parts = (
        chunk(b"IHDR", head), *beside, chunk(b"IDAT", zlib.compress(raw)), chunk(b"IEND", b""),
    )  # fmt: skip
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


def jpeg(*beside: bytes) -> bytes:
    return b"\xff\xd8\xff\xe0\x00\x04ab" + b"".join(beside) + b"\xff\xda\x00\x04xx\x01\x02\xff\xd9"


def pdf(change=lambda writer: None, *, compressed: bool = False) -> bytes:
    writer = PdfWriter()
    writer.add_blank_page(100, 100)
    change(writer)
    if compressed:
        return packed_pdf(writer)
    made = io.BytesIO()
    writer.write(made)
    return made.getvalue()


def saying(*pages: str):
    """Write words on pages of their own, after the empty one."""

    def write(writer: PdfWriter) -> None:
        for words in pages:
            lines = ") Tj T* (".join(words.splitlines())
            drawing(f"BT /F1 12 Tf 14 TL 9 90 Td ({lines}) Tj ET")(writer)
        writer.remove_page(0)

    return write


def drawing(commands: str):
    def draw(writer: PdfWriter) -> None:
        font = {"/Type": "/Font", "/Subtype": "/Type1", "/BaseFont": "/Helvetica"}
        page = writer.add_blank_page(900, 100)
        named = DictionaryObject({NameObject(k): NameObject(v) for k, v in font.items()})
        fonts = DictionaryObject({NameObject("/F1"): named})
        page[NameObject("/Resources")] = DictionaryObject({NameObject("/Font"): fonts})
        content = DecodedStreamObject()
        content.set_data(commands.encode())
        page[NameObject("/Contents")] = writer._add_object(content.flate_encode())

    return draw


def packed_pdf(writer: PdfWriter) -> bytes:
    """Write as newer programs do: objects in a packed list, where no name stands in the open."""
    made = io.BytesIO()
    writer.write(made)
    plain = made.getvalue()
    inside = zlib.compress(plain[plain.index(b"obj") : plain.index(b"xref")])
    listed = b"9 0 obj\n<< /Type /ObjStm /Filter /FlateDecode /Length %d >>\nstream\n" % len(inside)
    return b"%PDF-1.7\n" + listed + inside + b"\nendstream\nendobj\nstartxref\n9\n%%EOF\n"


def odt(
    files: dict[str, bytes | str] | None = None, *, first: bytes = ODT, text: str = " "
) -> bytes:
    made = io.BytesIO()
    held = {"content.xml": CONTENT.format(text), "meta.xml": "<dc:creator>Jan Jansen</dc:creator>"}
    listing = "".join(
        f'<manifest:file-entry manifest:full-path="{name}" manifest:media-type="text/xml"/>'
        for name in ("/", *held)
    )
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo("mimetype"), first)
        for name, body in (held | {"META-INF/manifest.xml": listing} | (files or {})).items():
            archive.writestr(name, body)
    return made.getvalue()


def refusal(data: bytes, most_mb: int = 5) -> str:
    with pytest.raises(Refused) as refused:
        checked(data, most_mb=most_mb)
    assert refused.value.field == "file"
    return refused.value.message


def test_a_file_is_what_its_content_says():
    for data, kind in ((pdf(), "pdf"), (odt(), "odt"), (png(), "png"), (b"Rustig.", "txt")):
        assert checked(data, most_mb=5).kind == kind
    for data in (b"\xff\xd8\xff\xe0JPEG", b"MZ\x90\x00\x03", b"GIF89a\x01\x00\xff", b"a\x00b"):
        assert refusal(data)
    assert "empty" in refusal(b"")
    assert "at most 1 MB" in refusal(b"a" * (1024 * 1024 + 1), 1)


def test_a_text_holds_no_personal_data_and_nothing_unreadable():
    assert checked("Het is rustig.\r\nWe koken samen é€\n".encode(), most_mb=5).content
    for words in ("Bel 06-12345678", "Rustig.\n\nNL91ABNA0417164300 staat open"):
        said = refusal(words.encode())
        assert "personal data" in said
        assert "06" not in said
    assert "too much text" in refusal(b"rustig " * 80_000)
    assert "signs" in refusal(b"\x1b[2J wissen")


def test_a_picture_keeps_its_pixels_and_nothing_beside_them():
    beside = (
        chunk(b"tEXt", b"Author\0Jan Jansen"), chunk(b"eXIf", b"52.1 N 5.4 E"),
        chunk(b"iTXt", b"XML:com.adobe.xmp\0Jan"), chunk(b"tRNS", b"\0\0\0\0\0\0"),
    )  # fmt: skip
    kept = checked(png(*beside) + b"PK\x03\x04Jan behind the end", most_mb=5).content
    assert kept == png(beside[3])
    assert checked(png(raw=b"\0\1\2\3" * 2, size=(1, 2)), most_mb=5)
    # All seven passes of an interlaced picture of 3 by 2: three of them hold a pixel or more.
    assert checked(
        png(raw=b"\0abc" + b"\0abc" + b"\0abc" + b"\0abcabcabc", interlaced=1), most_mb=5
    )
    whole = png()
    for data in (
        whole[:-20], whole[:40] + bytes([whole[40] ^ 1]) + whole[41:], png(raw=b"\0" * 500),
        png(raw=b"\0abc"), png(chunk(b"EVIL", b"x")), b"\x89PNG\r\n\x1a\n",
    ):  # fmt: skip
        assert "damaged" in refusal(data)
    assert "pixels" in refusal(png(size=(12_001, 1), raw=b""))
    assert "pixels" in refusal(png(size=(9_000, 9_000), raw=b""))


def test_a_pdf_runs_nothing_holds_nothing_and_names_nobody():
    def name_somebody(writer: PdfWriter) -> None:
        writer.add_metadata({"/Author": "Jan (de) Jansen\\", "/Title": "Brief"})
        writer.xmp_metadata = (
            b"<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/"
            b"22-rdf-syntax-ns#' xmlns:dc='http://purl.org/dc/elements/1.1/'><rdf:Description>"
            b"<dc:creator><rdf:Seq><rdf:li>Jan Jansen</rdf:li></rdf:Seq></dc:creator>"
            b"</rdf:Description></rdf:RDF></x:xmpmeta>"
        )

    given = pdf(name_somebody)
    kept = checked(given, most_mb=5).content
    assert len(kept) == len(given)
    assert b"Jansen" in given
    assert b"Jansen" not in kept
    read = PdfReader(io.BytesIO(kept))
    assert len(read.pages) == 1
    assert (str(read.metadata["/Author"]).strip(), read.metadata["/Title"]) == ("", "Brief")
    assert checked(pdf(compressed=True), most_mb=5).kind == "pdf"

    def alert(writer: PdfWriter) -> None:
        writer.root_object[NameObject("/OpenAction")] = DictionaryObject(
            {
                NameObject("/S"): NameObject("/JavaScript"),
                NameObject("/JS"): TextStringObject("app.alert(1)"),
            }
        )

    hidden = pdf(alert).replace(b"/JavaScript", b"/J#61vaScript")
    for said, data in (
        ("program", pdf(alert)),
        ("program", pdf(alert, compressed=True)),
        ("program", hidden),
        ("other files", pdf(lambda it: it.add_attachment("a.exe", b"MZ"))),
        ("locked", pdf(lambda it: it.encrypt("geheim", algorithm="RC4-128"))),
        ("properties", pdf(lambda it: it.add_metadata({"/Author": "Jan"}), compressed=True)),
        ("damaged", pdf()[:-60]),
        ("cannot be checked", packed_pdf(PdfWriter()).replace(b"/FlateDecode", b"/LZWDecode")),
        ("cannot be checked", packed_pdf(PdfWriter()).replace(b"stream\nx", b"stream\ny", 1)),
    ):
        assert said in refusal(data)


def test_the_words_of_a_pdf_hold_no_personal_data():
    def remark(writer: PdfWriter) -> None:
        saying("Rustig.")(writer)
        writer.add_annotation(0, FreeText(text="Bel 06-12345678", rect=(0, 0, 9, 9)))

    assert read_pdf(pdf(saying("De school is open.", "Morgen koken we samen.")))
    for change in (
        saying("Rustig.", "Bel 06-12345678"), saying("Bel 06 - 12\n345678 vanavond"), remark,
    ):  # fmt: skip
        with pytest.raises(Refused, match="personal data") as refused:
            read_pdf(pdf(change))
        assert "06" not in refused.value.message
    with pytest.raises(Refused, match="too much text"):
        read_pdf(pdf(saying(*["rustig " * 20_000] * 4)))


def test_it_is_said_of_a_pdf_that_its_words_could_not_be_read():
    deep = pdf(drawing("[" * 100_000 + " TJ"))
    bomb = pdf(drawing("q " * 40_000_000))
    assert len(bomb) < 100_000
    locked = pdf(lambda it: it.encrypt("geheim", algorithm="RC4-128"))
    half = pdf(lambda it: (drawing("BT (Rustig) Tj ET")(it), it.add_blank_page(9, 9)))
    strange = pdf(saying("\\001\\002\\003\\004 open"))
    packed = packed_pdf(PdfWriter())
    for data in (pdf(), deep, bomb, locked, half, strange, packed, b"%PDF-1.7", pdf()[:-200]):
        assert read_pdf(data) is False


def test_a_document_is_packed_anew_without_its_writer():
    camera = b"\xff\xe1\x00\x0652.1"
    given = odt(
        {
            "Thumbnails/thumbnail.png": b"Jan", "Configurations2/images/": b"",
            "Pictures/a.png": png(chunk(b"tEXt", b"Author\0Jan")), "Pictures/b.jpg": jpeg(camera),
            "META-INF/documentsignatures.xml": "Jan Jansen",
        }
    )  # fmt: skip
    kept = checked(given, most_mb=5)
    archive = zipfile.ZipFile(io.BytesIO(kept.content))
    assert archive.infolist()[0].filename == "mimetype"
    assert archive.infolist()[0].compress_type == zipfile.ZIP_STORED
    assert set(archive.namelist()) == {
        "mimetype", "content.xml", "META-INF/manifest.xml", "Pictures/a.png", "Pictures/b.jpg",
    }  # fmt: skip
    assert archive.read("Pictures/a.png") == png()
    assert archive.read("Pictures/b.jpg") == jpeg()
    assert b"meta.xml" not in archive.read("META-INF/manifest.xml")
    assert b'"content.xml"' in archive.read("META-INF/manifest.xml")
    with pytest.raises(Refused):
        cleaned_jpeg(b"\xff\xd8" + camera)


def test_a_document_with_more_in_it_than_words_and_pictures_is_refused():
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo("mimetype"), ODT)
        archive.writestr("content.xml", b" " * (70 * 1024 * 1024))
    docx = io.BytesIO()
    with zipfile.ZipFile(docx, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
    locked = '<manifest:file-entry><manifest:encryption-data manifest:checksum="x"/>'
    for said, data in (
        ("macro", odt({"Basic/Standard/Module1.xml": "Sub Main"})),
        ("macro", odt({"Scripts/python/x.py": "import os"})),
        ("macro", odt(text='<script:event-listener xlink:href="x"/>')),
        ("macro", odt(text='<a xlink:href="vnd.sun.star&#46;script:x"/>')),
        ("cannot be kept", odt({"../../etc/passwd": "x"})),
        ("cannot be kept", odt({"/etc/passwd": "x"})),
        ("cannot be kept", odt({"Pictures/..png": "x", "Pictures/x.exe": "MZ"})),
        ("cannot be kept", odt({"Object 1": b"\xd0\xcf\x11\xe0"})),
        ("comments", odt(text="<office:annotation><dc:creator>Jan</dc:creator>")),
        ("comments", odt(text="<text:tracked-changes/>")),
        ("personal data", odt(text="<text:s/>open. Bel 06-<text:span>12345678</text:span>. ")),
        ("damaged", odt(text="<!DOCTYPE x [<!ENTITY a 'b'>]>")),
        ("damaged", odt({"styles.xml": "<é/>".encode("latin-1")})),
        ("damaged", odt()[:-30]),
        ("locked", odt({"META-INF/manifest.xml": locked})),
        ("not an ODT", odt(first=b"application/vnd.oasis.opendocument.spreadsheet")),
        ("not an ODT", docx.getvalue()),
        ("too large", bomb.getvalue()),
        ("too many files", odt({f"Pictures/{n}.png": b"" for n in range(600)})),
    ):
        assert said in refusal(data), said
