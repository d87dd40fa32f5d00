"""The chart screen on two records of one person (spec 2.3)."""

from dataclasses import replace

from clinicdesk.domain.visits import Note
from clinicdesk.services.records import Merging


def test_a_merged_record_opens_the_one_that_lives_on_and_a_live_merge_reopens(clinic, seats):  # spec 2.3
    seat = seats("doctor")
    stays, joins = clinic.small.patients[:2]
    seat.charts.sign(replace(seat.charts.begin(joins), note=Note(assessment="Asthma")))
    seat.open(joins)
    assert seat.view.presenter.on_show.patient.id == joins
    admin = clinic.sign_in("admin", seat="pc-2")
    alias = Merging(admin.open_work, admin.actor).merge(stays, joins, reason="one woman")
    assert alias.state == "proposed"
    with clinic.owner() as owner:
        owner.execute("SELECT cd.apply_merge(%s)", (alias.id,))
    seat.news.arrived.emit("patients", str(joins))
    seat.settle()
    found = seat.view.presenter.on_show
    assert (found.patient.id, found.chart.former) == (stays, {joins: alias.loser_mrn})
    assert alias.loser_mrn in seat.view.side.visits.item(0).text()
    assert alias.loser_mrn in seat.view._title(found.chart.visits[0])
    Merging(admin.open_work, admin.actor).unmerge(alias, reason="two women")
    seat.news.arrived.emit("patients", str(stays))
    seat.settle()
    found = seat.view.presenter.on_show
    assert (found.patient.id, found.chart.visits, dict(found.chart.former)) == (stays, (), {})
