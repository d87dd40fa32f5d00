"""The lock: when it falls, the screen in front of the work, the PIN that opens it, and who is locked here."""
