"""Insight in the engine: what is found off the tick about KPIs, machines and workflows, for rules and for people."""
