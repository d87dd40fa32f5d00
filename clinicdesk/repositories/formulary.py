"""Puts the formulary, specialties and appointment types into a clinic's database; may be repeated."""

from typing import Any
from uuid import UUID, uuid5

import psycopg

from clinicdesk.formulary import (
    AppointmentKind,
    FormularyMedicine,
    Specialty,
    load_appointment_types,
    load_specialties,
)
from clinicdesk.formulary import load_formulary as read_formulary
from clinicdesk.repositories.bulk import Bulk

_NAMES = UUID("6f1d2a52-6d0e-5c3e-9b8e-0f3c7a1d9e44")  # ours: the same name gets the same id everywhere

_MEDICATION = """INSERT INTO medications (id, name, generic_name, brand_names, category, contraindications,
    side_effects, dosage_forms, strength_options, requires_prescription, is_controlled_substance, atc,
    splittable)
  VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING"""
_PRODUCT = """INSERT INTO medication_products (id, medication_id, strength, form, unit, route, price,
    pack_size) VALUES (%s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING"""
_SPECIALTY = """INSERT INTO medical_specialties (id, name, category, icon, description)
  VALUES (%s, %s, %s, %s, %s) ON CONFLICT DO NOTHING"""
_TYPE = """INSERT INTO appointment_types (id, name, description, duration, price,
    is_online_available, buffer_before, buffer_after)
  VALUES (%s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING"""


def medication_id(name: str) -> UUID:
    """The id under which the formulary stores a medicine."""
    return uuid5(_NAMES, f"medication {name}")


def specialty_id(name: str) -> UUID:
    """The id under which a specialty is stored."""
    return uuid5(_NAMES, f"specialty {name}")


def appointment_type_id(name: str) -> UUID:
    """The id under which a usual appointment type is stored."""
    return uuid5(_NAMES, f"appointment type {name}")


def load_formulary(owner: "psycopg.Connection[Any]") -> int:
    """Everything a new clinic starts with; rows that exist stay as they are. The number of medicines."""
    return fill(Bulk(owner))


def fill(bulk: Bulk) -> int:
    """As ``load_formulary``, inside a filling."""
    medicines = read_formulary()
    bulk.many(_SPECIALTY, map(_specialty, load_specialties()))
    bulk.many(_TYPE, map(_type, load_appointment_types()))
    bulk.many(_MEDICATION, map(_medication, medicines))
    bulk.many(_PRODUCT, (row for one in medicines for row in _products(one)))
    return len(medicines)


def _specialty(one: Specialty) -> tuple[object, ...]:
    return specialty_id(one.name), one.name, one.category, one.icon, one.description


def _type(one: AppointmentKind) -> tuple[object, ...]:
    return (
        *(appointment_type_id(one.name), one.name, one.description, one.duration, one.price),
        *(one.online, one.buffer_before, one.buffer_after),
    )


def _medication(one: FormularyMedicine) -> tuple[object, ...]:
    return (
        *(medication_id(one.name), one.name, one.generic_name, list(one.brand_names), one.category),
        *(one.contraindications, one.side_effects, list(one.forms)),
        list(dict.fromkeys(product.strength for product in one.products)),
        *(one.requires_prescription, one.controlled, one.atc),
        any(product.splittable for product in one.products),
    )


def _products(one: FormularyMedicine) -> list[tuple[object, ...]]:
    medication = medication_id(one.name)
    return [
        (
            uuid5(medication, f"{product.strength}|{product.form}"),
            *(medication, product.strength, product.form, product.unit, product.route),
            *(product.price, product.pack_size),
        )
        for product in one.products
    ]
