"""Sign-in and first start, by key and mouse."""

import threading
from urllib.parse import urlsplit

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit

from clinicdesk.domain.errors import StoreUnavailable, WrongPassword
from tests.ui.accessibility import problems, tab_order
from ui import opening, theme
from ui.screens import first_run, sign_in
from ui.screens.first_run.model import Address, NewClinic, Servers, new_clinic, servers
from ui.tasks import TaskRunner
from ui.widgets.choice import ChoiceButton

PEOPLE = [
    sign_in.DemoPerson("Ngozi Ọláwálé", "Reception", "ngozi@demo.example", "demo clinic"),
    sign_in.DemoPerson("Dr. Ṣadé Adébáyọ̀", "Doctor", "sade@demo.example", "demo clinic"),
]


class Door:
    """The core's sign-in: one right password; can be shut or slow."""

    def __init__(self) -> None:
        self.down = False
        self.open = threading.Event()
        self.open.set()
        self.asked: list[tuple[str, str]] = []

    def __call__(self, email: str, password: str) -> object:
        self.asked.append((email, password))
        self.open.wait(5)
        if self.down:
            raise StoreUnavailable("postgres")
        if password != "demo clinic":
            raise WrongPassword
        return email


@pytest.fixture
def tasks(qapp):
    made = TaskRunner(workers=1)
    yield made
    made.close()


@pytest.fixture
def door():
    return Door()


@pytest.fixture
def view(qapp, qtbot, tasks, door):
    theme.apply(qapp, dark=False)
    made = sign_in.build(door, tasks, demo_people=PEOPLE)
    qtbot.addWidget(made)
    made.resize(1366, 768)
    made.show()
    made.activateWindow()
    return made


def test_e_mail_password_and_enter_sign_in(view, qtbot, door):
    QTest.keyClicks(view.email, "  ngozi@demo.example ")
    QTest.keyClick(view.email, Qt.Key.Key_Tab)
    QTest.keyClicks(view.password, "demo clinic")
    with qtbot.waitSignal(view.signed_in) as came:
        QTest.keyClick(view.password, Qt.Key.Key_Return)
    assert came.args == ["ngozi@demo.example"]
    assert door.asked == [("ngozi@demo.example", "demo clinic")]


def test_a_wrong_password_is_said_in_place_and_typing_goes_on(view, qtbot, tasks):
    view.email.setText("ngozi@demo.example")
    view.password.setText("guess")
    QTest.mouseClick(view.sign_in_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(tasks.idle)
    assert view.refusal.isVisible()
    assert "not right" in view.refusal.text()
    assert view.email.text() == "ngozi@demo.example"
    assert view.password.hasFocus()
    assert view.password.hasSelectedText()
    assert view.sign_in_button.isEnabled()


def test_while_asking_the_form_is_shut_and_asks_once(view, qtbot, tasks, door):
    door.open.clear()
    view.email.setText("ngozi@demo.example")
    view.password.setText("demo clinic")
    QTest.keyClick(view.password, Qt.Key.Key_Return)
    assert not view.sign_in_button.isEnabled()
    assert "Signing in" in view.sign_in_button.text()
    view._submit()
    door.open.set()
    qtbot.waitUntil(tasks.idle)
    assert len(door.asked) == 1


def test_an_outage_offers_retry_that_works_once_the_server_is_back(view, qtbot, tasks, door):
    door.down = True
    view.email.setText("ngozi@demo.example")
    view.password.setText("demo clinic")
    QTest.keyClick(view.password, Qt.Key.Key_Return)
    qtbot.waitUntil(tasks.idle)
    assert view.outage.isVisible()
    assert "cannot be reached" in view.outage.text()
    assert not view.refusal.isVisible()
    door.down = False
    with qtbot.waitSignal(view.signed_in):
        QTest.mouseClick(view.outage.button, Qt.MouseButton.LeftButton)
    assert not view.outage.isVisible()


@pytest.mark.parametrize(
    ("email", "password", "wrong"), [("", "x", "email"), ("ada", "x", "email"), ("a@b.c", "", "password")]
)
def test_what_is_missing_is_said_at_the_field_without_asking(view, door, email, password, wrong):
    view.email.setText(email)
    view.password.setText(password)
    QTest.keyClick(view.password, Qt.Key.Key_Return)
    field = {"email": view.email_field, "password": view.password_field}[wrong]
    assert field.error()
    assert field.editor.hasFocus()
    assert door.asked == []
    QTest.keyClicks(field.editor, "z")
    assert not field.error()


def test_demo_people_fill_in_the_form_by_click_and_by_key(view, qtbot):
    choices = view.findChildren(ChoiceButton)
    QTest.mouseClick(choices[1], Qt.MouseButton.LeftButton)
    assert view.email.text() == "sade@demo.example"
    QTest.keyClick(view, Qt.Key.Key_1, Qt.KeyboardModifier.AltModifier)
    qtbot.waitUntil(lambda: view.email.text() == "ngozi@demo.example")
    assert view.sign_in_button.hasFocus()
    with qtbot.waitSignal(view.signed_in):
        QTest.keyClick(view.sign_in_button, Qt.Key.Key_Return)


def test_show_password_and_the_caps_lock_hint(view, qapp):
    QTest.keyClick(view.show_box, Qt.Key.Key_Space)
    assert view.password.echoMode() is QLineEdit.EchoMode.Normal
    for letter, shift, hinted in (
        ("A", False, True),
        ("A", True, False),
        ("a", True, True),
        ("a", False, False),
    ):
        held = Qt.KeyboardModifier.ShiftModifier if shift else Qt.KeyboardModifier.NoModifier
        qapp.sendEvent(view.password, QKeyEvent(QEvent.Type.KeyPress, Qt.Key.Key_A, held, letter))
        assert view.caps.isVisible() is hinted
    assert view.password.text() == "AAaa"


def test_a_remembered_e_mail_leaves_the_password_to_type(view):
    view.prefill("ada@clinic.example")
    assert view.password.hasFocus()


def test_sign_in_is_clean_for_a_screen_reader_and_reachable_by_tab(view, qapp):
    for dark in (False, True):
        theme.apply(qapp, dark=dark)
        assert problems(view) == []
    theme.apply(qapp, dark=False)
    reached = tab_order(view)
    for control in (
        view.email,
        view.password,
        view.show_box,
        view.sign_in_button,
        *view.findChildren(ChoiceButton),
    ):
        assert control in reached


# -- first start -------------------------------------------------------------------------

GOOD = {
    "clinic": "Ìlera Clinic",
    "admin": "Ada Obi",
    "email": "ada@clinic.example",
    "password": "seven green goats",
    "again": "seven green goats",
}
HOSTS = {
    "postgres": "db.clinic.example",
    "database": "clinicdesk",
    "mongo": "",
    "redis": "10.0.0.4:6380",
    "ca_file": "",
}


@pytest.fixture
def first(qapp, qtbot):
    theme.apply(qapp, dark=False)
    made = first_run.build()
    qtbot.addWidget(made)
    made.resize(1366, 768)
    made.show()
    made.activateWindow()
    return made


def test_enter_opens_the_demo_clinic_from_a_fresh_start(first, qtbot):
    assert first.demo_choice.hasFocus()
    with qtbot.waitSignal(first.demo_requested):
        QTest.keyClick(first.demo_choice, Qt.Key.Key_Space)


def test_a_clinic_on_this_pc_is_asked_for_with_typed_values(first, qtbot):
    QTest.mouseClick(first.clinic_choice, Qt.MouseButton.LeftButton)
    form = first.clinic_form
    assert form.fields["clinic"].editor.hasFocus()
    for name, text in GOOD.items():
        QTest.keyClicks(form.fields[name].editor, text)
    with qtbot.waitSignal(first.clinic_requested) as came:
        QTest.keyClick(form.fields["again"].editor, Qt.Key.Key_Return)
    assert came.args == [NewClinic("Ìlera Clinic", "Ada Obi", "ada@clinic.example", "seven green goats")]
    assert "goats" not in repr(came.args)


def test_bad_answers_are_said_at_their_fields_and_kept(first):
    QTest.mouseClick(first.clinic_choice, Qt.MouseButton.LeftButton)
    form = first.clinic_form
    form.fields["email"].editor.setText("ada")
    form.fields["password"].editor.setText("short")
    form.submit()
    assert {name for name, field in form.fields.items() if field.error()} == set(GOOD)
    assert form.fields["clinic"].editor.hasFocus()
    assert form.fields["email"].editor.text() == "ada"
    assert "10" in form.fields["password"].error()


@pytest.mark.parametrize(
    ("change", "rules"),
    [
        ({"again": "seven green goat"}, [("again", "mismatch")]),
        ({"password": "adaobi obi ada", "again": "adaobi obi ada"}, []),
        (
            {"password": "ada@clinic.example", "again": "ada@clinic.example"},
            [("password", "password_personal")],
        ),
        ({"password": "aaaaaaaaaaaa", "again": "aaaaaaaaaaaa"}, [("password", "password_common")]),
        ({"email": "ada clinic"}, [("email", "email")]),
        ({"clinic": "   "}, [("clinic", "required")]),
    ],
)
def test_the_rules_of_a_new_clinic(change, rules):
    checked = new_clinic(GOOD | change)
    found = [(problem.field, problem.rule) for problem in checked] if isinstance(checked, list) else []
    assert found == rules


def test_servers_are_read_with_their_usual_ports():
    assert servers(HOSTS) == Servers(
        Address("db.clinic.example", 5432), "clinicdesk", None, Address("10.0.0.4", 6380), None
    )


@pytest.mark.parametrize(
    ("change", "rules"),
    [
        ({"postgres": ""}, [("postgres", "required")]),
        ({"postgres": "db:port"}, [("postgres", "port")]),
        ({"postgres": "db:70000"}, [("postgres", "port")]),
        ({"mongo": "bad host"}, [("mongo", "host")]),
        ({"ca_file": "/no/such/ca.pem"}, [("ca_file", "file")]),
        ({"postgres": "[::1]:5433"}, []),
    ],
)
def test_the_rules_of_servers(change, rules):
    checked = servers(HOSTS | change)
    found = [(problem.field, problem.rule) for problem in checked] if isinstance(checked, list) else []
    assert found == rules


def test_connect_and_the_deployment_file(first, qtbot):
    QTest.mouseClick(first.server_choice, Qt.MouseButton.LeftButton)
    form = first.server_form
    QTest.keyClicks(form.fields["postgres"].editor, "db.clinic.example")
    with qtbot.waitSignal(first.servers_requested) as came:
        QTest.keyClick(form.fields["postgres"].editor, Qt.Key.Key_Return)
    assert came.args[0].database == "clinicdesk"
    with qtbot.waitSignal(first.deployment_file_chosen) as chosen:
        form.file_chosen.emit("/somewhere/deployment.toml")
    assert chosen.args == ["/somewhere/deployment.toml"]


def typed(clinic, **other):
    """The addresses of the clinic's servers, or others."""
    found = clinic.addresses
    uris = {"postgres": found.postgres, "mongo": found.mongo or "", "redis": found.redis or ""}
    hosts = {name: urlsplit(uri).netloc.rpartition("@")[2] for name, uri in uris.items()}
    made = servers({**hosts, "database": "clinicdesk", "ca_file": "", **other})
    assert isinstance(made, Servers)
    return made


def test_servers_are_kept_only_when_each_of_them_answers(first, clinic, tmp_path, monkeypatch):
    path = tmp_path / "deployment.toml"
    said: list[str] = []
    monkeypatch.setenv("CLINICDESK_CONFIG", str(path))
    wrong = typed(clinic, postgres="127.0.0.1:1", redis="[::1]:1")
    with pytest.raises(opening.Unreachable) as refused:
        opening.open_typed(wrong, said.append)
    assert refused.value.stores == {
        "postgres": ("127.0.0.1:1", "no answer"),
        "redis": ("[::1]:1", "no answer"),
    }
    assert not path.exists()
    QTest.mouseClick(first.server_choice, Qt.MouseButton.LeftButton)
    fields = first.server_form.fields
    QTest.keyClicks(fields["postgres"].editor, "127.0.0.1:1")
    first.show_progress(said[-1])
    first.show_unreachable(refused.value.stores)
    assert "127.0.0.1:1 gives no answer" in fields["postgres"].error()
    assert "[::1]:1 gives no answer" in fields["redis"].error()
    assert not fields["mongo"].error()
    assert fields["postgres"].editor.text() == "127.0.0.1:1"
    assert fields["postgres"].editor.hasFocus()
    opened = opening.open_typed(typed(clinic), said.append)
    assert opening.open_file(path, said.append).deployment == opened.deployment


def test_progress_then_failure_returns_to_what_was_typed(first):
    QTest.mouseClick(first.clinic_choice, Qt.MouseButton.LeftButton)
    first.clinic_form.fields["clinic"].editor.setText("Ìlera")
    first.show_progress("Starting the databases…")
    assert first.progress_text.isVisible()
    assert first.bar.maximum() == 0
    first.show_progress("Making the tables…", 40)
    assert first.bar.value() == 40
    first.show_failure("The disk is full. Free some space and try again.")
    assert first.clinic_form.isVisible()
    assert first.clinic_form.fields["clinic"].editor.text() == "Ìlera"
    assert "disk is full" in first.notice.text()


def test_first_start_is_clean_for_a_screen_reader(first):
    for turn in (first._to_clinic, first._to_servers, first._to_choices):
        turn()
        assert problems(first) == []
