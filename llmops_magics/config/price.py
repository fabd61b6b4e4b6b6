"""Prices of one's own in ``llmops.toml``: self-hosted models, negotiated rates, by date and tier.

A model has one table ``[prices."acme/large"]``, or several ``[[prices."acme/large"]]`` that differ
in ``since`` or ``tier``.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

MOST_USD = Decimal(1_000_000)  # a price above it is a slip of the pen


def _number(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal | str):
        raise ValueError("a price is a number of US dollars")  # noqa: TRY004 -- pydantic's way
    return value


Dollars = Annotated[
    Decimal, BeforeValidator(_number), Field(ge=0, le=MOST_USD, allow_inf_nan=False)
]


class PriceSettings(BaseModel):
    """What a model costs from a day on (UTC): per million tokens, per second, or both together.

    ``cached_input_per_million_usd`` is the input's own price where it is not given.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    input_per_million_usd: Dollars | None = None
    output_per_million_usd: Dollars | None = None
    cached_input_per_million_usd: Dollars | None = None
    per_second_usd: Dollars | None = None
    since: date | None = None
    tier: Literal["standard", "batch", "flex", "priority"] = "standard"

    @model_validator(mode="after")
    def _complete(self) -> PriceSettings:
        tokens = (self.input_per_million_usd, self.output_per_million_usd)
        if (tokens[0] is None) != (tokens[1] is None):
            raise ValueError("give both input_per_million_usd and output_per_million_usd")
        if tokens[0] is None and self.cached_input_per_million_usd is not None:
            raise ValueError("cached_input_per_million_usd goes with input_per_million_usd")
        if tokens[0] is None and self.per_second_usd is None:
            raise ValueError("give a price per million tokens or per_second_usd")
        return self


def _tables(value: Any) -> Any:
    return [value] if isinstance(value, dict) else value


PriceTables = Annotated[list[PriceSettings], BeforeValidator(_tables), Field(min_length=1)]
ModelName = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]*/\S+$")]


def check_tables(prices: dict[str, list[PriceSettings]]) -> dict[str, list[PriceSettings]]:
    """Refuse two prices of a model for the same day and tier, and prices of embedded models."""
    for model, tables in prices.items():
        if model.startswith("local/"):
            raise ValueError(f"{model!r} is embedded and costs nothing")
        if len({(table.since, table.tier) for table in tables}) < len(tables):
            raise ValueError(f"two prices of {model!r} begin on the same day")
    return prices
