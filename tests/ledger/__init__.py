"""The stock ledger under many hands: random acts on many seats, and what must hold after each of them."""
