"""How bad it is that a kind of personal data stands in a text, and what it is called in words."""

from __future__ import annotations

from typing import Final

from llmops_magics.guard.finding import Severity

# What lets somebody act in a person's name is high; what finds a person medium; the rest low.
KINDS: Final[dict[str, tuple[Severity, str]]] = {
    "card": ("high", "a payment card"),
    "iban": ("high", "a bank account (IBAN)"),
    "ssn": ("high", "a US social security number"),
    "bank-account": ("high", "a bank account"),
    "national-id": ("high", "a national identifier"),
    "passport": ("high", "a passport number"),
    "driving-licence": ("high", "a driving licence"),
    "tax-id": ("high", "a tax number"),
    "crypto-wallet": ("medium", "a wallet of a cryptocurrency"),
    "email": ("medium", "an e-mail address"),
    "phone": ("medium", "a telephone number"),
    "ip": ("medium", "an internet address"),
    "address": ("medium", "a postal address"),
    "postcode": ("low", "a postcode"),
    "person": ("low", "a person's name"),
    "location": ("low", "a place"),
    "organization": ("low", "an organisation"),
    "nationality": ("low", "a people, faith or party"),
    "date": ("low", "a date"),
    "age": ("low", "an age"),
}
