"""Trend charts read out by mouse and keys, and stay quick."""

from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from PySide6.QtCore import QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QImage, QPainter
from PySide6.QtTest import QTest

from clinicdesk.domain.visits import VitalPoint
from tests.ui.accessibility import problems
from ui import theme
from ui.widgets.trend_chart import Series, TrendChart, thin, ticks

FIRST = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)


def series(*values, name="", colour=0, step=7):
    points = tuple(
        VitalPoint(measured_at=FIRST + timedelta(days=step * n), value=v) for n, v in enumerate(values)
    )
    return Series(name=name, points=points, colour=colour)


@pytest.fixture
def chart(qtbot, qapp):
    theme.apply(qapp, dark=False)
    made = TrendChart("Blood pressure", "mmHg", band=(90, 130), zone=UTC)
    made.resize(280, 124)
    qtbot.addWidget(made)
    made.show()
    qtbot.waitExposed(made)
    return made


def picture(chart):
    image = QImage(chart.size(), QImage.Format.Format_RGB32)
    image.fill(theme.current().colour("surface"))
    with QPainter(image) as painter:
        chart.paint_to(painter, QRectF(image.rect()))
    return image


def test_says_what_it_shows(chart):
    assert chart.accessibleDescription() == "No readings yet"
    chart.show_series([series(130, 124, name="Sys"), series(80, 78, name="Dia", colour=1)])
    assert chart.accessibleName() == "Blood pressure trend"
    assert chart.accessibleDescription() == "2 readings, latest Sys 124, Dia 78 mmHg on 12 Jan 2026"
    assert problems(chart) == []


def test_arrow_keys_step_through_the_readings_of_all_lines(chart):
    early = Series(name="Dia", points=series(81, 79, 77).points[1:], colour=1)
    chart.show_series([series(130, 126, 122, name="Sys"), early])
    chart.setFocus()
    for key, wanted in (
        (Qt.Key.Key_Left, "19 Jan 2026: Sys 122, Dia 77 mmHg"),
        (Qt.Key.Key_Left, "12 Jan 2026: Sys 126, Dia 79 mmHg"),
        (Qt.Key.Key_Home, "5 Jan 2026: Sys 130 mmHg"),
        (Qt.Key.Key_Left, "5 Jan 2026: Sys 130 mmHg"),
        (Qt.Key.Key_End, "19 Jan 2026: Sys 122, Dia 77 mmHg"),
    ):
        QTest.keyClick(chart, key)
        assert chart.read_out() == wanted
        assert chart.accessibleDescription() == wanted


def test_the_mouse_reads_the_nearest(chart):
    chart.show_series([series(130, 126, 122)])
    QTest.mouseMove(chart, QPoint(42, 60))
    assert chart.read_out().startswith("5 Jan 2026")
    QTest.mouseMove(chart, QPoint(264, 60))
    assert chart.read_out().startswith("19 Jan 2026")


def test_line_and_band_are_drawn_in_both_themes(chart, qapp):
    chart.show_series([series(130, 100, 140)])
    for dark in (False, True):
        tokens = theme.apply(qapp, dark=dark)
        image = picture(chart)
        colours = {image.pixelColor(x, y).name() for x in range(image.width()) for y in range(image.height())}
        assert tokens.series[0] in colours


def test_one_reading_and_equal_readings_are_drawn(chart):
    for values in ((72.0,), (72.0, 72.0)):
        chart.show_series([series(*values)])
        picture(chart)
        assert chart.readings() == len(values)


def test_five_thousand_readings_are_thinned(chart):
    random = Random(4)
    values = [random.gauss(120, 12) for _ in range(5000)]
    chart.show_series([series(*values, step=1)])
    assert chart.readings() == 5000
    image = picture(chart)
    colours = {image.pixelColor(x, y).name() for x in range(image.width()) for y in range(image.height())}
    assert theme.current().series[0] in colours


def test_thinning_keeps_the_extremes_of_each_column():
    points = [QPointF(x / 10, (x * 37) % 101) for x in range(1000)]
    lines = thin(points)
    assert len(lines) <= 200
    assert min(min(line.y1(), line.y2()) for line in lines) == 0
    assert round(max(max(line.y1(), line.y2()) for line in lines)) == 100


@pytest.mark.parametrize(("low", "high"), [(0, 0), (36.1, 38.0), (60, 140), (0.2, 0.9), (1, 350), (-3, 3)])
def test_ticks_are_few_round_and_cover(low, high):
    found = ticks(low, high)
    assert found[0] <= low
    assert found[-1] >= high
    assert 1 <= len(found) <= 6
    assert found == sorted(set(found))
