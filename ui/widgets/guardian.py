"""Who speaks for a child: name, relation, phone (spec 2.4)."""

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QComboBox, QLineEdit, QWidget

from clinicdesk.domain.patients import RELATIONS, NewGuardian
from ui.widgets.field import Field
from ui.widgets.layouts import hbox, vbox

translate = QCoreApplication.translate


def relation_word(relation: str) -> str:
    """The word for a relation."""
    words = {
        "mother": translate("relation", "Mother"),
        "father": translate("relation", "Father"),
        "grandparent": translate("relation", "Grandparent"),
        "sibling": translate("relation", "Sister or brother"),
        "aunt_uncle": translate("relation", "Aunt or uncle"),
        "legal_guardian": translate("relation", "Legal guardian"),
        "other": translate("relation", "Other"),
    }
    return words[relation]


class GuardianFields(QWidget):
    """Three fields; an empty name means that nobody was named."""

    def __init__(self) -> None:
        super().__init__()
        self.name, self.phone, self.relation = QLineEdit(), QLineEdit(), QComboBox()
        for relation in RELATIONS:
            self.relation.addItem(relation_word(relation), relation)
        self.fields = {
            "guardian": Field(self.tr("Guardian"), self.name, hint=self.tr("Consents for the child")),
            "relation": Field(self.tr("Relation"), self.relation),
            "guardian_phone": Field(self.tr("Guardian's phone"), self.phone),
        }
        pair = hbox(self.fields["relation"], self.fields["guardian_phone"], spacing=10)
        self.setLayout(vbox(self.fields["guardian"], pair, spacing=9))

    def clear(self) -> None:
        """For the next child."""
        self.name.clear()
        self.phone.clear()
        self.relation.setCurrentIndex(0)
        for field in self.fields.values():
            field.clear_error()

    def typed(self) -> NewGuardian | None:
        """None while no name is typed."""
        if not self.name.text().strip():
            return None
        return NewGuardian(
            name=self.name.text(), relation=str(self.relation.currentData()), phone=self.phone.text()
        )
