"""One module per engine: `load`, `funnel`, `daily_uniques`."""
