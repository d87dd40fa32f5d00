"""The right side: measurements over the visits."""

from zoneinfo import ZoneInfo

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QScrollArea, QWidget

from clinicdesk.domain.visits import Visit, VitalPoint
from ui.screens.chart.model import translate
from ui.widgets.card import Card
from ui.widgets.layouts import vbox
from ui.widgets.trend_chart import Series, TrendChart

# the target bands are those of adults: blood pressure under 130 systolic, the NEWS2 zero bands for the rest
_BANDS: dict[str, tuple[float, float] | None] = {
    "pressure": (90, 130),
    "weight": None,
    "temperature": (36.1, 38.0),
    "heart_rate": (51, 90),
    "oxygen_saturation": (96, 100),
}


class TrendColumn(QScrollArea):
    """One chart a measure; adults get target bands."""

    def __init__(self, zone: ZoneInfo) -> None:
        super().__init__()
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setAccessibleName(translate("chart", "Trends"))
        self.charts = {
            "pressure": TrendChart(translate("chart", "Blood pressure"), "mmHg", zone=zone),
            "weight": TrendChart(translate("chart", "Weight"), "kg", zone=zone),
            "temperature": TrendChart(translate("chart", "Temperature"), "°C", zone=zone),
            "heart_rate": TrendChart(translate("chart", "Pulse"), "/min", zone=zone),
            "oxygen_saturation": TrendChart(translate("chart", "Oxygen saturation"), "%", zone=zone),
        }
        body = QWidget()
        cards = [Card(vbox(chart, margins=(2, 2, 2, 2))) for chart in self.charts.values()]
        body.setLayout(vbox(*cards, None, margins=(0, 0, 4, 0), spacing=8))
        self.setWidget(body)
        self.setFixedWidth(284)

    def show_visits(self, visits: tuple[Visit, ...], *, adult: bool) -> None:
        for name, chart in self.charts.items():
            chart.set_band(_BANDS[name] if adult else None)
            chart.show_series(_series(name, visits))


def _series(name: str, visits: tuple[Visit, ...]) -> tuple[Series, ...]:
    if name == "pressure":
        return (
            Series(name=translate("chart", "Sys"), points=_points("systolic", visits), colour=0),
            Series(name=translate("chart", "Dia"), points=_points("diastolic", visits), colour=1),
        )
    return (Series(name="", points=_points(name, visits), colour=2),)


def _points(field: str, visits: tuple[Visit, ...]) -> tuple[VitalPoint, ...]:
    found = [
        VitalPoint(measured_at=visit.visit_date, value=float(value))
        for visit in visits
        if (value := getattr(visit.vitals, field)) is not None
    ]
    return tuple(sorted(found, key=lambda point: point.measured_at))
