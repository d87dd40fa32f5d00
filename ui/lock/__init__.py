"""The lock: when it falls, the screen in front of the work, the PIN that opens it, and who is locked here."""

from ui.lock.idle import IdleWatch
from ui.lock.pin import PinDialog
from ui.lock.presenter import LockPresenter
from ui.lock.switch import SwitchPage
from ui.lock.view import LockView

__all__ = ["IdleWatch", "LockPresenter", "LockView", "PinDialog", "SwitchPage"]
