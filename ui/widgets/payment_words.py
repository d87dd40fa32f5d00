"""The words of the ways to pay."""

from PySide6.QtCore import QCoreApplication

translate = QCoreApplication.translate


def payment_methods() -> list[tuple[str, str]]:
    """Code and words."""
    return [
        ("cash", translate("method", "Cash")),
        ("card", translate("method", "Card")),
        ("transfer", translate("method", "Bank transfer")),
        ("pos", translate("method", "POS terminal")),
        ("insurance", translate("method", "Insurance (HMO)")),
    ]
