"""Keys, seals, the QR text, canonical JSON and the drawn signature, without a database."""

import dataclasses
import io
import json
import random
import re

import pytest
from PIL import Image, ImageDraw

from clinicdesk.domain.errors import WrongPassword
from clinicdesk.services import signing

PAYLOAD = signing.canonical(
    {"v": 1, "number": "RX-2026-0000018", "patient": "Ọlá Ẹ̀ṣọ́", "items": [{"line": 1, "quantity": 21}]}
)


@pytest.fixture(scope="module")
def key():
    return signing.new_key()


@pytest.fixture(scope="module")
def sealed(key):
    return signing.seal(PAYLOAD, key.private, key.kid)


def test_seal_has_the_columns_shape_and_verifies(key, sealed):
    assert len(sealed) == 176
    assert re.fullmatch(r"ed25519\.[0-9a-f]{16}\.[0-9a-f]{64}\.[A-Za-z0-9_-]{86}", sealed)
    assert signing.verify(PAYLOAD, sealed, key.public)
    assert sealed.split(".")[2].startswith(signing.short_digest(sealed))
    assert len(signing.short_digest(sealed)) == 12


def test_seal_is_deterministic(key, sealed):
    assert signing.seal(PAYLOAD, key.private, key.kid) == sealed


def test_a_change_at_any_place_of_the_seal_is_noticed(key, sealed):
    for place, character in enumerate(sealed):
        for other in "0aZ-.":
            if other != character:
                assert not signing.verify(
                    PAYLOAD, sealed[:place] + other + sealed[place + 1 :], key.public
                ), place


def test_the_last_character_has_one_spelling(key, sealed):
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    accepted = [c for c in alphabet if signing.verify(PAYLOAD, sealed[:-1] + c, key.public)]
    assert accepted == [sealed[-1]]


def test_a_change_at_any_place_of_the_payload_is_noticed(key, sealed):
    for place in range(len(PAYLOAD)):
        changed = PAYLOAD[:place] + ("~" if PAYLOAD[place] != "~" else "!") + PAYLOAD[place + 1 :]
        assert not signing.verify(changed, sealed, key.public)
    assert not signing.verify(PAYLOAD + " ", sealed, key.public)


def test_another_doctors_key_does_not_verify(key, sealed):
    other = signing.new_key()
    assert not signing.verify(PAYLOAD, sealed, other.public)
    assert not signing.verify(PAYLOAD, sealed.replace(key.kid, other.kid), other.public)
    assert not signing.verify(PAYLOAD, sealed, b"")
    with pytest.raises(ValueError):
        signing.seal(PAYLOAD, key.private, other.kid)


@pytest.mark.parametrize("text", ["", "ed25519", "ed25519...", "x" * 176])
def test_what_is_no_seal_is_refused(key, text):
    assert not signing.verify(PAYLOAD, text, key.public)
    assert signing.short_digest(text) == ""


def test_the_key_identifier_and_the_hidden_private_key(key):
    assert re.fullmatch(r"[0-9a-f]{16}", key.kid)
    assert key.kid == signing.key_id(key.public)
    assert "private" not in repr(key)
    assert {f.name for f in dataclasses.fields(key)} == {"kid", "public", "private"}


def test_wrapped_key_opens_with_the_password_only(key):
    blob = signing.wrap(key.private, "Ẹ-pass wörd")
    assert signing.unwrap(blob, "Ẹ-pass wörd").private_bytes_raw() == key.private.private_bytes_raw()
    assert (
        signing.unwrap(blob, "E\u0323-pass wo\u0308rd").private_bytes_raw() == key.private.private_bytes_raw()
    )
    assert key.private.private_bytes_raw() not in blob
    with pytest.raises(WrongPassword):
        signing.unwrap(blob, "another")
    assert signing.wrap(key.private, "Ẹ-pass wörd") != blob


def test_a_damaged_wrapped_key_is_refused(key):
    blob = signing.wrap(key.private, "pw")
    for place in (12, 30, len(blob) - 1):
        damaged = blob[:place] + bytes([blob[place] ^ 1]) + blob[place + 1 :]
        with pytest.raises(WrongPassword):
            signing.unwrap(damaged, "pw")
    greedy = blob[:5] + b"\xff\xff\xff\xff" + blob[9:]  # asks for 4 TiB
    for text in (b"", blob[:-1], b"XXXX" + blob[4:], greedy):
        with pytest.raises(ValueError):
            signing.unwrap(text, "pw")


def _text(rnd):
    spans = ((1, 31), (32, 126), (127, 0xD7FF), (0xE000, 0xFFFD), (0x10000, 0x10FFFF))
    return "".join(chr(rnd.randint(*rnd.choice(spans))) for _ in range(rnd.randint(0, 12)))


def _document(rnd, depth):
    if depth == 0:
        return rnd.choice([None, True, False, rnd.randint(1 - 2**53, 2**53 - 1), _text(rnd), 0])
    if rnd.random() < 0.5:
        return [_document(rnd, depth - 1) for _ in range(rnd.randint(0, 4))]
    return {
        "".join(rnd.choice("abcXYZ_09") for _ in range(rnd.randint(1, 6))): _document(rnd, depth - 1)
        for _ in range(rnd.randint(0, 5))
    }


def test_a_thousand_canonical_documents_read_back():
    rnd = random.Random(8785)
    for _ in range(1000):
        document = _document(rnd, rnd.randint(0, 3))
        text = signing.canonical(document)
        assert json.loads(text) == document
        assert signing.canonical(json.loads(text)) == text
        shuffled = dict(reversed(document.items())) if isinstance(document, dict) else document
        assert signing.canonical(shuffled) == text


def test_canonical_text_is_that_of_rfc_8785():
    document: signing.Json = {"b": [1, True, None], "a": 'é"\\/\n\u0001\x7f', "B": {}}
    assert signing.canonical(document) == '{"B":{},"a":"é\\"\\\\/\\n\\u0001\x7f","b":[1,true,null]}'


@pytest.mark.parametrize("value", [1.5, b"x", {"é": 1}, {1: 2}, [object()]])
def test_canonical_refuses_what_it_cannot_write_exactly(value):
    with pytest.raises(TypeError):
        signing.canonical(value)


@pytest.mark.parametrize("value", [2**53, "\ud800"])
def test_canonical_refuses_values_readers_would_change(value):
    with pytest.raises(ValueError):
        signing.canonical(value)


def _png(draw=None, *, size=(200, 80), mode="RGBA", paper=(0, 0, 0, 0)):
    picture = Image.new(mode, size, paper)
    if draw:
        draw(ImageDraw.Draw(picture))
    data = io.BytesIO()
    picture.save(data, "PNG")
    return data.getvalue()


def test_ink_rule_of_spec_4_9_3():
    assert signing.ink_is_plausible(
        _png(lambda d: d.line((20, 60, 90, 20, 150, 60), fill=(20, 33, 61, 255), width=3))
    )
    assert signing.ink_is_plausible(
        _png(lambda d: d.line((20, 60, 150, 20), fill=0, width=3), mode="L", paper=255)
    )
    assert not signing.ink_is_plausible(_png())
    assert not signing.ink_is_plausible(_png(mode="L", paper=255))
    assert not signing.ink_is_plausible(
        _png(lambda d: d.rectangle((5, 5, 50, 50), fill=(0, 0, 0, 255)))
    )  # narrow
    assert not signing.ink_is_plausible(
        _png(lambda d: d.rectangle((5, 5, 150, 20), fill=(0, 0, 0, 255)))
    )  # low
    assert not signing.ink_is_plausible(_png(lambda d: d.line((5, 5, 150, 60), fill=(0, 0, 0, 255))))  # thin
    assert not signing.ink_is_plausible(
        _png(lambda d: d.rectangle((5, 5, 150, 60), fill=(200, 200, 200, 255)))
    )


@pytest.mark.parametrize("data", [b"", b"GIF89a", b"\x89PNG\r\n\x1a\n" + b"\0" * 40])
def test_what_is_no_picture_holds_no_ink(data):
    assert not signing.ink_is_plausible(data)


def test_a_cut_or_giant_picture_holds_no_ink():
    whole = _png(lambda d: d.rectangle((0, 0, 199, 79), fill=(0, 0, 0, 255)))
    assert not signing.ink_is_plausible(whole[:60])
    assert not signing.ink_is_plausible(whole[:16] + b"\0\1\0\0\0\1\0\0" + whole[24:])
