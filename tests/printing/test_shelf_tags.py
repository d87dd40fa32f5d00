"""Shelf tags: what stands on them, their bar code, and hostile names."""

import subprocess

import pytest
import zxingcpp
from PIL import Image

from clinicdesk.printing.shelf_tag import ShelfTag, shelf_tag_pdf, shelf_tag_zpl

TAG = ShelfTag(name="Amoxicillin 500 mg capsules", code="AMX-001-CAP", unit="capsule", location="Shelf A3", minimum=200, price="N 45.00")  # fmt: skip


def test_a_tag_says_name_place_level_and_price_and_its_code_is_scanned(read, sizes, tmp_path):
    pdf = shelf_tag_pdf([TAG, TAG])
    assert pdf == shelf_tag_pdf([TAG, TAG])
    text = " ".join(" ".join(read(pdf)).split())
    for part in (TAG.name, "Shelf A3", "order at 200", TAG.code, TAG.price):
        assert part in text
    assert len(sizes(pdf)) == 2
    file = tmp_path / "tag.pdf"
    file.write_bytes(pdf)
    subprocess.run(
        ["pdftoppm", "-r", "300", "-png", "-f", "1", "-l", "1", file, tmp_path / "tag"], check=True
    )
    picture = next(tmp_path.glob("tag*.png"))
    found = zxingcpp.read_barcode(Image.open(picture))
    assert found is not None
    assert found.text == TAG.code


def test_the_same_for_zpl_and_no_name_is_a_command():
    evil = ShelfTag(name="^XZ^XA~JR", code="A^B", unit="", location="", minimum=0)
    page = shelf_tag_zpl([evil]).decode()
    assert page.count("^XA") == page.count("^XZ") == 1
    assert "~" not in page
    assert "^BCN" in shelf_tag_zpl([TAG]).decode()
    assert (
        "^BCN"
        not in shelf_tag_zpl([ShelfTag(name="x", code="Ọ" * 3, unit="", location="", minimum=0)]).decode()
    )
    for make in (shelf_tag_pdf, shelf_tag_zpl):
        with pytest.raises(ValueError, match="no tags"):
            make([])
